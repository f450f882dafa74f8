package config

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/lemexport/lemexport/exporter"
)

// shortestSecret is the length from which a secret is searched for in files. A shorter one
// would hide half of every line.
const shortestSecret = 4

// report collects findings and turns them into diagnostics that show no secret.
type report struct {
	*findings
	// about are those that the findings are about; none when they are about all.
	about parts
}

// findings are those of one load.
type findings struct {
	sources []*source
	found   []finding
	secrets []string
	// broken says that a file could not be parsed.
	broken bool
	// json says that the configuration came from a program, as JSON.
	json bool
	// exportOptional allows a configuration without exports.
	exportOptional bool
	// secretsOptional makes it a warning that a value from outside the files is missing.
	secretsOptional bool
	// more counts the findings beyond maxFindings; worse says that there are errors
	// among them.
	more  int
	worse bool
}

// maxFindings is the largest number of findings that are shown.
const maxFindings = 20

// newJSONReport is a report about a configuration that a program passes.
func newJSONReport() *report {
	return &report{findings: &findings{json: true, exportOptional: true}}
}

// of is the report about some teams; one without a name is the only one.
func (r *report) of(teams ...string) *report {
	about := parts{noun: teamNoun}
	for _, name := range teams {
		if name != "" {
			about.names = append(about.names, name)
		}
	}
	return &report{r.findings, about}
}

// pair is the report about two teams that have something in common.
func (r *report) pair(first, second string) *report {
	return &report{r.findings, parts{noun: teamNoun, names: []string{first, second}, always: true}}
}

// element is the report about a part of a list or a map that holds several.
func (r *report) element(noun, name string) *report {
	return &report{r.findings, parts{noun: noun, names: []string{name}, always: true, anywhere: true}}
}

func newReport(files []File) *report {
	r := &report{findings: &findings{}}
	for i, file := range files {
		r.sources = append(r.sources, newSource(file, i))
	}
	return r
}

// fail adds an error about the part at; at is the zero place when there is no such part.
func (r *report) fail(at place, address, summary, detail string) {
	r.add(exporter.SeverityError, at, address, summary, detail)
}

// missing adds a finding about a value from outside the files that is not there.
func (r *report) missing(at place, address, summary, detail string) {
	if r.secretsOptional {
		r.warn(at, address, summary, detail+" What depends on it is not checked.")
		return
	}
	r.fail(at, address, summary, detail)
}

// warn adds a warning.
func (r *report) warn(at place, address, summary, detail string) {
	r.add(exporter.SeverityWarning, at, address, summary, detail)
}

func (r *report) add(severity exporter.Severity, at place, address, summary, detail string) {
	given := finding{about: r.about, Diagnostic: exporter.Diagnostic{
		Severity: severity, Summary: summary, Detail: detail, Address: address,
		Range: at.file, Path: string(at.pointer),
	}}
	if earlier := r.earlier(given); earlier != nil {
		earlier.add(r.about)
		return
	}
	if len(r.found) >= maxFindings {
		r.more++
		r.worse = r.worse || severity == exporter.SeverityError
		return
	}
	given.about.names = nil
	given.add(r.about)
	r.found = append(r.found, given)
}

// earlier is the finding that others had before; nil when it is the first of its kind.
func (r *report) earlier(given finding) *finding {
	if len(given.about.names) == 0 {
		return nil
	}
	for i := range r.found {
		if r.found[i].same(given) {
			return &r.found[i]
		}
	}
	for i := range r.found {
		if r.found[i].alike(given) {
			return &r.found[i]
		}
	}
	return nil
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

// form chooses the words for the form that the configuration has at a place.
func (r *report) form(at place, hcl, json string) string {
	if r.json || at.file != nil && isJSON(at.file.Filename) {
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
// attaches the quoted source and scrubs the texts. The configuration has so many teams.
func (r *report) finish(teams int) exporter.Diagnostics {
	if len(r.found) == 0 {
		return nil
	}
	if r.more > 0 {
		last := exporter.Diagnostic{Severity: exporter.SeverityWarning, Summary: "Too many findings", Detail: fmt.Sprintf("%d more findings are not shown. Fix these first.", r.more)}
		if r.worse {
			last.Severity = exporter.SeverityError
		}
		r.found = append(r.found, finding{Diagnostic: last})
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
	scrub := func(text string) string { return scrub(text, redactor, secrets) }
	slices.SortStableFunc(r.found, r.compare)
	diags := make(exporter.Diagnostics, 0, len(r.found))
	for _, found := range r.found {
		one := found.Diagnostic
		if s := r.source(one.Range); s != nil {
			one.Snippet = s.snippet(*one.Range)
		}
		one.Summary = scrub(one.Summary)
		one.Detail = scrub(one.Detail + found.concerns(teams))
		one.Address = scrub(one.Address)
		one.Path = scrub(one.Path)
		diags = append(diags, one)
	}
	return diags
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

func (r *report) compare(a, b finding) int {
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

// unlikeWords reports whether a part of a secret is no word that a sentence could have for
// another reason: it has digits, or is longer than the names of tables.
func unlikeWords(part string) bool {
	const shortest, longestWord = 8, 19
	return len(part) >= shortest && strings.ContainsAny(part, "0123456789") || len(part) > longestWord
}

// scrub hides secrets, and whatever has the shape of a key, in a sentence. Its own words stay,
// whatever the secrets are.
func scrub(text string, redactor *exporter.Redactor, secrets []string) string {
	spans := redactor.Spans(text)
	for _, secret := range secrets {
		for from := 0; ; {
			i := strings.Index(text[from:], secret)
			if i < 0 {
				break
			}
			spans = append(spans, span(from+i, from+i+len(secret)))
			from += i + len(secret)
		}
	}
	spans = slices.DeleteFunc(exporter.MergeSpans(spans), func(one exporter.TextSpan) bool { return !unlikeWords(text[one.Start:one.End]) })
	for _, one := range slices.Backward(spans) {
		text = text[:one.Start] + exporter.Redacted + text[one.End:]
	}
	return keyShape().ReplaceAllStringFunc(text, func(run string) string {
		if looksRandom(run) {
			return exporter.Redacted
		}
		return run
	})
}
