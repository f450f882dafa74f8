package exporter

import "regexp"

// URLSpans finds what the URLs in a text hold besides a place. A query without the URL
// before it counts too. They may overlap.
func URLSpans(text string) []TextSpan {
	var found []TextSpan
	for _, pattern := range []string{
		`://[^\s"'<>/?#]*@`,                 // who
		`://[^\s"'<>?#]*[?#][^\s"'<>]+`,     // a URL with a query or fragment
		`\?[^\s"'<>?=&]+=[^\s"'<>]*`,        // a query
		`(?i)%3f[^\s"'<>?=&]+%3d[^\s"'<>]*`, // inside another
	} {
		for _, at := range regexp.MustCompile(pattern).FindAllStringIndex(text, -1) {
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
	begin := regexp.MustCompile(`(?i)[?#]|%3f`).FindStringIndex(text[at.Start:at.End])
	return TextSpan{at.Start + begin[1], at.End}
}
