package config

import (
	"bytes"
	"regexp"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/lemexport/lemexport/exporter"
)

// jsonSpans is sensitiveSpans for a file in JSON, which may be broken. In doubt it hides:
//
//   - what follows a name like api_key, to the next comma or bracket;
//   - in a source block, texts that are nothing else that belongs there;
//   - what follows such a name in a text;
//   - parts of URLs, and long runs of letters and digits.
func jsonSpans(src []byte) []exporter.TextSpan {
	spans := append(exporter.URLSpans(string(src)), randomSpans(src)...)
	w := jsonWalk{src: src, tokens: jsonTokens(src)}
	for i := range w.tokens {
		spans = append(spans, w.step(i)...)
	}
	return exporter.MergeSpans(spans)
}

// jsonToken is a text in quotes, which may lack the last one, a mark, or anything else.
type jsonToken struct {
	exporter.TextSpan
	quoted bool
	text   string
}

func jsonTokens(src []byte) []jsonToken {
	var found []jsonToken
	for _, at := range regexp.MustCompile(`"(?:[^"\\\n]|\\.)*"?|[{}\[\]:,=]|[^\s{}\[\]:,="]+`).FindAllIndex(src, -1) {
		one := jsonToken{TextSpan: span(at[0], at[1]), text: string(src[at[0]:at[1]])}
		if src[at[0]] == '"' {
			one.quoted = true
			if text, err := jsontext.AppendUnquote(nil, src[at[0]:at[1]]); err == nil {
				one.text = string(text)
			} else {
				one.text = strings.Trim(one.text, `"`)
			}
		}
		found = append(found, one)
	}
	return found
}

// jsonWalk says what is hidden, token by token.
type jsonWalk struct {
	src    []byte
	tokens []jsonToken
	depth  int
	// key, source and names are the depths of the values of a secret, a source block and names
	// of teams, from the name on; 0 is nowhere.
	key, source, names int
	// keyBegan says that a part of the secret was read.
	keyBegan bool
}

// step reads a token and gives what is hidden of it.
func (w *jsonWalk) step(i int) []exporter.TextSpan {
	token := w.tokens[i]
	if !token.quoted {
		switch token.text {
		case "{", "[":
			w.depth++
			w.keyBegan = w.keyBegan || w.key > 0
			return nil
		case "}", "]":
			w.depth = max(w.depth-1, 0) // a broken file may have too many
			w.leave()
			return nil
		case ",":
			if w.depth < w.key {
				w.key = 0
			}
			return nil
		case ":", "=":
			return nil
		}
	}
	if w.key > 0 && w.keyBegan && w.depth < w.key && bytes.ContainsRune(w.src[w.tokens[i-1].End:token.Start], '\n') {
		w.key = 0 // the comma is missing
	}
	next := jsonToken{text: ","}
	if i+1 < len(w.tokens) {
		next = w.tokens[i+1]
	}
	isName := !next.quoted && (next.text == ":" || next.text == "=")
	isValue := !next.quoted && strings.Contains(",}]", next.text)
	switch {
	case w.key > 0:
		w.keyBegan = true
		if token.quoted && plainTemplate(token.text) {
			return nil
		}
		return []exporter.TextSpan{w.inner(token)}
	case isName || !isValue && keyLike(token.text):
		if keyLike(token.text) {
			w.key, w.keyBegan = w.depth+1, false
		}
		w.enter(token.text)
		if couldBeKey([]byte(token.text)) {
			return []exporter.TextSpan{w.inner(token)}
		}
		return nil
	case token.quoted && plainTemplate(token.text):
		return nil
	case w.source > 0 && !w.harmless(token):
		return []exporter.TextSpan{w.inner(token)}
	default:
		return w.afterKeyWord(token)
	}
}

// enter begins what a name says.
func (w *jsonWalk) enter(name string) {
	if w.source == 0 && slices.Contains([]string{sourceName, forEachName, "users"}, name) { // the last two also where they do not belong
		w.source = w.depth + 1
	}
	if name == forEachName {
		w.names = w.depth + 1
	}
}

// leave ends what a bracket has ended.
func (w *jsonWalk) leave() {
	for _, one := range []*int{&w.key, &w.source, &w.names} {
		if w.depth < *one {
			*one = 0
		}
	}
}

// harmless reports whether a value belongs into a source block.
func (w *jsonWalk) harmless(token jsonToken) bool {
	if !token.quoted {
		return regexp.MustCompile(`^(?:true|false|null|-?[0-9.]+)$`).MatchString(token.text)
	}
	return harmlessText(token.text) || strings.Contains(token.text, "${") && harmlessTemplate(token.text) || w.names > 0 && w.depth >= w.names && !couldBeKey([]byte(token.text))
}

// inner is a token without its quotes.
func (w *jsonWalk) inner(token jsonToken) exporter.TextSpan {
	if !token.quoted {
		return token.TextSpan
	}
	end := token.End
	if end > token.Start+1 && w.src[end-1] == '"' {
		end--
	}
	return span(token.Start+1, end)
}

// harmlessTemplate reports whether all texts in a template belong into a source block.
func harmlessTemplate(text string) bool {
	tokens, _ := hclsyntax.LexTemplate([]byte(text), "", hcl.Pos{})
	plain := plainReferences(tokens)
	return !slices.ContainsFunc(tokens, func(one hclsyntax.Token) bool {
		at := span(one.Range.Start.Byte, one.Range.End.Byte)
		switch {
		case slices.ContainsFunc(plain, func(outer exporter.TextSpan) bool { return within(at, outer) }):
			return false
		case one.Type == hclsyntax.TokenQuotedLit, one.Type == hclsyntax.TokenStringLit:
			return !harmlessText(string(one.Bytes))
		case one.Type == hclsyntax.TokenIdent:
			return couldBeKey(one.Bytes)
		default:
			return one.Type == hclsyntax.TokenInvalid || one.Type == hclsyntax.TokenBadUTF8
		}
	})
}

// afterKeyWord hides what follows a word like api_key in a text.
func (w *jsonWalk) afterKeyWord(token jsonToken) []exporter.TextSpan {
	inner := w.inner(token)
	for _, word := range words(w.src[inner.Start:inner.End], "_-") {
		start, end := inner.Start+word.Start, inner.Start+word.End
		if keyLike(string(w.src[start:end])) && end < inner.End && bytes.IndexByte([]byte(`=: (\`), w.src[end]) >= 0 {
			return []exporter.TextSpan{span(end+1, inner.End)}
		}
	}
	return nil
}

// plainTemplate reports whether a text is a reference that shows no secret, such as
// ${env("LEMLIST_API_KEY")}.
func plainTemplate(text string) bool {
	tokens, _ := hclsyntax.LexTemplate([]byte(text), "", hcl.Pos{})
	return slices.Contains(plainReferences(tokens), span(len("${"), len(text)-len("}"))) && strings.HasPrefix(text, "${")
}
