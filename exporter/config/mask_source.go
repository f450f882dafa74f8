package config

import (
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
func sourceSpans(tokens hclsyntax.Tokens) []exporter.TextSpan {
	var spans []exporter.TextSpan
	inside, depth := false, 0
	for i, token := range tokens {
		switch {
		case token.Type == hclsyntax.TokenIdent && !isCall(tokens, i) && couldBeKey(token.Bytes):
			spans = append(spans, span(token.Range.Start.Byte, token.Range.End.Byte))
		case depth == 0 && token.Type == hclsyntax.TokenIdent:
			inside = inside && !startsLine(tokens, i) || string(token.Bytes) == "source"
		case !inside:
		case slices.Contains([]hclsyntax.TokenType{hclsyntax.TokenComment, hclsyntax.TokenOHeredoc, hclsyntax.TokenCHeredoc}, token.Type):
			for _, word := range words(token.Bytes, "_-.+/=") {
				if couldBeKey(token.Bytes[word.Start:word.End]) {
					spans = append(spans, span(token.Range.Start.Byte+word.Start, token.Range.Start.Byte+word.End))
				}
			}
		case token.Type == hclsyntax.TokenQuotedLit && !harmlessText(string(token.Bytes)),
			token.Type == hclsyntax.TokenStringLit,
			token.Type == hclsyntax.TokenIdent && isBareValue(tokens, i):
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

// isBareValue reports whether a word stands where a value belongs.
func isBareValue(tokens hclsyntax.Tokens, i int) bool {
	if i == 0 || i+1 >= len(tokens) || isCall(tokens, i) || slices.Contains([]string{"true", "false", "null"}, string(tokens[i].Bytes)) {
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
