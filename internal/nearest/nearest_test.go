package nearest_test

import (
	"strings"
	"testing"

	"github.com/lemexport/lemexport/internal/nearest"
)

func TestName(t *testing.T) {
	known := []string{"destination", "format", "id", "usr_Carol", "lz4", "plan", "inbox_conversations"}
	for _, test := range []struct{ rule, given, want string }{
		{"one letter is missing", "destnation", "destination"},
		{"two letters changed places", "fromat", "format"},
		{"two letters of a short name changed places", "plna", "plan"},
		{"a third of the letters is wrong", "farmad", "format"},
		{"more than a third is wrong", "fxrxax", ""},
		{"one wrong letter of a short name", "lz5", "lz4"},
		{"a name of which no letter is right", "x", ""},
		{"the case is ignored", "USR_CARL", "usr_Carol"},
		{"the first word is missing", "Conversations", "inbox_conversations"},
		{"half a word is missing", "versations", ""},
		{"nothing was given", "", ""},
		{"a text too long to compare", strings.Repeat("destination", 6), ""},
	} {
		if got := nearest.Name(test.given, known); got != test.want {
			t.Errorf("%s: %q suggests %q, want %q", test.rule, test.given, got, test.want)
		}
	}
	if got := nearest.Name("ab", []string{"abc", "ab"}); got != "ab" {
		t.Errorf("%q is nearer than the name itself", got)
	}
}
