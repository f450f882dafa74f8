package schema

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"testing"

	"github.com/apache/arrow/go/v15/arrow/memory"
)

func FuzzDecode(f *testing.F) {
	documented, err := os.ReadFile("../testdata/get-many-inboxes.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(documented)
	f.Add(documented[:len(documented)/2])
	simulated, err := os.ReadFile("../exporter/lemlist/sim/testdata/page.golden.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(simulated)
	f.Add([]byte("<html></html>"))
	f.Add([]byte("\xEF\xBB\xBF{}"))
	f.Add(pageOf())
	f.Add(pageOf(`{"_id":"a","users":[{"role":1},2],"contact":"x","/a":1,"teamId":"\ud800","teamId":1}`))
	f.Add(pageOf(`{"_id":"a","opportunities":[{"done":null}],"createdAt":"2024-12-17T09:42:32.1234567+01:00"}`, `{"_id":"b"}`))
	f.Add(pageOf("{\"_id\":\"a\",\"\xff\":1,\"\xfe\":[1e400],\"n\":{\"$binary\":\"\xff\"},\"channels\":[\"\xff\",null,{}]}"))
	f.Fuzz(func(t *testing.T, body []byte) {
		mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
		defer mem.AssertSize(t, 0)
		page, err := NewDecoder(InboxConversations(), mem).Decode(body, fetched)
		if err != nil {
			broken, ok := errors.AsType[*PageError](err)
			if !ok || broken.Offset < 0 || broken.Offset > int64(len(body)) {
				t.Fatalf("no PageError inside the body: %v", err)
			}
			switch broken.Reason {
			case "the JSON is cut off", "malformed JSON", "the JSON is nested 10,000 levels deep or more", "something follows the JSON object":
				if json.Valid(bytes.TrimPrefix(body, []byte("\xEF\xBB\xBF"))) {
					t.Errorf("valid JSON: %v", err)
				}
			}
			return
		}
		defer page.Record.Release()
		body = bytes.TrimPrefix(body, []byte("\xEF\xBB\xBF"))
		if !json.Valid(body) {
			t.Fatal("a page that is no JSON")
		}
		var envelope map[string]json.RawMessage
		if err := json.Unmarshal(body, &envelope); err != nil {
			t.Fatal(err)
		}
		var rows []json.RawMessage
		if err := json.Unmarshal(envelope["data"], &rows); err != nil {
			t.Fatal(err)
		}
		if len(rows) != int(page.Record.NumRows()) {
			t.Fatalf("%d rows of %d", page.Record.NumRows(), len(rows))
		}
		for i, row := range rows {
			if err := checkRow(row, page.Record, i); err != nil {
				t.Fatal(err)
			}
		}
		if err := sameCarefully(page, body); err != nil {
			t.Fatal(err)
		}
	})
}
