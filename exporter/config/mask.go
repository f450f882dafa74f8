package config

import (
	"bytes"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/agext/levenshtein"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/lemexport/lemexport/exporter"
)

// longestExpression bounds, in bytes, how far a commented-out value is followed.
const longestExpression = 8 << 10

// sensitiveSpans finds what must not be quoted from src. It works on text and
// tokens, not on parsed blocks, because diagnostics quote typing errors beside the key.
// In doubt it hides:
//
//   - whatever follows a word like api_key, to the end of its line or of its
//     expression;
//   - what stands before the @ of a URL, its query and its fragment;
//   - in a source block, texts that are nothing else that belongs there;
//   - long runs of letters and digits, the shape of a key.
//
// A plain reference like env("LEMLIST_API_KEY") shows no secret and stays visible.
func sensitiveSpans(src []byte) []exporter.TextSpan {
	tokens, _ := hclsyntax.LexConfig(src, "", hcl.InitialPos)
	var spans []exporter.TextSpan
	plain := plainReferences(tokens)
	for _, word := range words(src, "_-") {
		if n := len(spans); n > 0 && within(word, spans[n-1]) {
			continue // hidden already, whatever it says
		}
		if keyLike(string(src[word.Start:word.End])) && !slices.ContainsFunc(plain, func(one exporter.TextSpan) bool { return within(word, one) }) {
			spans = append(spans, maskAfter(src, tokens, plain, word)...)
		}
	}
	spans = append(spans, exporter.URLSpans(string(src))...)
	spans = append(spans, randomSpans(src)...)
	spans = append(spans, sourceSpans(tokens, plain)...)
	return exporter.MergeSpans(spans)
}

// randomSpans finds passwords in URLs, and runs of letters and digits.
func randomSpans(src []byte) []exporter.TextSpan {
	var spans []exporter.TextSpan
	for _, at := range regexp.MustCompile(`://[^\s"]*@`).FindAllIndex(src, -1) {
		spans = append(spans, span(at[0]+len("://"), at[1]-1)) // a password with a slash
	}
	for _, at := range keyShape().FindAllIndex(src, -1) {
		if looksRandom(string(src[at[0]:at[1]])) {
			spans = append(spans, span(at[0], at[1]))
		}
	}
	return spans
}

// keyShape matches runs that could be a key; lemlist's own example has 32
// hexadecimal digits, its ids have 17 characters.
func keyShape() *regexp.Regexp { return regexp.MustCompile(`[A-Za-z0-9]{24,}`) }

// looksRandom tells a key from a long word.
func looksRandom(run string) bool {
	return strings.ContainsAny(run, "0123456789") && strings.Trim(run, "0123456789") != ""
}

// keyLike reports whether a word names a secret, also when it is misspelt.
func keyLike(word string) bool {
	word = strings.ToLower(word)
	for _, part := range []string{"key", "token", "secret", "passw", "credential", "bearer", "auth", onSuccessName, onFailureName} {
		if strings.Contains(word, part) {
			return true
		}
	}
	if strings.HasPrefix(word, "on_") { // the URLs of a heartbeat
		return true
	}
	if len(word) > len("api") && strings.HasPrefix(word, "api") {
		return true
	}
	return len(word) < 12 && levenshtein.Distance(word, "api_key", nil) <= 2
}

// maskAfter hides the value that follows word.
func maskAfter(src []byte, tokens hclsyntax.Tokens, plain []exporter.TextSpan, word exporter.TextSpan) []exporter.TextSpan {
	start := word.End
	start += blank(src[start:], `"'`)
	start += blank(src[start:], " \t")
	sign := blank(src[start:], "=:")
	start += sign
	start += blank(src[start:], " \t")
	end := lineEnd(src, start)
	name := tokenNaming(tokens, word)
	if len(bytes.TrimSpace(src[start:end])) == 0 {
		// The value may be on a later line.
		later := start + blank(src[start:], " \t\r\n")
		if name >= 0 || sign > 0 || blank(src[later:], "=:") > 0 {
			start, end = later, lineEnd(src, later)
		}
	}
	switch {
	case name >= 0 && tokens[name].Type == hclsyntax.TokenQuotedLit:
		end = max(end, expressionEnd(tokens[name+2:], start)) // behind its closing quote
	case name >= 0:
		end = max(end, expressionEnd(tokens[name+1:], start))
	case opensMore(src[start:end], sign > 0):
		// Half of an expression is in a comment or in a broken text.
		rest := src[start:min(start+longestExpression, len(src))]
		fragment, _ := hclsyntax.LexConfig(rest, "", hcl.Pos{Line: 1, Column: 1, Byte: start})
		end = max(end, expressionEnd(fragment, start))
	}
	for _, one := range plain {
		if one.Start == start {
			start = one.End + blank(src[one.End:], " \t\r}")
			break
		}
	}
	if start >= end || len(bytes.TrimSpace(src[start:end])) == 0 {
		return nil
	}
	return []exporter.TextSpan{span(start, end)}
}

// tokenNaming finds the token that is exactly word and names something: bare,
// or in quotes before an equals sign or colon. Words inside comments and texts
// name nothing.
func tokenNaming(tokens hclsyntax.Tokens, word exporter.TextSpan) int {
	i, found := slices.BinarySearchFunc(tokens, word.Start, func(t hclsyntax.Token, start int) int {
		return t.Range.Start.Byte - start
	})
	if !found || tokens[i].Range.End.Byte != word.End {
		return -1
	}
	switch tokens[i].Type {
	case hclsyntax.TokenIdent:
		return i
	case hclsyntax.TokenQuotedLit:
		if i+2 < len(tokens) && (tokens[i+2].Type == hclsyntax.TokenEqual || tokens[i+2].Type == hclsyntax.TokenColon) {
			return i
		}
		return -1
	default:
		return -1
	}
}

// opensMore reports whether what follows a name on its line, behind an equals
// sign or not, goes on after the line.
func opensMore(line []byte, assigned bool) bool {
	line = bytes.TrimSpace(line)
	if !assigned {
		return string(line) == "{"
	}
	return bytes.Contains(line, []byte("<<")) || len(line) > 0 && bytes.IndexByte([]byte("([{,"), line[len(line)-1]) >= 0
}

// expressionEnd walks tokens to the first line break after start that is inside
// no bracket, quote or heredoc. An unclosed one runs to the end of the file.
func expressionEnd(tokens hclsyntax.Tokens, start int) int {
	depth := 0
	for i, token := range tokens {
		depth += nesting(token.Type)
		begins, ends := token.Range.Start.Byte, token.Range.End.Byte
		breaks := token.Type == hclsyntax.TokenNewline || token.Type == hclsyntax.TokenComment || token.Type == hclsyntax.TokenEOF
		switch {
		case breaks && depth <= 0 && begins >= start:
			return begins
		case depth < 0 && begins >= start:
			return begins // the end of the block around it
		case i == len(tokens)-1:
			return ends
		}
	}
	return start
}

// nesting is +1 for a token that opens a nested part, -1 for one that closes it.
func nesting(t hclsyntax.TokenType) int {
	switch t {
	case hclsyntax.TokenOBrace, hclsyntax.TokenOBrack, hclsyntax.TokenOParen, hclsyntax.TokenOQuote,
		hclsyntax.TokenOHeredoc, hclsyntax.TokenTemplateInterp, hclsyntax.TokenTemplateControl:
		return 1
	case hclsyntax.TokenCBrace, hclsyntax.TokenCBrack, hclsyntax.TokenCParen, hclsyntax.TokenCQuote,
		hclsyntax.TokenCHeredoc, hclsyntax.TokenTemplateSeqEnd:
		return -1
	default:
		return 0
	}
}

// plainReferences finds what names a value and shows none: env("NAME") and file("PATH") with
// a plausible name and no default, each.key, each.value, var.NAME and local.NAME.
func plainReferences(tokens hclsyntax.Tokens) []exporter.TextSpan {
	call := []hclsyntax.TokenType{
		hclsyntax.TokenIdent, hclsyntax.TokenOParen, hclsyntax.TokenOQuote,
		hclsyntax.TokenQuotedLit, hclsyntax.TokenCQuote, hclsyntax.TokenCParen,
	}
	part := []hclsyntax.TokenType{hclsyntax.TokenIdent, hclsyntax.TokenDot, hclsyntax.TokenIdent}
	var found []exporter.TextSpan
	for i := range tokens {
		word := func(at int) string { return string(tokens[i+at].Bytes) }
		var length int
		switch {
		case startsWith(tokens[i:], call) && (word(0) == "env" && plausibleVariable(word(3)) || word(0) == "file" && plausiblePath(word(3))):
			length = len(call)
		case startsWith(tokens[i:], part) && (word(0) == eachName && (word(2) == eachKey || word(2) == eachValue) || (word(0) == varName || word(0) == localName) && !couldBeKey(tokens[i+2].Bytes)):
			length = len(part)
		default:
			continue
		}
		found = append(found, span(tokens[i].Range.Start.Byte, tokens[i+length-1].Range.End.Byte))
	}
	return found
}

// startsWith reports whether tokens begin with these types.
func startsWith(tokens hclsyntax.Tokens, types []hclsyntax.TokenType) bool {
	return len(tokens) >= len(types) &&
		slices.EqualFunc(tokens[:len(types)], types, func(t hclsyntax.Token, want hclsyntax.TokenType) bool { return t.Type == want })
}

// span is a part of a file, in bytes, end exclusive.
func span(start, end int) exporter.TextSpan { return exporter.TextSpan{Start: start, End: end} }

// within reports whether one span is inside another.
func within(one, outer exporter.TextSpan) bool {
	return one.Start >= outer.Start && one.End <= outer.End
}

// words finds the runs of letters, digits and the marks in extra.
func words(text []byte, extra string) []exporter.TextSpan {
	var found []exporter.TextSpan
	inside := false
	for i := 0; i < len(text); {
		char, size := utf8.DecodeRune(text[i:])
		if unicode.IsLetter(char) || unicode.IsNumber(char) || strings.ContainsRune(extra, char) {
			if !inside {
				found = append(found, exporter.TextSpan{Start: i})
			}
			found[len(found)-1].End = i + size
			inside = true
		} else {
			inside = false
		}
		i += size
	}
	return found
}

// blank counts the leading bytes of b that are in set.
func blank(b []byte, set string) int { return len(b) - len(bytes.TrimLeft(b, set)) }

func lineEnd(src []byte, from int) int {
	if i := bytes.IndexByte(src[from:], '\n'); i >= 0 {
		return from + i
	}
	return len(src)
}
