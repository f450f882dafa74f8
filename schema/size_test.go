package schema

import (
	"fmt"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/apache/arrow/go/v15/arrow/util"
)

func TestTheSizeOfARecordIsThatOfItsBuffers(t *testing.T) {
	var rows []string
	for i := range 100 {
		rows = append(rows, fmt.Sprintf(`{"id":"ibx_%d","channels":["email","linkedin"],"contact":{"full_name":"Ada"},"is_your_turn":true,"fetched_at":"2026-01-01T00:00:00Z"}`, i))
	}
	whole, _, err := array.RecordFromJSON(memory.DefaultAllocator, InboxConversations().Arrow(), strings.NewReader("["+strings.Join(rows, ",")+"]"))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := RecordSize(whole), int(util.TotalRecordSize(whole)); got != want {
		t.Errorf("%d bytes, want %d", got, want)
	}
	if got, want := RecordSize(whole.NewSlice(10, 20)), RecordSize(whole); got != want {
		t.Errorf("a slice is %d bytes, and keeps %d in memory", got, want)
	}
}
