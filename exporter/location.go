package exporter

import (
	"regexp"
	"strings"
)

// LocationScheme is the scheme of a location that is meant as a URL, in lower
// case; "" is a path. whole reports whether the two slashes stand behind it: a
// URL that lacks one is a mistake, and never a local folder of that name. One
// letter and a colon are a drive of Windows.
func LocationScheme(location string) (scheme string, whole bool) {
	found := regexp.MustCompile(`^([A-Za-z][A-Za-z0-9+.-]*):(/?/?)`).FindStringSubmatch(location)
	if found == nil {
		return "", false
	}
	scheme = strings.ToLower(found[1])
	switch {
	case found[2] == "//":
		return scheme, true
	case scheme == "file", ObjectParams(scheme) != nil, found[2] == "/" && len(scheme) > 1:
		return scheme, false
	}
	return "", false
}

// SlashesHint says how to write a URL that lacks a slash; the scheme may be "". It
// repeats nothing else of the location: that could hold a secret.
func SlashesHint(scheme string) string {
	form, folder := scheme+"://…", "./"+scheme+":/…"
	switch scheme {
	case "file":
		form = "file:///data/lake"
	case "azblob":
		form = "azblob://container/folder"
	case "s3", "gs":
		form = scheme + "://bucket/folder"
	case "":
		form, folder = "s3://bucket/folder", "./…"
	}
	return "Two slashes follow the colon of a URL, for instance " + form + ". To mean a local folder of that name, write " + folder + "."
}

// WithoutQuery is a location without what a URL may hold besides the place. What
// a person typed may have a secret there.
func WithoutQuery(location string) string {
	scheme, _ := LocationScheme(location)
	if scheme == "" {
		return location
	}
	place := location[len(scheme)+1:]
	rest := strings.TrimLeft(place, "/")
	slashes := place[:len(place)-len(rest)]
	rest, _, _ = strings.Cut(rest, "?")
	rest, _, _ = strings.Cut(rest, "#")
	if scheme != "file" || len(slashes) == len("//") { // a path may have an @
		rest = rest[strings.LastIndex(rest, "@")+1:]
	}
	return location[:len(scheme)+1] + slashes + rest
}

// PathHoldsSecret reports whether a path was meant as something else, with a credential: a
// URL that has lost its scheme, or the connection string of a storage account.
func PathHoldsSecret(path string) bool {
	if strings.Contains(path, ";") { // the settings of a connection string have any order
		path = ";" + path
	}
	for _, setting := range regexp.MustCompile(`[?&;]([^=&;?/\\]+)=`).FindAllStringSubmatch(path, -1) {
		if secretParam(setting[1]) {
			return true
		}
	}
	return false
}

// SecretLocation says what is wrong with a location that holds a credential, which it does
// not repeat.
func SecretLocation() (summary, detail string) { return "Credentials in the destination", secretHint }
