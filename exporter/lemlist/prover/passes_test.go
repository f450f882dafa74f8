package prover

import (
	"testing"

	"github.com/lemexport/lemexport/schema"
)

func rowsAt(ats map[string]int64) []Row {
	var rows []Row
	for id, at := range ats {
		rows = append(rows, Row{ID: schema.HashID(id), At: at})
	}
	return distinct(rows)
}

func TestPassesAgree(t *testing.T) {
	before := map[string]int64{"a": 10, "b": 20, "c": 30}
	for name, one := range map[string]struct {
		after map[string]int64
		want  bool
	}{
		"the same":                             {map[string]int64{"a": 10, "b": 20, "c": 30}, true},
		"a row moved after the first pass":     {map[string]int64{"a": 31, "b": 20, "c": 30}, true},
		"a row came after the first pass":      {map[string]int64{"a": 10, "b": 20, "c": 30, "d": 31}, true},
		"a row is gone":                        {map[string]int64{"a": 10, "c": 30}, false},
		"the first pass missed an old row":     {map[string]int64{"a": 10, "b": 20, "c": 30, "d": 15}, false},
		"the first pass missed an old version": {map[string]int64{"a": 15, "b": 20, "c": 30}, false},
		"a row as new as the newest before":    {map[string]int64{"a": 10, "b": 20, "c": 30, "d": 30}, false},
		"a row moved to the newest before":     {map[string]int64{"a": 30, "b": 20, "c": 30}, false},
		"a version went back":                  {map[string]int64{"a": 10, "b": 5, "c": 30}, false},
		"nothing":                              {nil, false},
	} {
		if got := agree(rowsAt(before), rowsAt(one.after)); got != one.want {
			t.Errorf("%s: %v", name, got)
		}
	}
	if !agree(nil, nil) || agree(nil, rowsAt(before)) {
		t.Error("an empty pass agrees with an empty pass only")
	}
}

// A row that comes twice stands where another should.
func TestPassesThatRepeatRowsProveNothing(t *testing.T) {
	p := newPasses()
	page := Page{asked: 1, total: new(int64(3)), Rows: []Row{{ID: schema.HashID("a"), At: 2}, {ID: schema.HashID("b"), At: 1}, {ID: schema.HashID("b"), At: 1}}}
	got := passesGoOn
	for got == passesGoOn {
		got = p.observe(page)
	}
	if got != passesFail || p.reason != "the API states 3 conversations and lists 2, twice the same" {
		t.Errorf("verdict %v, reason %q", got, p.reason)
	}
}
