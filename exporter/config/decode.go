package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/lemexport/lemexport/exporter"
)

// The parser recurses, so what it is given is bounded.
const (
	maxFileSize  = 64 << 10 // bytes
	maxNesting   = 100      // brackets, quotes and heredocs inside one another
	maxOperators = 1000     // in a file; each may be a level of recursion
)

// decode parses the files. The blocks that it returns have no values yet.
func (d *decoder) decode(files []File) []*draft {
	var bodies []*hclsyntax.Body
	for _, file := range files {
		if body := parse(file, d.report); body != nil {
			bodies = append(bodies, body)
		}
	}
	d.named = slices.ContainsFunc(bodies, hasNamedSource)
	var drafts []*draft
	for _, body := range bodies {
		for _, a := range byPosition(body.Attributes) {
			d.report.fail(inFile(a.NameRange), a.Name, fmt.Sprintf("Attribute %q outside a block", a.Name),
				"Attributes belong inside a source or an export block. Move it there."+blockHint(a.Name, topBlocks()))
		}
		for _, b := range body.Blocks {
			drafts = append(drafts, d.draft(b, "", d.teamsIn(b)))
		}
	}
	return drafts
}

// hasNamedSource reports whether a source in a file has a name, or one for each team.
func hasNamedSource(body *hclsyntax.Body) bool {
	return slices.ContainsFunc(body.Blocks, func(b *hclsyntax.Block) bool {
		return b.Type == sourceName && (len(b.Labels) > 1 || b.Body.Attributes[forEachName] != nil)
	})
}

// teamsIn reports whether the values of a block may depend on the team.
func (d *decoder) teamsIn(b *hclsyntax.Block) bool {
	switch b.Type {
	case sourceName:
		return b.Body.Attributes[forEachName] != nil
	case exportName:
		return d.named
	default:
		return false
	}
}

// parse returns the body of a file, or nil when its syntax is wrong.
func parse(file File, report *report) *hclsyntax.Body {
	if problem := tooBig(file); problem != nil {
		report.found = append(report.found, finding{Diagnostic: *problem})
		report.broken = true
		return nil
	}
	parsed, diags := hclsyntax.ParseConfig(file.Bytes, file.Name, hcl.InitialPos)
	for _, diag := range diags {
		hclReport{report}.syntax(diag)
	}
	if diags.HasErrors() {
		report.broken = true
		return nil
	}
	body, ok := parsed.Body.(*hclsyntax.Body)
	if !ok {
		return nil
	}
	return body
}

// tooBig guards the parser.
func tooBig(file File) *exporter.Diagnostic {
	if len(file.Bytes) > maxFileSize {
		return &exporter.Diagnostic{
			Severity: exporter.SeverityError,
			Summary:  "Configuration file is too large",
			Detail:   fmt.Sprintf("%s has %d bytes, the limit is %d. Is it a configuration file?", file.Name, len(file.Bytes), maxFileSize),
		}
	}
	tokens, _ := hclsyntax.LexConfig(file.Bytes, file.Name, hcl.InitialPos)
	depth, operators := 0, 0
	for _, token := range tokens {
		if depth += nesting(token.Type); depth > maxNesting {
			return &exporter.Diagnostic{
				Severity: exporter.SeverityError,
				Summary:  "Nested too deeply",
				Detail:   fmt.Sprintf("More than %d brackets or quotes are open here. Close them, or nest less deeply.", maxNesting),
				Range:    inFile(token.Range).file,
			}
		}
		if isOperator(token.Type) {
			operators++
		}
		if operators > maxOperators {
			return &exporter.Diagnostic{
				Severity: exporter.SeverityError,
				Summary:  "Too many operators",
				Detail:   fmt.Sprintf("A configuration file may contain at most %d operators. Write the values out.", maxOperators),
				Range:    inFile(token.Range).file,
			}
		}
	}
	return nil
}

func isOperator(t hclsyntax.TokenType) bool {
	return strings.ContainsRune("!?-+*/%<>≤≥≔≠∧∨.", rune(t)) // token types are such runes
}

// byPosition gives attributes an order; HCL keeps them in a map.
func byPosition(attributes hclsyntax.Attributes) []*hclsyntax.Attribute {
	ordered := make([]*hclsyntax.Attribute, 0, len(attributes))
	for _, a := range attributes {
		ordered = append(ordered, a)
	}
	slices.SortFunc(ordered, func(a, b *hclsyntax.Attribute) int {
		return cmp.Compare(a.NameRange.Start.Byte, b.NameRange.Start.Byte)
	})
	return ordered
}
