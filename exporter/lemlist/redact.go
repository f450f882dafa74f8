package lemlist

import (
	"encoding/base64"
	"encoding/json"
	"html"
	"net/url"
	"slices"
	"strings"
	"unicode"

	"github.com/lemexport/lemexport/exporter"
)

const (
	redacted = "(sensitive)"
	// longestMessage is how many characters of a server's text are shown.
	longestMessage = 200
)

// redactor takes the key out of texts that a server or the network made.
type redactor struct{ replacer *strings.Replacer }

func newRedactor(key exporter.Secret) redactor {
	secret := key.Reveal()
	forms := []string{secret, url.QueryEscape(secret), url.PathEscape(secret), html.EscapeString(secret)}
	for _, text := range []string{":" + secret, secret} {
		// base64 of other texts that hold the key cannot be known.
		for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.RawStdEncoding, base64.URLEncoding, base64.RawURLEncoding} {
			forms = append(forms, encoding.EncodeToString([]byte(text)))
		}
	}
	if quoted, err := json.Marshal(secret); err == nil {
		forms = append(forms, strings.Trim(string(quoted), `"`))
	}
	for _, form := range slices.Clone(forms) {
		forms = append(forms, strings.ToLower(form), strings.ToUpper(form))
	}
	// The longest first, so that no form leaves a part of another one.
	slices.SortFunc(forms, func(a, b string) int { return len(b) - len(a) })
	var pairs []string
	for _, form := range slices.Compact(forms) {
		if form != "" {
			pairs = append(pairs, form, redacted)
		}
	}
	return redactor{strings.NewReplacer(pairs...)}
}

// line makes a text one safe line of at most longest characters: what a terminal
// could act on is dropped, white space becomes blanks, the key is hidden. The
// order matters: a key that control characters tear apart must be found, and one
// that the cut would tear apart too.
func (r redactor) line(text string, longest int) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	text = strings.Map(func(char rune) rune {
		switch {
		case unicode.IsSpace(char):
			return ' '
		case !unicode.IsGraphic(char):
			return -1
		}
		return char
	}, text)
	text = r.replacer.Replace(strings.Join(strings.Fields(text), " "))
	if chars := []rune(text); len(chars) > longest {
		text = string(chars[:longest]) + "…"
	}
	return text
}
