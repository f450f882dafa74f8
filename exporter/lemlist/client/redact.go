package client

import (
	"html"
	"net/url"
	"regexp"
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

// message is what an error's body says, in one line: the text of the JSON forms
// that the API uses, the title of a web page, or the text itself.
func (r redactor) message(body []byte) string {
	if isPage(body) {
		return r.page(body)
	}
	if text, ok := jsonMessage(body); ok {
		return r.line(text, longestMessage)
	}
	return r.line(string(body), longestMessage)
}

// page names a web page.
func (r redactor) page(body []byte) string {
	const longestTitle = 80
	found := regexp.MustCompile(`(?is)<title[^>]*>(.*?)</title`).FindSubmatch(body)
	if found == nil {
		return "an HTML page"
	}
	title := r.line(html.UnescapeString(string(found[1])), longestTitle)
	if title == "" {
		return "an HTML page"
	}
	return `an HTML page titled "` + title + `"`
}

// location names where a redirect leads: scheme, host and path, since a query
// could hold anything.
func (r redactor) location(value string) string {
	to, err := url.Parse(value)
	if err != nil || value == "" {
		return "nowhere"
	}
	to.User, to.RawQuery, to.Fragment = nil, "", ""
	return r.line(to.String(), longestMessage)
}

// request names a request.
func (r redactor) request(path, query string) string {
	if query == "" {
		return "GET /" + path
	}
	return oneLine(r.Secrets("GET /"+path+"?"+query), 4*longestMessage)
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
