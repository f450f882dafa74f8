package exporter

import (
	"bytes"
	"cmp"
	"encoding/base64"
	"slices"
	"strings"
)

const (
	// hiddenFrom is the number of characters of a secret in a row that is hidden
	// wherever it stands.
	hiddenFrom = 8
	// shortestHidden is the length from which a secret is searched for. A shorter one
	// would hide half of every sentence.
	shortestHidden = 4
	// variedFrom is how many different characters a part has to have to be searched
	// for across punctuation: dates are full of equal digits.
	variedFrom = 5
	// base64From is the number of characters of base64 that hiddenFrom bytes fix.
	base64From = 10
)

// Redactor takes secrets out of texts that others made: servers, the network, a
// person. It hides every hiddenFrom characters of a secret in a row, whatever
// their case, also when they are escaped as in URLs, JSON and HTML, encoded in
// hexadecimal, base64 or numbers (at any offset, two levels deep), or torn by blanks,
// marks, tags, colours of a terminal and characters that cannot be seen. A secret of 4 to
// 7 characters is hidden as a whole, and a shorter one not at all. A text without a part of a secret is not changed.
//
// The zero value and nil know no secret. A Redactor may be used concurrently.
type Redactor struct {
	// parts are those of the secrets, folded: by their length, which is hiddenFrom or less.
	parts map[int]map[string]bool
	// encoded are the parts of base64 texts in lower case, which cannot be decoded.
	encoded map[string]bool
}

// NewRedactor makes a redactor that knows secrets. Empty ones are ignored.
func NewRedactor(secrets ...Secret) *Redactor {
	r := &Redactor{parts: make(map[int]map[string]bool), encoded: make(map[string]bool)}
	for _, secret := range secrets {
		value := secret.Reveal()
		folded := visible(viewOf(value)).fold().text
		length := min(len(folded), hiddenFrom)
		if length < shortestHidden {
			continue
		}
		if r.parts[length] == nil {
			r.parts[length] = make(map[string]bool)
		}
		for i := range len(folded) - length + 1 {
			r.parts[length][string(folded[i:i+length])] = true
		}
		for _, form := range []string{value, strings.ToLower(value), strings.ToUpper(value)} {
			for offset := range 3 {
				r.addBase64(form, offset)
			}
		}
	}
	return r
}

// addBase64 adds the parts of a text's base64 that depend on nothing but the text, when it
// begins at an offset in a group of three bytes.
func (r *Redactor) addBase64(text string, offset int) {
	encoded := base64.RawStdEncoding.EncodeToString(slices.Concat(make([]byte, offset), []byte(text)))
	first, end := (offset*8+5)/6, (offset+len(text))*8/6
	fixed := strings.ToLower(encoded[first:end])
	for i := range max(len(fixed)-base64From+1, 0) {
		r.encoded[fixed[i:i+base64From]] = true
	}
}

// Secrets hides the secrets in a text and nothing else.
func (r *Redactor) Secrets(text string) string { return hideSpans(text, r.Spans(text)) }

// Text hides the secrets in a text, and what the URLs in it hold besides a place: the
// query, the fragment, and what stands before an @.
func (r *Redactor) Text(text string) string {
	return hideSpans(text, MergeSpans(append(r.Spans(text), URLSpans(text)...)))
}

// Holds reports whether there is a part of a secret in a text. It is for ids and names, of
// which there may be many: what is encoded twice is not found.
func (r *Redactor) Holds(text string) bool { return len(r.spans(text, 1)) > 0 }

// TextSpan is a part of a text: the bytes from Start to before End.
type TextSpan struct{ Start, End int }

// Spans finds what has to be hidden in a text, in order and apart from each other.
func (r *Redactor) Spans(text string) []TextSpan { return r.spans(text, decodeDepth) }

func (r *Redactor) spans(text string, depth int) []TextSpan {
	if r == nil || len(r.parts) == 0 {
		return nil
	}
	return MergeSpans(r.search(nil, viewOf(text), depth))
}

// search adds the places of secrets in a view and in what it can be decoded to.
func (r *Redactor) search(found []TextSpan, v view, depth int) []TextSpan {
	for range escapeLevels {
		seen := visible(v)
		plain := seen.only(isWord)
		found = r.match(found, seen.fold(), 0)
		found = r.match(found, plain.fold(), variedFrom)
		found = r.matchBase64(found, seen)
		if depth > 0 {
			for offset := range 2 {
				found = r.search(found, plain.decodeHex(offset), depth-1)
			}
			for offset := range 4 {
				found = r.search(found, seen.decodeBase64(offset), depth-1)
			}
			found = r.search(found, v.decodeCodes(), depth-1)
		}
		next, changed := v.unescape()
		if !changed {
			break
		}
		v = next
	}
	return found
}

// match adds the places of parts with so many different characters.
func (r *Redactor) match(found []TextSpan, v view, varied int) []TextSpan {
	for length, parts := range r.parts {
		for i := range max(len(v.text)-length+1, 0) {
			if part := v.text[i : i+length]; parts[string(part)] && (varied == 0 || distinct(part) >= varied) {
				found = append(found, v.span(i, i+length))
			}
		}
	}
	return found
}

func (r *Redactor) matchBase64(found []TextSpan, v view) []TextSpan {
	v = v.fold()
	text := bytes.ReplaceAll(bytes.ReplaceAll(v.text, []byte("-"), []byte("+")), []byte("_"), []byte("/"))
	for i := range max(len(text)-base64From+1, 0) {
		if r.encoded[string(text[i:i+base64From])] {
			found = append(found, v.span(i, i+base64From))
		}
	}
	return found
}

func distinct(part []byte) int {
	count := 0
	for i, char := range part {
		if bytes.IndexByte(part[:i], char) < 0 {
			count++
		}
	}
	return count
}

// MergeSpans sorts spans and joins those that touch.
func MergeSpans(spans []TextSpan) []TextSpan {
	slices.SortFunc(spans, func(a, b TextSpan) int { return cmp.Or(a.Start-b.Start, a.End-b.End) })
	var merged []TextSpan
	for _, one := range spans {
		if n := len(merged); n > 0 && one.Start <= merged[n-1].End {
			merged[n-1].End = max(merged[n-1].End, one.End)
		} else if one.End > one.Start {
			merged = append(merged, one)
		}
	}
	return merged
}

// hideSpans replaces spans that are in order.
func hideSpans(text string, spans []TextSpan) string {
	if len(spans) == 0 {
		return text
	}
	var out strings.Builder
	from := 0
	for _, one := range spans {
		out.WriteString(text[from:one.Start])
		out.WriteString(Redacted)
		from = one.End
	}
	out.WriteString(text[from:])
	return out.String()
}
