package config

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/lemexport/lemexport/exporter"
)

// shortestSecret is the length from which a secret is searched for in texts and
// files. A shorter one would hide half of every sentence.
const shortestSecret = 4

// report collects findings and turns them into diagnostics that show no secret.
type report struct {
	sources []*source
	found   exporter.Diagnostics
	secrets []string
	// broken says that a file could not be parsed.
	broken bool
	// json says that the configuration came from a program, as JSON.
	json bool
	// exportOptional allows a configuration without exports.
	exportOptional bool
	// more counts the findings beyond maxFindings; worse says that there are errors
	// among them.
	more  int
	worse bool
}

// maxFindings is the largest number of findings that are shown.
const maxFindings = 20

func newReport(files []File) *report {
	r := &report{}
	for i, file := range files {
		r.sources = append(r.sources, newSource(file, i))
	}
	return r
}

// fail adds an error about the part at; at is the zero place when there is no such part.
func (r *report) fail(at place, address, summary, detail string) {
	r.add(exporter.SeverityError, at, address, summary, detail)
}

// warn adds a warning.
func (r *report) warn(at place, address, summary, detail string) {
	r.add(exporter.SeverityWarning, at, address, summary, detail)
}

func (r *report) add(severity exporter.Severity, at place, address, summary, detail string) {
	if len(r.found) >= maxFindings {
		r.more++
		r.worse = r.worse || severity == exporter.SeverityError
		return
	}
	r.found = append(r.found, exporter.Diagnostic{
		Severity: severity, Summary: summary, Detail: detail, Address: address,
		Range: at.file, Path: string(at.pointer),
	})
}

// source returns the file that a range is in.
func (r *report) source(at *exporter.Range) *source {
	if at != nil {
		for _, s := range r.sources {
			if s.name == at.Filename {
				return s
			}
		}
	}
	return nil
}

// hide keeps a part of a file from being quoted.
func (r *report) hide(at place) {
	if s := r.source(at.file); s != nil {
		s.hide(span(at.file.Start.Byte, at.file.End.Byte))
	}
}

// secret keeps a text from being shown, wherever it occurs.
func (r *report) secret(text string) {
	if len(text) >= shortestSecret {
		r.secrets = append(r.secrets, text)
	}
}

// form chooses the words for the form that the configuration has.
func (r *report) form(hcl, json string) string {
	if r.json {
		return json
	}
	return hcl
}

// where points at another part, for the sentence "It is already … at …".
func (r *report) where(at place) string {
	switch {
	case at.pointer != "":
		return string(at.pointer)
	case at.file == nil:
		return "another place"
	}
	text := fmt.Sprintf("%s:%d", at.file.Filename, at.file.Start.Line)
	if s := r.source(at.file); s != nil {
		if line := s.line(*at.file); line != "" {
			return text + " (" + line + ")"
		}
	}
	return text
}

// finish sorts the findings by file and line, those about no line last,
// attaches the quoted source and scrubs the texts.
func (r *report) finish() exporter.Diagnostics {
	if len(r.found) == 0 {
		return nil
	}
	if r.more > 0 {
		last := exporter.Diagnostic{Severity: exporter.SeverityWarning, Summary: "Too many findings", Detail: fmt.Sprintf("%d more findings are not shown. Fix these first.", r.more)}
		if r.worse {
			last.Severity = exporter.SeverityError
		}
		r.found = append(r.found, last)
	}
	secrets := r.allSecrets()
	keys := make([]exporter.Secret, 0, len(r.secrets))
	for _, text := range r.secrets {
		keys = append(keys, exporter.NewSecret(text))
	}
	redactor := exporter.NewRedactor(keys...)
	for _, s := range r.sources {
		s.hideAll(secrets)
		for _, at := range redactor.Spans(string(s.src)) {
			s.hide(span(at.Start, at.End))
		}
	}
	scrub := func(text string) string { return scrub(redactor.Secrets(text), secrets) }
	slices.SortStableFunc(r.found, r.compare)
	for i := range r.found {
		one := &r.found[i]
		if s := r.source(one.Range); s != nil {
			one.Snippet = s.snippet(*one.Range)
		}
		one.Summary = scrub(one.Summary)
		one.Detail = scrub(one.Detail)
		one.Address = scrub(one.Address)
		one.Path = scrub(one.Path)
	}
	return r.found
}

// allSecrets are the resolved keys, and the longer words with digits that the
// files hide: a key that a typing error kept from being resolved.
func (r *report) allSecrets() []string {
	const long = 8
	secrets := slices.Clone(r.secrets)
	for _, s := range r.sources {
		for _, word := range s.hiddenWords(long) {
			if looksRandom(word) && !plausibleVariable(word) {
				secrets = append(secrets, word)
			}
		}
	}
	// The longest first: one may contain another.
	slices.SortFunc(secrets, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	return slices.Compact(secrets)
}

func (r *report) compare(a, b exporter.Diagnostic) int {
	fileA, byteA := r.position(a.Range)
	fileB, byteB := r.position(b.Range)
	return cmp.Or(fileA-fileB, byteA-byteB)
}

func (r *report) position(at *exporter.Range) (file, offset int) {
	if s := r.source(at); s != nil {
		return s.order, at.Start.Byte
	}
	return math.MaxInt32, 0
}

// scrub hides secrets, and whatever has the shape of a key, in a text.
func scrub(text string, secrets []string) string {
	for _, secret := range secrets {
		text = strings.ReplaceAll(text, secret, exporter.Redacted)
	}
	return keyShape().ReplaceAllStringFunc(text, func(run string) string {
		if looksRandom(run) {
			return exporter.Redacted
		}
		return run
	})
}
