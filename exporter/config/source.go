package config

import (
	"bytes"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/lemexport/lemexport/exporter"
)

// source is the text of one file, quoted only through its masks.
type source struct {
	name string
	src  []byte
	// order is the position of the file among all files.
	order int
	masks []exporter.TextSpan
}

func newSource(file File, order int) *source {
	s := &source{name: file.Name, src: file.Bytes, order: order}
	if len(file.Bytes) <= maxFileSize {
		if isJSON(file.Name) {
			s.masks = jsonSpans(file.Bytes)
		} else {
			s.masks = sensitiveSpans(file.Bytes)
		}
	} else {
		s.hide(span(0, len(file.Bytes)))
	}
	return s
}

// hide adds a part that must not be quoted.
func (s *source) hide(part exporter.TextSpan) {
	s.masks = exporter.MergeSpans(append(s.masks, s.clamp(part)))
}

// hideAll hides every occurrence of the texts, none of which is empty.
func (s *source) hideAll(texts []string) {
	for _, text := range texts {
		for from := 0; ; {
			i := bytes.Index(s.src[from:], []byte(text))
			if i < 0 {
				break
			}
			s.masks = append(s.masks, span(from+i, from+i+len(text)))
			from += i + len(text)
		}
	}
	s.masks = exporter.MergeSpans(s.masks)
}

// touches reports whether a range reaches into or borders on a hidden part.
func (s *source) touches(r exporter.Range) bool {
	at := s.clamp(span(r.Start.Byte, r.End.Byte))
	n := s.masksEndingAfter(at.Start - 1)
	return n < len(s.masks) && s.masks[n].Start <= at.End
}

// hiddenWords are the words of the hidden parts that are at least as long as
// shortest: with and without the punctuation inside them.
func (s *source) hiddenWords(shortest int) []string {
	var found []string
	for _, m := range s.masks {
		part := s.src[m.Start:m.End]
		for _, word := range slices.Concat(words(part, "_"), words(part, "_.+/=-")) {
			text := string(part[word.Start:word.End])
			_, value, _ := strings.Cut(text, "=") // of a query
			for _, one := range []string{text, value, strings.Trim(text, "_.+/=-")} {
				if len(one) >= shortest {
					found = append(found, one)
				}
			}
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

func (s *source) clamp(part exporter.TextSpan) exporter.TextSpan {
	start := min(max(part.Start, 0), len(s.src))
	return span(start, min(max(part.End, start), len(s.src)))
}

// line is the source line where r starts, for quoting in a sentence.
func (s *source) line(r exporter.Range) string {
	r.End = r.Start
	snippet := s.snippet(r)
	if snippet == nil {
		return ""
	}
	return strings.TrimSpace(snippet.Code)
}

// snippet quotes the lines that r touches, or the last one above them that is
// not blank; nil when there is none. A hidden
// part becomes one word, also when it spans lines, and a highlight that reaches
// into it covers that word. What a terminal could act on, and bytes that are not
// UTF-8, become U+FFFD.
func (s *source) snippet(r exporter.Range) *exporter.Snippet {
	at := s.clamp(span(r.Start.Byte, r.End.Byte))
	lines := span(bytes.LastIndexByte(s.src[:at.Start], '\n')+1, 0)
	last := at.End
	if last > at.Start && s.src[last-1] == '\n' {
		last-- // the range ends with its line, not on the next one
	}
	lines.End = lineEnd(s.src, last)

	var code strings.Builder
	highlight := span(-1, -1)
	for i := lines.Start; i < lines.End; {
		if highlight.Start < 0 && i >= at.Start {
			highlight.Start = code.Len()
		}
		if highlight.End < 0 && i >= at.End {
			highlight.End = code.Len()
		}
		if end := min(s.hiddenUntil(i), lines.End); end > i {
			if highlight.Start < 0 && at.Start < end {
				highlight.Start = code.Len()
			}
			code.WriteString(exporter.Redacted)
			if highlight.End < 0 && at.End <= end {
				highlight.End = code.Len()
			}
			i = end
			continue
		}
		char, size := utf8.DecodeRune(s.src[i:])
		i += size
		switch {
		case char == '\uFEFF' && i == size: // the byte order mark
		case char == '\r' && (i == lines.End || s.src[i] == '\n'): // part of the line break
		case char == '\n', char == '\t', !unicode.IsControl(char):
			code.WriteRune(char)
		default:
			code.WriteRune(utf8.RuneError)
		}
	}
	if strings.TrimSpace(code.String()) == "" {
		return s.before(lines.Start)
	}
	if highlight.Start < 0 {
		highlight.Start = code.Len()
	}
	if highlight.End < 0 {
		highlight.End = code.Len()
	}
	text, highlight := around(code.String(), highlight)
	return &exporter.Snippet{
		Code:           text,
		StartLine:      r.Start.Line,
		HighlightStart: highlight.Start,
		HighlightEnd:   highlight.End,
	}
}

// longestQuote bounds, in bytes, how much of long lines is quoted, and quoteBefore how
// much of that stands before the highlight.
const (
	longestQuote = 1000
	quoteBefore  = 200
)

// around cuts a text to what stands around the highlight.
func around(text string, highlight exporter.TextSpan) (string, exporter.TextSpan) {
	if len(text) <= longestQuote {
		return text, highlight
	}
	const cut = "…"
	start, end := max(highlight.Start-quoteBefore, 0), len(text)
	for start > 0 && !utf8.RuneStart(text[start]) {
		start--
	}
	before, after := "", ""
	if start > 0 {
		before = cut
	}
	if end > start+longestQuote {
		end, after = start+longestQuote, cut
		for !utf8.RuneStart(text[end]) {
			end--
		}
	}
	moved := len(before) - start
	return before + text[start:end] + after, span(highlight.Start+moved, min(highlight.End, end)+moved)
}

// before quotes the end of the last line above byte i that is not blank: the
// end of a file is found there.
func (s *source) before(i int) *exporter.Snippet {
	end := len(bytes.TrimRightFunc(s.src[:i], func(r rune) bool { return unicode.IsSpace(r) || r == '\uFEFF' }))
	if end == 0 {
		return nil
	}
	place := exporter.Pos{Line: 1 + bytes.Count(s.src[:end], []byte("\n")), Byte: end}
	return s.snippet(exporter.Range{Filename: s.name, Start: place, End: place})
}

// hiddenUntil is the end of the hidden part that byte i is in, or i.
func (s *source) hiddenUntil(i int) int {
	if n := s.masksEndingAfter(i); n < len(s.masks) && s.masks[n].Start <= i {
		return s.masks[n].End
	}
	return i
}

// masksEndingAfter is the index of the first mask that ends behind byte i: the masks
// are in order, and a hostile file may have very many.
func (s *source) masksEndingAfter(i int) int {
	n, _ := slices.BinarySearchFunc(s.masks, i+1, func(m exporter.TextSpan, end int) int { return m.End - end })
	return n
}
