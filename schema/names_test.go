package schema

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestNamesAreBounded(t *testing.T) {
	var names Names
	if names.List() != nil {
		t.Error("an empty set has a list")
	}
	for i := range 3 * MostNames {
		name := fmt.Sprintf("name%04d", i)
		if first := names.Add(name); first != (i < MostNames) || names.Add(name) {
			t.Fatalf("%s is taken: %t", name, first)
		}
	}
	list := names.List()
	if len(list) != MostNames+1 || list[0] != "name0000" || list[MostNames-1] != "name0999" || list[MostNames] != MoreNames || !slices.IsSorted(list) {
		t.Errorf("%d names, %q to %q", len(list), list[0], list[len(list)-1])
	}
	var joined Names
	joined.Add(MoreNames)
	joined.Add("a")
	if got := joined.List(); !slices.Equal(got, []string{"a", MoreNames}) {
		t.Errorf("%q", got)
	}
}

func TestLongNamesAreCut(t *testing.T) {
	for name, want := range map[string]string{
		strings.Repeat("a", 100): strings.Repeat("a", 100),
		strings.Repeat("a", 101): `"` + strings.Repeat("a", 100) + `…"`,
		strings.Repeat("€", 50):  `"` + strings.Repeat("€", 33) + `…"`,
		"a\U000F4C03":            `"a\U000f4c03"`,
	} {
		if got := QuoteName(name); got != want {
			t.Errorf("%q: %s, want %s", name, got, want)
		}
	}
}
