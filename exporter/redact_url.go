package exporter

import "regexp"

// What is hidden of URLs, with the marks around it.
var (
	urlUser      = regexp.MustCompile(`://[^\s"'<>/?#]*@`)
	urlQuery     = regexp.MustCompile(`://[^\s"'<>?#]*[?#][^\s"'<>]+`) // or its fragment
	bareQuery    = regexp.MustCompile(`\?[^\s"'<>?=&]+=[^\s"'<>]*`)
	escapedQuery = regexp.MustCompile(`(?i)%3f[^\s"'<>?=&]+%3d[^\s"'<>]*`)
	queryMark    = regexp.MustCompile(`(?i)[?#]|%3f`)
)

// URLSpans finds what the URLs in a text hold besides a place. A query without the URL
// before it counts too. They may overlap.
func URLSpans(text string) []TextSpan {
	var found []TextSpan
	for _, part := range []*regexp.Regexp{urlUser, urlQuery, bareQuery, escapedQuery} {
		for _, at := range part.FindAllStringIndex(text, -1) {
			found = append(found, inner(text, TextSpan{at[0], at[1]}))
		}
	}
	return found
}

// inner is the part of a match that is hidden: the marks around it show what it was.
func inner(text string, at TextSpan) TextSpan {
	if text[at.End-1] == '@' && text[at.Start] == ':' {
		return TextSpan{at.Start + len("://"), at.End - 1}
	}
	begin := queryMark.FindStringIndex(text[at.Start:at.End])
	return TextSpan{at.Start + begin[1], at.End}
}
