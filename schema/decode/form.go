package decode

import (
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// mostForm is how many characters of a value its form shows.
const mostForm = 40

// formOf returns the form of a JSON value without its content: in texts and numbers
// every digit becomes a 9 and every letter an a or A.
func formOf(value []byte) string {
	kind := kindName(value[0])
	text := value
	switch kind {
	case "string":
		text, _ = jsontext.AppendUnquote(nil, value)
	case "number":
	default:
		return kind
	}
	var form strings.Builder
	for i, char := range []rune(string(text[:min(len(text), utf8.UTFMax*mostForm)])) {
		if i == mostForm {
			form.WriteRune('…')
			break
		}
		form.WriteRune(shapeOf(char))
	}
	return kind + ` "` + form.String() + `"`
}

func shapeOf(char rune) rune {
	switch {
	case '0' <= char && char <= '9':
		return '9'
	case 'a' <= char && char <= 'z':
		return 'a'
	case 'A' <= char && char <= 'Z':
		return 'A'
	case char < ' ', char >= utf8.RuneSelf-1, char == '"':
		return '?'
	}
	return char
}
