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
	masks []span
}

func newSource(file File, order int) *source {
	s := &source{name: file.Name, src: file.Bytes, order: order}
	if len(file.Bytes) <= maxFileSize {
		s.masks = sensitiveSpans(file.Bytes)
	} else {
		s.hide(span{0, len(file.Bytes)})
	}
	return s
}

// hide adds a part that must not be quoted.
func (s *source) hide(part span) { s.masks = merge(append(s.masks, s.clamp(part))) }

// hideAll hides every occurrence of the texts, none of which is empty.
func (s *source) hideAll(texts []string) {
	for _, text := range texts {
		for from := 0; ; {
			i := bytes.Index(s.src[from:], []byte(text))
			if i < 0 {
				break
			}
			s.masks = append(s.masks, span{from + i, from + i + len(text)})
			from += i + len(text)
		}
	}
	s.masks = merge(s.masks)
}

// touches reports whether a range reaches into or borders on a hidden part.
func (s *source) touches(r exporter.Range) bool {
	at := s.clamp(span{r.Start.Byte, r.End.Byte})
	return slices.ContainsFunc(s.masks, func(m span) bool { return at.start <= m.end && at.end >= m.start })
}

// hiddenWords are the words of the hidden parts that are at least as long as
// shortest: with and without the punctuation inside them.
func (s *source) hiddenWords(shortest int) []string {
	var found []string
	for _, m := range s.masks {
		part := s.src[m.start:m.end]
		for _, word := range slices.Concat(words(part, "_"), words(part, "_.+/=-")) {
			text := string(part[word.start:word.end])
			_, value, _ := strings.Cut(text, "=") // of a query
			for _, one := range []string{text, value} {
				if len(one) >= shortest {
					found = append(found, one)
				}
			}
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

func (s *source) clamp(part span) span {
	start := min(max(part.start, 0), len(s.src))
	return span{start, min(max(part.end, start), len(s.src))}
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
// into it covers that word. What a terminal could act on, and bytes that are no
// UTF-8, become U+FFFD.
func (s *source) snippet(r exporter.Range) *exporter.Snippet {
	at := s.clamp(span{r.Start.Byte, r.End.Byte})
	lines := span{bytes.LastIndexByte(s.src[:at.start], '\n') + 1, 0}
	last := at.end
	if last > at.start && s.src[last-1] == '\n' {
		last-- // the range ends with its line, not on the next one
	}
	lines.end = lineEnd(s.src, last)

	var code strings.Builder
	highlight := span{-1, -1}
	for i := lines.start; i < lines.end; {
		if highlight.start < 0 && i >= at.start {
			highlight.start = code.Len()
		}
		if highlight.end < 0 && i >= at.end {
			highlight.end = code.Len()
		}
		if end := min(s.hiddenUntil(i), lines.end); end > i {
			if highlight.start < 0 && at.start < end {
				highlight.start = code.Len()
			}
			code.WriteString(hidden)
			if highlight.end < 0 && at.end <= end {
				highlight.end = code.Len()
			}
			i = end
			continue
		}
		char, size := utf8.DecodeRune(s.src[i:])
		i += size
		switch {
		case char == '\uFEFF' && i == size: // the byte order mark
		case char == '\r' && (i == lines.end || s.src[i] == '\n'): // part of the line break
		case char == '\n', char == '\t', !unicode.IsControl(char):
			code.WriteRune(char)
		default:
			code.WriteRune(utf8.RuneError)
		}
	}
	if strings.TrimSpace(code.String()) == "" {
		return s.before(lines.start)
	}
	if highlight.start < 0 {
		highlight.start = code.Len()
	}
	if highlight.end < 0 {
		highlight.end = code.Len()
	}
	return &exporter.Snippet{
		Code:           code.String(),
		StartLine:      r.Start.Line,
		HighlightStart: highlight.start,
		HighlightEnd:   highlight.end,
	}
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
	for _, m := range s.masks {
		if m.start <= i && i < m.end {
			return m.end
		}
	}
	return i
}
