package exporter

import (
	"errors"
	"strings"
)

// Severity says whether a diagnostic stops the command.
type Severity string

// The severities, as JSON output spells them.
const (
	SeverityError   Severity = "error"
	SeverityWarning Severity = "warning"
)

// Diagnostic is one finding about what the user wrote. The human text and the
// JSON output are both rendered from it.
type Diagnostic struct {
	Severity Severity `json:"severity"`
	// Summary is terse, without a final full stop.
	Summary string `json:"summary"`
	// Detail is full sentences and says what to do.
	Detail string `json:"detail,omitempty"`
	// Address names the block or attribute, for instance `source.lemlist.api_key`.
	Address string `json:"address,omitempty"`
	// Path is where in a configuration that is JSON and no file, as a JSON Pointer
	// (RFC 6901); empty otherwise.
	Path string `json:"path,omitempty"`
	// Range is where in the file; nil when the finding is about no file.
	Range *Range `json:"range,omitempty"`
	// Snippet is the source around Range; nil when there is none or when the
	// source line could show a secret.
	Snippet *Snippet `json:"snippet,omitempty"`
}

// Range is a part of a file. Lines and columns count from 1; columns count
// grapheme clusters. End is exclusive.
type Range struct {
	Filename string `json:"filename"`
	Start    Pos    `json:"start"`
	End      Pos    `json:"end"`
}

// Pos is a place in a file.
type Pos struct {
	Line   int `json:"line"`
	Column int `json:"column"`
	Byte   int `json:"byte"`
}

// Snippet is the source a diagnostic is about.
type Snippet struct {
	// Code is the whole source lines that the range touches, without the last newline.
	Code string `json:"code"`
	// StartLine is the number of the first line of Code.
	StartLine int `json:"start_line"`
	// HighlightStart and HighlightEnd are byte offsets into Code.
	HighlightStart int `json:"highlight_start_offset"`
	HighlightEnd   int `json:"highlight_end_offset"`
}

// Diagnostics is a list of findings. As an error it reads as the summaries of
// its errors, one a line.
type Diagnostics []Diagnostic

// HasErrors reports whether one of them is an error.
func (d Diagnostics) HasErrors() bool {
	for _, one := range d {
		if one.Severity == SeverityError {
			return true
		}
	}
	return false
}

// Err returns d as an error when it holds errors, else nil.
func (d Diagnostics) Err() error {
	if !d.HasErrors() {
		return nil
	}
	return d
}

func (d Diagnostics) Error() string {
	var lines []string
	for _, one := range d {
		if one.Severity == SeverityError {
			lines = append(lines, one.Summary)
		}
	}
	return strings.Join(lines, "\n")
}

// Diagnose turns an error into diagnostics: those that it is, or one with its hint as
// the detail.
func Diagnose(err error) Diagnostics {
	if diags, ok := errors.AsType[Diagnostics](err); ok {
		return diags
	}
	return Diagnostics{{Severity: SeverityError, Summary: err.Error(), Detail: Hint(err)}}
}
