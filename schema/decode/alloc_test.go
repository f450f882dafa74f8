//go:build !race

package decode

import (
	"fmt"
	"testing"

	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/lemexport/lemexport/schema"
)

// The race detector allocates too, so this runs without it.
func TestSteadyStateAllocatesLittle(t *testing.T) {
	const rows, pages = 100, 50
	conversations := make([]string, rows)
	for i := range conversations {
		conversations[i] = fmt.Sprintf(`{"_id":"ibx_%d","teamId":"tea_1","createdAt":"2024-12-17T09:42:32.971Z","x":%d,"contact":{"y":"\n"},"users":[{"userId":"usr_1"}]}`, i, i)
	}
	body := pageOf(conversations...)
	decoder := NewDecoder(schema.InboxConversations(), memory.DefaultAllocator)
	allocations := testing.AllocsPerRun(5, func() {
		for range pages {
			if _, err := decoder.Append(body, fetched); err != nil {
				t.Fatal(err)
			}
		}
		decoder.Take().Release()
	})
	if each := allocations / (rows * pages); each > 0.1 {
		t.Errorf("%.3f allocations per conversation", each)
	}
}
