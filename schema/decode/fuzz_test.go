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

// checkBody decodes a body and compares with encoding/json: a response is JSON, and its
// rows have the values; a body that is said to be malformed is not JSON. And the fast
// path and the slow path agree.
func checkBody(table *schema.Table, body []byte) (err error) {
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer func() {
		if left := mem.CurrentAlloc(); err == nil && left != 0 {
			err = fmt.Errorf("%d bytes are not freed", left)
		}
	}()
	text := bytes.TrimPrefix(body, []byte("\xEF\xBB\xBF"))
	page, err := NewDecoder(table, mem).Decode(body, fetched)
	if err != nil {
		broken, ok := errors.AsType[*PageError](err)
		if !ok || broken.Offset < 0 || broken.Offset > int64(len(body)) {
			return fmt.Errorf("an error other than a PageError inside the body: %w", err)
		}
		switch broken.Reason {
		case "the JSON is cut off", "malformed JSON", "the JSON is nested 10,000 levels deep or more", "something follows the JSON object", "something follows the JSON array":
			if json.Valid(text) {
				return fmt.Errorf("valid JSON: %w", err)
			}
		}
		return nil
	}
	defer page.Record.Release()
	if !json.Valid(text) {
		return errors.New("a response that is not JSON")
	}
	rows, teamID, err := sentRows(table, text)
	if err != nil {
		return err
	}
	if len(rows) != int(page.Record.NumRows()) {
		return fmt.Errorf("%d rows of %d", page.Record.NumRows(), len(rows))
	}
	for i, row := range rows {
		if err := checkRow(table, row, page.Record, i); err != nil {
			return err
		}
		if got := rowOf(page.Record, i)["team_id"]; table.Request.Envelope == schema.EnvelopeTeam && got != teamID {
			return fmt.Errorf("team_id is %v, sent %s", got, teamID)
		}
	}
	return checkAgainstSlowPath(table, page, text)
}

// examples are the documented page of conversations, and responses of the simulated API.
func examples(t testing.TB, table *schema.Table) (bodies [][]byte) {
	t.Helper()
	const simulated = "../../exporter/lemlist/sim/testdata/"
	names := map[schema.Envelope][]string{
		schema.EnvelopePage:  {"../../testdata/get-many-inboxes.json", simulated + "page.golden.json"},
		schema.EnvelopeArray: {simulated + "labels.golden.json", simulated + "labels_odd.golden.json"},
		schema.EnvelopeTeam:  {simulated + "team.golden.json", simulated + "team_odd.golden.json"},
	}[table.Request.Envelope]
	for _, name := range names {
		body, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		bodies = append(bodies, body)
	}
	return bodies
}

func TestMutatedResponses(t *testing.T) {
	for _, table := range schema.Tables() {
		t.Run(table.Name, func(t *testing.T) { testMutated(t, table) })
	}
}

func testMutated(t *testing.T, table *schema.Table) {
	bodies := examples(t, table)
	pieces := rapid.SampledFrom([]string{
		`{`, `}`, `[`, `]`, `,`, `:`, `"`, `\`, `\u`, `\ud83d`, `\udc00`, `\n`, `null`, `true`, `false`, `0`, `-`, `1e5`, `.5`, ` `, "\n", "\x00", "\x1f", "\x7f",
		"\xff", "\xc3", "\xed\xa0\x80", `é`, `😀`, `""`, `"_id":`, `"teamId":"x",`, `"users":[`, `"contact":{`, `"x":1,`, `"":null,`, `"role":[ ]`, `"a/b":{},`,
		`"$binary":1`, `{"$literal":2}`, `"data":[],`, `"opportunities":[{"x":1,"x":2}],`, `"userIds":["a","b"],`, `"userId":"a",`, `"usr_1",`, `"name":1,`, `"2024-12-17T09:42:32+01:00"`, `0123456789abcdef`,
	})
	rapid.Check(t, func(t *rapid.T) {
		body := slices.Clone(rapid.SampledFrom(bodies).Draw(t, "body"))
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
		if err := checkBody(table, body); err != nil {
			t.Fatalf("%v\nof %q", err, body)
		}
	})
}

// fuzz fuzzes the responses of a table.
func fuzz(f *testing.F, table *schema.Table, seeds ...[]byte) {
	for _, body := range examples(f, table) {
		seeds = append(seeds, body, body[:len(body)/2])
	}
	seeds = append(seeds, []byte("<html></html>"), []byte("\xEF\xBB\xBF{}"), []byte("[]"), bodyOf(table))
	for _, body := range seeds {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		if err := checkBody(table, body); err != nil {
			t.Fatal(err)
		}
	})
}

func FuzzDecode(f *testing.F) {
	fuzz(f, schema.InboxConversations(),
		pageOf(`{"_id":"a"}`, "\x7f\"_id\":\"b\"}"),
		pageOf(`null{"_id":"a"}`),
		pageOf(`{"_id":"a","contact":{},"":null}`),
		pageOf(`{"_id":"a","users":[{"role":1},2],"contact":"x","/a":1,"teamId":"\ud800","teamId":1}`),
		pageOf(`{"_id":"a","opportunities":[{"done":null}],"createdAt":"2024-12-17T09:42:32.1234567+01:00"}`, `{"_id":"b"}`),
		pageOf("{\"_id\":\"a\",\"\xff\":1,\"\xfe\":[1e400],\"n\":{\"$binary\":\"\xff\"},\"channels\":[\"\xff\",null,{}]}"))
}

func FuzzDecodeLabels(f *testing.F) {
	fuzz(f, schema.InboxLabels(),
		[]byte(`[{"_id":"lbl_1","name":1,"color":"\ud800","createdAt":"now"},{"_id":"lbl_1"}] `),
		[]byte(`[null]`), []byte(`[{"_id":"a"}]]`))
}

func FuzzDecodeTeam(f *testing.F) {
	fuzz(f, schema.TeamUsers(),
		[]byte(`{"_id":"t","users":[{"userId":"a","name":null,"x":[1]},{"userId":"a"}],"userIds":["\u0061","b","b"]}`),
		[]byte(`{"userIds":["\ud800","\udc00"],"_id":"\u0074","x":{"users":1}}`),
		[]byte(`{"_id":"t","userIds":null,"users":[]}`), []byte(`{"_id":"t","userIds":[""]}`))
}

func TestDepthIsLimitedAsInTheStandardLibrary(t *testing.T) {
	conversations, labels, users := schema.InboxConversations(), schema.InboxLabels(), schema.TeamUsers()
	for depth := maxDepth - 7; depth <= maxDepth+1; depth++ {
		deep := `"x":` + strings.Repeat("[", depth) + strings.Repeat("]", depth)
		for _, test := range []struct {
			table *schema.Table
			body  string
		}{
			{conversations, string(pageOf(`{"_id":"a",` + deep + `}`))},
			{conversations, string(pageOf(`{"_id":"a","_id":"b",` + deep + `}`))},
			{conversations, string(pageOf(`{"_id":"a","contact":{` + deep + `}}`))},
			{conversations, string(pageOf(`{"_id":"a","users":[{},{` + deep + `}]}`))},
			{conversations, `{` + deep + `,` + string(pageOf())[1:]},
			{conversations, strings.TrimSuffix(string(pageOf()), `}}`) + `,` + deep + `}}`},
			{labels, `[{"_id":"a",` + deep + `}]`},
			{labels, `[{"_id":"a","_id":"b",` + deep + `}]`},
			{users, `{"_id":"t","users":[{"userId":"a",` + deep + `}]}`},
			{users, `{"_id":"t","users":[{"userId":"a","userId":"b",` + deep + `}]}`},
			{users, `{"_id":"t","users":[{"userId":"a"}],` + deep + `}`},
		} {
			page, err := NewDecoder(test.table, memory.DefaultAllocator).Decode([]byte(test.body), fetched)
			if err == nil {
				page.Record.Release()
			}
			if valid := json.Valid([]byte(test.body)); valid != (err == nil) {
				t.Errorf("valid: %v, %d brackets after %.60s: %v", valid, depth, test.body, err)
			}
		}
	}
}
