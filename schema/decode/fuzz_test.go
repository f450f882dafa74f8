package decode

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow/memory"
	"pgregory.net/rapid"

	"github.com/lemexport/lemexport/schema"
)

// checkPage decodes a body and compares with encoding/json: what is a page is
// JSON, and its rows have the values; what is said to be no JSON is none. And
// the fast path and the careful one agree.
func checkPage(body []byte) (err error) {
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer func() {
		if left := mem.CurrentAlloc(); err == nil && left != 0 {
			err = fmt.Errorf("%d bytes are not freed", left)
		}
	}()
	text := bytes.TrimPrefix(body, []byte("\xEF\xBB\xBF"))
	page, err := NewDecoder(schema.InboxConversations(), mem).Decode(body, fetched)
	if err != nil {
		broken, ok := errors.AsType[*PageError](err)
		if !ok || broken.Offset < 0 || broken.Offset > int64(len(body)) {
			return fmt.Errorf("no PageError inside the body: %w", err)
		}
		switch broken.Reason {
		case "the JSON is cut off", "malformed JSON", "the JSON is nested 10,000 levels deep or more", "something follows the JSON object":
			if json.Valid(text) {
				return fmt.Errorf("valid JSON: %w", err)
			}
		}
		return nil
	}
	defer page.Record.Release()
	if !json.Valid(text) {
		return errors.New("a page that is no JSON")
	}
	var envelope map[string]json.RawMessage
	if err := json.Unmarshal(text, &envelope); err != nil {
		return err
	}
	var rows []json.RawMessage
	if err := json.Unmarshal(envelope["data"], &rows); err != nil {
		return err
	}
	if len(rows) != int(page.Record.NumRows()) {
		return fmt.Errorf("%d rows of %d", page.Record.NumRows(), len(rows))
	}
	for i, row := range rows {
		if err := checkRow(row, page.Record, i); err != nil {
			return err
		}
	}
	return sameCarefully(page, text)
}

// examplePages are the documented page and one of the simulated API.
func examplePages(t testing.TB) (pages [][]byte) {
	t.Helper()
	for _, name := range []string{"../../testdata/get-many-inboxes.json", "../../exporter/lemlist/sim/testdata/page.golden.json"} {
		page, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		pages = append(pages, page)
	}
	return pages
}

func TestMutatedPages(t *testing.T) {
	pages := examplePages(t)
	pieces := rapid.SampledFrom([]string{
		`{`, `}`, `[`, `]`, `,`, `:`, `"`, `\`, `\u`, `\ud83d`, `\udc00`, `\n`, `null`, `true`, `false`, `0`, `-`, `1e5`, `.5`, ` `, "\n", "\x00", "\x1f", "\x7f",
		"\xff", "\xc3", "\xed\xa0\x80", `é`, `😀`, `""`, `"_id":`, `"teamId":"x",`, `"users":[`, `"contact":{`, `"x":1,`, `"":null,`, `"role":[ ]`, `"a/b":{},`,
		`"$binary":1`, `{"$literal":2}`, `"data":[],`, `"opportunities":[{"x":1,"x":2}],`, `"2024-12-17T09:42:32+01:00"`, `0123456789abcdef`,
	})
	rapid.Check(t, func(t *rapid.T) {
		body := slices.Clone(rapid.SampledFrom(pages).Draw(t, "page"))
		for range rapid.IntRange(1, 3).Draw(t, "mutations") {
			at := rapid.IntRange(0, len(body)-1)
			i := at.Draw(t, "place")
			switch rapid.IntRange(0, 3).Draw(t, "mutation") {
			case 0:
				body[i] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
			case 1:
				body = slices.Delete(body, i, min(len(body)-1, i+rapid.IntRange(1, 20).Draw(t, "length")))
			case 2:
				body = slices.Insert(body, i, []byte(pieces.Draw(t, "piece"))...)
			case 3:
				piece := slices.Clone(body[i:min(len(body), i+rapid.IntRange(1, 60).Draw(t, "length"))])
				body = slices.Insert(body, at.Draw(t, "other place"), piece...)
			}
		}
		if err := checkPage(body); err != nil {
			t.Fatalf("%v\nof %q", err, body)
		}
	})
}

func FuzzDecode(f *testing.F) {
	for _, page := range examplePages(f) {
		f.Add(page)
		f.Add(page[:len(page)/2])
	}
	f.Add([]byte("<html></html>"))
	f.Add([]byte("\xEF\xBB\xBF{}"))
	f.Add(pageOf())
	f.Add(pageOf(`{"_id":"a"}`, "\x7f\"_id\":\"b\"}"))
	f.Add(pageOf(`null{"_id":"a"}`))
	f.Add(pageOf(`{"_id":"a","contact":{},"":null}`))
	f.Add(pageOf(`{"_id":"a","users":[{"role":1},2],"contact":"x","/a":1,"teamId":"\ud800","teamId":1}`))
	f.Add(pageOf(`{"_id":"a","opportunities":[{"done":null}],"createdAt":"2024-12-17T09:42:32.1234567+01:00"}`, `{"_id":"b"}`))
	f.Add(pageOf("{\"_id\":\"a\",\"\xff\":1,\"\xfe\":[1e400],\"n\":{\"$binary\":\"\xff\"},\"channels\":[\"\xff\",null,{}]}"))
	f.Fuzz(func(t *testing.T, body []byte) {
		if err := checkPage(body); err != nil {
			t.Fatal(err)
		}
	})
}

func TestDepthIsLimitedAsInTheStandardLibrary(t *testing.T) {
	for depth := maxDepth - 7; depth <= maxDepth+1; depth++ {
		deep := `"x":` + strings.Repeat("[", depth) + strings.Repeat("]", depth)
		for _, body := range []string{
			string(pageOf(`{"_id":"a",` + deep + `}`)),
			string(pageOf(`{"_id":"a","_id":"b",` + deep + `}`)),
			string(pageOf(`{"_id":"a","contact":{` + deep + `}}`)),
			string(pageOf(`{"_id":"a","users":[{},{` + deep + `}]}`)),
			`{` + deep + `,` + string(pageOf())[1:],
			strings.TrimSuffix(string(pageOf()), `}}`) + `,` + deep + `}}`,
		} {
			page, err := NewDecoder(schema.InboxConversations(), memory.DefaultAllocator).Decode([]byte(body), fetched)
			if err == nil {
				page.Record.Release()
			}
			if valid := json.Valid([]byte(body)); valid != (err == nil) {
				t.Errorf("valid: %v, %d brackets after %.60s: %v", valid, depth, body, err)
			}
		}
	}
}
