package lemlist

import (
	"net/url"
	"strings"
	"unicode"

	"github.com/lemexport/lemexport/exporter"
)

// longestMessage is how many characters of a server's text are shown.
const longestMessage = 200

// redactor takes the key, and the password of the proxy, out of texts that a server or
// the network made.
type redactor struct{ *exporter.Redactor }

func newRedactor(key exporter.Secret, proxy *url.URL) redactor {
	secrets := []exporter.Secret{key}
	if proxy != nil {
		password, _ := proxy.User.Password()
		secrets = append(secrets, exporter.NewSecret(password))
	}
	return redactor{exporter.NewRedactor(secrets...)}
}

// line makes a text one safe line of at most longest characters, without secrets and
// without what URLs hold besides a place. The order matters: the cut must not tear a
// key apart.
func (r redactor) line(text string, longest int) string { return oneLine(r.Text(text), longest) }

// names hides the key in names that a server made up.
func (r redactor) names(names []string) []string {
	if !r.Holds(strings.Join(names, "|")) {
		return names
	}
	hidden := make([]string, 0, len(names))
	for _, name := range names {
		hidden = append(hidden, r.Secrets(name))
	}
	return hidden
}

// oneLine drops what a terminal could act on, and makes blanks of white space.
func oneLine(text string, longest int) string {
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
	text = strings.Join(strings.Fields(text), " ")
	if chars := []rune(text); len(chars) > longest {
		text = string(chars[:longest]) + "…"
	}
	return text
}
