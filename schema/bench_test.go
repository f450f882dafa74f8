package schema

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"

	"github.com/apache/arrow/go/v15/arrow/memory"
)

// A page of 100 conversations as the API documents them, and the same with
// two keys the table does not have.
func BenchmarkDecode(b *testing.B) {
	documented, err := os.ReadFile("../testdata/get-many-inboxes.json")
	if err != nil {
		b.Fatal(err)
	}
	var page struct {
		Data []json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(documented, &page); err != nil {
		b.Fatal(err)
	}
	const conversations = 100
	for _, variant := range []struct{ name, more string }{
		{"documented", ""},
		{"unknown keys", `,"someNewField":{"a":[1,2]},"another":"value"`},
	} {
		rows := make([]string, conversations)
		for i := range rows {
			var row bytes.Buffer
			if err := json.Compact(&row, page.Data[i%len(page.Data)]); err != nil {
				b.Fatal(err)
			}
			rows[i] = string(bytes.TrimSuffix(row.Bytes(), []byte("}"))) + variant.more + "}"
		}
		body := pageOf(rows...)
		b.Run(variant.name, func(b *testing.B) {
			decoder := NewDecoder(InboxConversations(), memory.DefaultAllocator)
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				page, err := decoder.Decode(body, fetched)
				if err != nil {
					b.Fatal(err)
				}
				page.Record.Release()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*conversations), "ns/conversation")
		})
	}
}
