package schema_test

import (
	"testing"

	"github.com/apache/arrow/go/v15/arrow/util"

	"github.com/lemexport/lemexport/internal/test/recordtest"
	"github.com/lemexport/lemexport/schema"
)

func TestTheSizeOfARecordIsThatOfItsBuffers(t *testing.T) {
	for _, table := range schema.Tables() {
		parts, _ := recordtest.Parts(table, 100)
		whole := parts[0]
		if got, want := schema.RecordSize(whole), int(util.TotalRecordSize(whole)); got != want {
			t.Errorf("%s: %d bytes, want %d", table.Name, got, want)
		}
		if got, want := schema.RecordSize(whole.NewSlice(10, 20)), schema.RecordSize(whole); got != want {
			t.Errorf("%s: a slice is %d bytes, and keeps %d in memory", table.Name, got, want)
		}
	}
}
