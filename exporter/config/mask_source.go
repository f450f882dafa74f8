package config

import (
	"bytes"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/internal/nearest"
)

// sourceSpans finds the texts in source blocks that could be a key, whatever its shape: all
// texts except user ids, durations, numbers, base URLs, names of variables and types of
// source. It also finds names with digits, which no attribute has, and words with digits in
// comments.
func sourceSpans(tokens hclsyntax.Tokens, plain []exporter.TextSpan) []exporter.TextSpan {
	var spans []exporter.TextSpan
	inside, names, depth := false, false, 0
	alone := false // a for_each in another block is hidden like one in a source, and the rest of the block is not
	for i, token := range tokens {
		for len(plain) > 0 && plain[0].End <= token.Range.Start.Byte {
			plain = plain[1:]
		}
		switch {
		case len(plain) > 0 && plain[0].Start <= token.Range.Start.Byte:
		case token.Type == hclsyntax.TokenIdent && !isCall(tokens, i) && couldBeKey(token.Bytes):
			spans = append(spans, span(token.Range.Start.Byte, token.Range.End.Byte))
		case token.Type == hclsyntax.TokenIdent && string(token.Bytes) == forEachName:
			alone = alone || !inside
			inside, names = true, true
		case depth == 0 && token.Type == hclsyntax.TokenIdent:
			inside = inside && !startsLine(tokens, i) || string(token.Bytes) == sourceName
			alone = alone && inside && string(token.Bytes) != sourceName
		case depth == 1 && token.Type == hclsyntax.TokenIdent && startsLine(tokens, i):
			names, inside = false, inside && !alone
			alone = false
		case !inside:
		case slices.Contains([]hclsyntax.TokenType{hclsyntax.TokenComment, hclsyntax.TokenOHeredoc, hclsyntax.TokenCHeredoc}, token.Type):
			for _, word := range words(token.Bytes, "_-.+/=") {
				if couldBeKey(token.Bytes[word.Start:word.End]) {
					spans = append(spans, span(token.Range.Start.Byte+word.Start, token.Range.Start.Byte+word.End))
				}
			}
		case token.Type == hclsyntax.TokenQuotedLit && (depth == 0 && string(tokens[i-2].Bytes) != sourceName || isName(tokens, i) || names && isElement(tokens, i)) && !couldBeKey(token.Bytes): // the name of a team
		case token.Type == hclsyntax.TokenQuotedLit && !harmlessText(string(token.Bytes)),
			token.Type == hclsyntax.TokenStringLit,
			token.Type == hclsyntax.TokenIdent && isBareValue(tokens, i),
			names && token.Type == hclsyntax.TokenIdent && !isName(tokens, i) && !isCall(tokens, i) && bytes.ContainsAny(token.Bytes, "0123456789"):
			spans = append(spans, span(token.Range.Start.Byte, token.Range.End.Byte))
		}
		if token.Type == hclsyntax.TokenOBrace {
			depth++
		}
		if token.Type == hclsyntax.TokenCBrace && depth > 0 {
			depth--
			inside = inside && depth > 0
		}
	}
	return spans
}

// couldBeKey reports whether a word is too odd for a name or for prose.
func couldBeKey(word []byte) bool {
	const shortest = 8
	text := string(word)
	return len(text) >= shortest && strings.ContainsFunc(text, unicode.IsLetter) && looksRandom(text) && !plausibleVariable(text) && !harmlessText(text)
}

func isCall(tokens hclsyntax.Tokens, i int) bool {
	return i+1 < len(tokens) && tokens[i+1].Type == hclsyntax.TokenOParen
}

func startsLine(tokens hclsyntax.Tokens, i int) bool {
	return i == 0 || slices.Contains([]hclsyntax.TokenType{hclsyntax.TokenNewline, hclsyntax.TokenComment, hclsyntax.TokenCBrace}, tokens[i-1].Type)
}

// isName reports whether a word, in quotes or not, stands before an equals sign or a colon.
func isName(tokens hclsyntax.Tokens, i int) bool {
	after := i + 1
	if after < len(tokens) && tokens[after].Type == hclsyntax.TokenCQuote {
		after++
	}
	return after < len(tokens) && (tokens[after].Type == hclsyntax.TokenEqual || tokens[after].Type == hclsyntax.TokenColon)
}

// isElement reports whether a text stands where an element of a list does.
func isElement(tokens hclsyntax.Tokens, i int) bool {
	before := i - 2
	for before >= 0 && tokens[before].Type == hclsyntax.TokenNewline {
		before--
	}
	return before >= 0 && (tokens[before].Type == hclsyntax.TokenOBrack || tokens[before].Type == hclsyntax.TokenComma)
}

// isBareValue reports whether a word stands where a value belongs.
func isBareValue(tokens hclsyntax.Tokens, i int) bool {
	if i == 0 || i+1 >= len(tokens) || isCall(tokens, i) || isName(tokens, i) || slices.Contains([]string{"true", "false", "null"}, string(tokens[i].Bytes)) {
		return false
	}
	return slices.Contains([]hclsyntax.TokenType{hclsyntax.TokenEqual, hclsyntax.TokenComma, hclsyntax.TokenOBrack}, tokens[i-1].Type)
}

// harmlessText reports whether a text is something that belongs into a source block.
func harmlessText(text string) bool {
	const shapes = `^(?:usr_[A-Za-z0-9]+|[0-9.]+|(?:[0-9.]+(?:h|m|s|ms))+|https?://@?[A-Za-z0-9.:/_\[\]-]*[?#]?|(?:[a-z]+://)?[a-z.]*lemlist\.com[a-z/]*|\s*)$`
	text = strings.ReplaceAll(exporter.NewRedactor().Text(text), exporter.Redacted, "") // what a URL holds is hidden already
	return plausibleVariable(text) || nearest.Name(text, []string{"lemlist"}) != "" || regexp.MustCompile(shapes).MatchString(text)
}

// plausiblePath reports whether a text is the path of a file, and not a key that was put there
// by mistake.
func plausiblePath(text string) bool {
	if !strings.ContainsAny(text, `./\`) || strings.ContainsAny(text, "?@+=") {
		return false
	}
	folders := strings.FieldsFunc(text, func(r rune) bool { return r == '/' || r == '\\' })
	if n := len(folders); n > 0 && slices.Contains([]string{".json", ".txt", ".key"}, path.Ext(folders[n-1])) && !keyShape().MatchString(folders[n-1]) {
		folders = folders[:n-1]
	}
	return !slices.ContainsFunc(folders, func(part string) bool { return couldBeKey([]byte(part)) })
}
