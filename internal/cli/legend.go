package cli

import "strings"

// The terms that outputs use and explain.
const (
	termSuperseded = "superseded"
	termFullProof  = "full proof"
)

// meaning explains a term, or a method by which an export is proven complete, in a clause;
// "" for a word that needs no explanation.
func meaning(term string) string {
	switch term {
	case termSuperseded:
		return "rows dropped because a newer version of them was read"
	case termFullProof:
		return "everything was read from the first page to the last and proven complete; other runs read only what is newer"
	case "seams+sweep":
		return "the pages join without a gap, and a last read from the top showed no other change"
	case "sweep-since":
		return "everything newer than an earlier proof was read, and a last read from the top showed no other change"
	case "two-equal-passes":
		return "two reads in a row, each from top to bottom, showed the same rows"
	case "single-page":
		return "every list fits on one page"
	case "single response":
		return "the API returns the whole list in one response"
	}
	return ""
}

// legend explains terms, one a line; unknown ones are left out. A term may be several
// methods with commas between them.
func legend(terms ...string) string {
	var out strings.Builder
	for _, term := range terms {
		for one := range strings.SplitSeq(term, ", ") {
			if text := meaning(one); text != "" {
				out.WriteString(dim(one+": "+text+".") + "\n")
			}
		}
	}
	return out.String()
}
