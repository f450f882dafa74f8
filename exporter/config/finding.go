package config

import (
	"fmt"
	"strings"

	"github.com/dustin/go-humanize"

	"github.com/lemexport/lemexport/exporter"
)

// finding is what is wrong or odd, for all teams or for some.
type finding struct {
	exporter.Diagnostic
	// about are the first of those that it was found for.
	about parts
	// seen are all of them.
	seen map[string]bool
}

// parts are teams, or elements of a list or a map, as a sentence names them.
type parts struct {
	noun  string
	names []string
	// always says that they are named even when they are all that there are.
	always bool
	// anywhere says that they have places of their own, and are still one finding.
	anywhere bool
}

// list are the names as they are shown; that of a team may be a key by mistake.
func (p parts) list() []string {
	if p.noun != teamNoun {
		return p.names
	}
	shown := make([]string, len(p.names))
	for i, name := range p.names {
		shown[i] = quotedName(name)
	}
	return shown
}

// teamNoun is the noun of teams.
const teamNoun = "team"

// maxNamed is the largest number of parts that a finding names.
const maxNamed = 3

// same reports whether another part had the same finding.
func (f *finding) same(other finding) bool {
	return len(f.seen) > 0 && f.about.noun == other.about.noun && (f.samePlace(other) || f.about.anywhere && other.about.anywhere) &&
		f.Severity == other.Severity && f.Summary == other.Summary && f.Detail == other.Detail
}

// alike reports whether a finding differs from that of another part in its words only: they
// name values, which each team has for itself. A part may have several findings in one place.
func (f *finding) alike(other finding) bool {
	return len(f.seen) > 0 && f.about.noun == other.about.noun && f.samePlace(other) &&
		f.Severity == other.Severity && f.Summary == other.Summary && !f.seen[other.about.names[0]]
}

func (f *finding) samePlace(other finding) bool {
	return f.Range == other.Range || f.Range != nil && other.Range != nil && *f.Range == *other.Range
}

// add counts the parts that a finding is about.
func (f *finding) add(more parts) {
	for _, name := range more.names {
		if f.seen[name] {
			continue
		}
		if f.seen == nil {
			f.seen = make(map[string]bool)
		}
		f.seen[name] = true
		if len(f.about.names) < maxNamed {
			f.about.names = append(f.about.names, name)
		}
	}
}

// concerns names the parts of a finding that is not about all of so many teams.
func (f *finding) concerns(teams int) string {
	if len(f.seen) == 0 || len(f.seen) >= teams && !f.about.always {
		return ""
	}
	names, noun := f.about.list(), f.about.noun
	if noun == teamNoun {
		noun = "the " + noun
	}
	switch more := len(f.seen) - len(names); {
	case len(names) == 1:
		return fmt.Sprintf(" This concerns %s %s.", noun, names[0])
	case more == 0:
		return fmt.Sprintf(" This concerns %ss %s and %s.", noun, strings.Join(names[:len(names)-1], ", "), names[len(names)-1])
	default:
		return fmt.Sprintf(" This concerns %ss %s and %s more.", noun, strings.Join(names, ", "), humanize.Comma(int64(more)))
	}
}
