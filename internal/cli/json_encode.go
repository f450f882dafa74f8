package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode/utf8"
)

// encodeJSON encodes a value of ours. What a terminal could act on is escaped:
// it can only stand inside strings.
func encodeJSON(value any) []byte {
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		panic("cli: message cannot be encoded: " + err.Error())
	}
	return escapeJSON(bytes.TrimSuffix(body.Bytes(), []byte("\n")))
}

// escapeJSON escapes what a terminal could act on in JSON without blanks.
func escapeJSON(text []byte) []byte {
	var out []byte
	for len(text) > 0 {
		char, size := utf8.DecodeRune(text)
		if acts(char) && char != '\n' {
			out = fmt.Appendf(out, `\u%04x`, char)
		} else {
			out = append(out, text[:size]...)
		}
		text = text[size:]
	}
	return out
}
