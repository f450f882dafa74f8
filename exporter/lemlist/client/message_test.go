package client

import (
	"encoding/base64"
	"net/url"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/lemexport/lemexport/exporter"
)

// oddKey is a key that looks different in URLs, JSON, HTML and base64.
const oddKey = `5e/c+r&t "Key"<7f>`

func TestMessageIsOneShortLineOfWhatTheServerSays(t *testing.T) {
	for name, test := range map[string]struct{ body, want string }{
		"text":                           {"The authentication you supplied is incorrect", "The authentication you supplied is incorrect"},
		"text with white space":          {"\n\tBad   team\r\n", "Bad team"},
		"nothing":                        {"", ""},
		"JSON with error":                {`{"error":"Rate limit exceeded"}`, "Rate limit exceeded"},
		"JSON with message":              {`{"ok":false,"message":"Bad params"}`, "Bad params"},
		"JSON with both":                 {`{"error":"Bad Request","message":"Bad params"}`, "Bad params"},
		"JSON with an error object":      {`{"success":false,"error":{"code":"USER_NOT_IN_TEAM","message":"User not in team"}}`, "User not in team"},
		"JSON with a code alone":         {`{"error":{"code":"E17"}}`, "E17"},
		"JSON with a number as a code":   {`{"error":{"code":17}}`, "17"},
		"JSON of another shape":          {`{"status":7}`, `{"status":7}`},
		"JSON with nothing to say":       {`{"error":null}`, `{"error":null}`},
		"a JSON string":                  {`"Bad team"`, "Bad team"},
		"broken JSON":                    {`{"error":"Bad`, `{"error":"Bad`},
		"a web page":                     {"<!DOCTYPE html><html><body>…", "an HTML page"},
		"a web page with a title":        {"\n <html><head><TITLE lang=en>\n502 Bad&nbsp;Gateway </TITLE>", `an HTML page titled "502 Bad Gateway"`},
		"a web page with an empty title": {"<html><title> </title>", "an HTML page"},
		"a web page behind a mark":       {"\xEF\xBB\xBF<html>", "an HTML page"},
		"a long text":                    {strings.Repeat("é", 300), strings.Repeat("é", 200) + "…"},
		"control characters":             {"a\x1b[31mb\x00c\u202Ed", "a[31mbcd"},
		"bytes that are no UTF-8":        {"a\xFFb", "a\uFFFDb"},
		"the key":                        {"no user for " + oddKey + "!", "no user for (sensitive)!"},
		"the key in JSON":                {`{"error":"5e\/c+r&t \"Key\"<7f>"}`, "(sensitive)"},
		"the key in HTML":                {"<title>5e/c+r&amp;t &#34;Key&#34;&lt;7f&gt;</title>", `an HTML page titled "(sensitive)"`},
		"the key in a URL":               {"/x?k=5e%2Fc%2Br%26t+%22Key%22%3C7f%3E", "/x?(sensitive)"},
		"the key in a path":              {"/x/5e%2fc+r&t%20%22key%22%3c7f%3e", "/x/(sensitive)"},
		"the key as it is sent":          {"Basic " + base64.StdEncoding.EncodeToString([]byte(":"+oddKey)), "Basic O(sensitive)=="},
		"the key torn by control bytes":  {"5e/c+r\x00&t \"Key\"<7f>", "(sensitive)"},
		"the key torn by a line break":   {"5e/c+r&t\n\"Key\"<7f>", "(sensitive)"},
		"the key where the text is cut":  {strings.Repeat("x", 195) + oddKey, strings.Repeat("x", 195) + "(sens…"},
		"the key behind 200 characters":  {strings.Repeat("x", 250) + oddKey, strings.Repeat("x", 200) + "…"},
		"the key with and without padding": {base64.StdEncoding.EncodeToString([]byte(":"+oddKey)) + " " +
			base64.RawURLEncoding.EncodeToString([]byte(":"+oddKey)), "O(sensitive)== O(sensitive)"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := newRedactor(exporter.NewSecret(oddKey), nil).message([]byte(test.body)); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestThePasswordOfTheProxyIsNotShown(t *testing.T) {
	redact := newRedactor(exporter.NewSecret(oddKey), &url.URL{Scheme: "http", Host: "proxy:1", User: url.UserPassword("me", "hunter2-hunter3")})
	if got := redact.line("407: bWU6aHVudGVyMi1odW50ZXIz, HUNTER2-HUNTER3", 200); strings.Contains(strings.ToLower(got), "hunter") || strings.Contains(got, "aHVudGVyMi1odW50ZXIz") {
		t.Errorf("got %s", got)
	}
}

func FuzzMessageIsShortCleanAndWithoutTheKey(f *testing.F) {
	const key = "51301a7ed0000000000000000000cafe"
	redact := newRedactor(exporter.NewSecret(key), nil)
	encoded := base64.StdEncoding.EncodeToString([]byte(":" + key))
	for _, seed := range []string{"", "Bad team", key, key + key, "{\"error\":\"" + key + "\"}", "<title>" + encoded + "</title>", `{"error":{"code":null}}`, "\xff\x1b]0;x\a", "null", "[]"} {
		f.Add([]byte(seed), 3)
	}
	f.Fuzz(func(t *testing.T, body []byte, at int) {
		at = min(max(at, 0), len(body))
		for _, text := range []string{string(body), string(body[:at]) + key + string(body[at:]), string(body[:at]) + encoded + string(body[at:])} {
			got := redact.message([]byte(text))
			if strings.Contains(got, key) || strings.Contains(got, strings.TrimRight(encoded, "=")) {
				t.Errorf("%q shows the key", got)
			}
			if utf8.RuneCountInString(got) > longestMessage+len(`an HTML page titled ""…`) || strings.ContainsFunc(got, unicode.IsControl) || !utf8.ValidString(got) {
				t.Errorf("%q is no short line", got)
			}
		}
	})
}
