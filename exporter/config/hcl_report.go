package config

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty/function"

	"github.com/lemexport/lemexport/exporter"
)

// backslashHint says how to write a backslash in quotes.
const backslashHint = `In quotes, a backslash begins an escape sequence such as \n. In a path of Windows write slashes, as in "C:/lake", or two backslashes for each, as in "C:\\lake" and "\\\\server\\share".`

// hclReport adds what HCL finds to a report, without its explanation where that could
// repeat a secret.
type hclReport struct{ *report }

// withheld replaces HCL's own explanation where it could repeat the key.
const withheld = "This text is not shown because it may contain the API key. Check the quotes and brackets; the usual form is: api_key = env(\"LEMLIST_API_KEY\")."

// syntax adds a finding of HCL's parser. Its summaries are constant; its details
// may quote the file.
func (r hclReport) syntax(diag *hcl.Diagnostic) {
	at := subject(diag)
	detail := diag.Detail
	if s := r.source(at.file); s != nil && s.touches(*at.file) {
		if slices.ContainsFunc(s.hiddenWords(3), func(word string) bool { return strings.Contains(detail, word) }) {
			detail = withheld
		}
	}
	if diag.Summary == "Invalid escape sequence" && detail != withheld {
		detail += " " + backslashHint
	}
	// After one missing quote, HCL reports every later line.
	for _, earlier := range r.found {
		if earlier.Summary == diag.Summary && at.file != nil && earlier.Range != nil && earlier.Range.Filename == at.file.Filename {
			return
		}
	}
	r.add(severity(diag), at, "", diag.Summary, detail)
}

// evaluation adds a finding about the expression of an attribute. HCL's details
// can repeat values; they are kept only where no value is from outside the file.
func (r hclReport) evaluation(diag *hcl.Diagnostic, a *attribute, known map[string]function.Function, outside bool) {
	at := subject(diag)
	s := r.source(at.file)
	sensitive := s != nil && s.touches(*at.file)

	if unset, ok := callError[*envError](diag); ok {
		if diag.Context != nil {
			at = inFile(*diag.Context)
		}
		r.unset(unset, at, a, sensitive)
		return
	}
	if missing, ok := callError[*fileError](diag); ok {
		if diag.Context != nil {
			at = inFile(*diag.Context)
		}
		name := missing.name
		if s := r.source(at.file); s != nil && s.touches(*at.file) && !plausiblePath(name) {
			name = exporter.Redacted
		}
		r.missing(at, a.address, missing.summary, fmt.Sprintf(missing.detail, name))
		return
	}
	if call, ok := hcl.DiagnosticExtra[hclsyntax.FunctionCallDiagExtra](diag); ok && call.CalledFunctionName() == "try" {
		r.fail(at, a.address, "Invalid function call", "try: none of its arguments has a value. Give it one that has, for instance a text at the end.")
		return
	}
	if usage, ok := callError[usageError](diag); ok {
		r.fail(at, a.address, "Invalid function call", string(usage))
		return
	}
	if unknown, ok := hcl.DiagnosticExtra[hclsyntax.FunctionCallUnknownDiagExtra](diag); ok && !sensitive {
		name := unknown.CalledFunctionNamespace() + unknown.CalledFunctionName()
		names := functionNames(known)
		r.fail(at, a.address, fmt.Sprintf("Unknown function %q", shorten(name)),
			"The functions are "+list(names, "and")+"."+didYouMean(name, names))
		return
	}
	detail := diag.Detail
	switch {
	case outside && (diag.Summary == "Unsupported attribute" || diag.Summary == "Missing map element"): // HCL has no other mark
		detail = "The value has no attribute of this name. Give it one, or write a default: try(each.value.users, null)."
	case sensitive:
		detail = withheld
	case outside:
		detail = "The value cannot be computed. HCL's explanation is not shown because it could contain a value from outside the file. Check the arguments of the functions."
	}
	r.add(severity(diag), at, a.address, diag.Summary, detail)
}

// callError finds the error of type E that one of our functions failed with.
func callError[E error](diag *hcl.Diagnostic) (E, bool) {
	call, ok := hcl.DiagnosticExtra[hclsyntax.FunctionCallDiagExtra](diag)
	if !ok {
		var none E
		return none, false
	}
	return errors.AsType[E](call.FunctionCallError())
}

// unset says that a variable has no value. The name is not shown where it could
// be the key itself: env("3f2a…") is an easy slip.
func (r hclReport) unset(unset *envError, at place, a *attribute, sensitive bool) {
	address, state := a.address, "is not set"
	if unset.set {
		state = "is set but empty"
	}
	switch {
	case unset.name == "":
		r.fail(at, address, "Environment variable without a name", "env() needs the name of a variable, for instance env(\"LEMLIST_API_KEY\").")
	case sensitive && !plausibleVariable(unset.name):
		r.fail(at, address, "Environment variable "+state,
			"env() takes the name of an environment variable, and this text is not such a name. It is not shown because it may be the key itself. "+
				"Run: export LEMLIST_API_KEY=…, and write env(\"LEMLIST_API_KEY\").")
	case a.perTeam: // each team may have another one
		r.missing(at, address, "Environment variable "+state,
			fmt.Sprintf("Give %s a value before you run lemexport.", shorten(unset.name)))
	default:
		name := shorten(unset.name)
		r.missing(at, address, fmt.Sprintf("Environment variable %s %s", name, state),
			fmt.Sprintf("Give it a value before you run lemexport: export %s=…", name))
	}
}

// unquoted reports a bare word, which HCL takes for a variable.
func (r hclReport) unquoted(name hcl.Traversal, a *attribute) {
	at := inFile(name.SourceRange())
	if s := r.source(at.file); s != nil && s.touches(*at.file) {
		r.fail(at, a.address, "Text without quotes", "A value needs double quotes. For the API key, write env(\"LEMLIST_API_KEY\").")
		return
	}
	if a.name == sourceName {
		r.fail(at, a.address, "Text without quotes", "Name the source by its second label, in quotes: source = \"acme\" for source \"lemlist\" \"acme\".")
		return
	}
	word := shorten(name.RootName())
	r.fail(at, a.address, "Text without quotes",
		fmt.Sprintf("%s is not a value. Write %q for the text, var.%s for a variable of the configuration, or env(%q) for an environment variable.", word, word, word, word))
}

// unknownName reports a variable or a local that is not declared.
func (r hclReport) unknownName(name hcl.Traversal, a *attribute, names names) {
	at := inFile(name.SourceRange())
	root := name.RootName()
	known, kind, how := slices.Sorted(maps.Keys(names.variables)), "variable", "variable %q {}"
	if root == localName {
		known, kind, how = slices.Sorted(maps.Keys(names.locals)), "local", "locals { %s = … }"
	}
	step := hcl.TraverseAttr{}
	if len(name) > 1 {
		step, _ = name[1].(hcl.TraverseAttr)
	}
	if s := r.source(at.file); step.Name == "" || s != nil && s.touches(*at.file) {
		r.fail(at, a.address, "Unknown "+kind, fmt.Sprintf("Write %s.NAME with the name of a %s that the configuration declares.", root, kind))
		return
	}
	r.fail(at, a.address, fmt.Sprintf("Unknown %s %q", kind, shorten(step.Name)),
		fmt.Sprintf("The configuration does not declare it. Declare it: "+how+".", shorten(step.Name))+didYouMean(step.Name, known))
}

// eachOutside reports each where there is no for_each.
func (r hclReport) eachOutside(name hcl.Traversal, a *attribute) {
	detail := "each stands for one of several teams. Only source and export blocks can use it. Write the value out, or move it to such a block."
	block, _, _ := strings.Cut(a.address, ".")
	switch {
	case a.name == forEachName:
		detail = "for_each says which teams there are, so it cannot refer to one of them."
	case a.name == sourceName:
		detail = "source says whose teams an export reads, so it cannot refer to one of them. Write the name of a source, or remove the attribute to read all sources."
	case block == sourceName:
		detail = "each stands for one of several teams, and this source reads one. Add for_each, a map of names and keys, to the block, or write the value out."
	case block == exportName:
		detail = "each stands for one of several teams, and the team of this configuration has no name. Name it in the source block, source \"lemlist\" \"acme\", or add for_each there for several teams."
	}
	r.fail(inFile(name.SourceRange()), a.address, "each without for_each", detail)
}

// unknownEach reports a part that each does not have.
func (r hclReport) unknownEach(name hcl.Traversal, a *attribute) {
	r.fail(inFile(name.SourceRange()), a.address, "Unknown part of each", "each has two parts: each.key, the name of the team, and each.value.")
}

// noTeamValue reports each.value for a team that has only a name.
func (r hclReport) noTeamValue(at place, a *attribute) {
	r.fail(at, a.address, "each.value without for_each", "The source has a name and no for_each, so that each.key is its name and there is no value. Use each.key.")
}

func subject(diag *hcl.Diagnostic) place {
	if diag.Subject == nil {
		return place{}
	}
	return inFile(*diag.Subject)
}

func severity(diag *hcl.Diagnostic) exporter.Severity {
	if diag.Severity == hcl.DiagWarning {
		return exporter.SeverityWarning
	}
	return exporter.SeverityError
}

// shorten keeps a quoted text from filling the screen.
func shorten(text string) string {
	const longest = 60
	runes := []rune(text)
	if len(runes) <= longest {
		return text
	}
	return string(runes[:longest]) + "…"
}
