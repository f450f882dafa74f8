package decode

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/lemexport/lemexport/schema"
)

func TestUnknownFieldsAreBounded(t *testing.T) {
	decoder := NewDecoder(schema.InboxConversations(), memory.NewGoAllocator())
	unknown := func(row string) []string {
		page, err := decoder.Decode(pageOf(row), fetched)
		if err != nil {
			t.Fatal(err)
		}
		page.Record.Release()
		return page.UnknownFields
	}
	for range 2 { // no page has what another had
		var row strings.Builder
		for i := range 3 * schema.MostNames {
			fmt.Fprintf(&row, `,"%s%d":1`, strings.Repeat("long", 100), i)
			fmt.Fprintf(&row, `,"short%d":1`, i)
		}
		page := unknown(`{"_id":"ibx_1"` + row.String() + `}`)
		if n := len(page); n != schema.MostNames+1 || page[n-1] != schema.MoreNames || len(strings.Join(page, "")) > 200*schema.MostNames {
			t.Errorf("%d names, %d bytes", n, len(strings.Join(page, "")))
		}
		if page := unknown(`{"_id":"ibx_1","x":1}`); !slices.Equal(page, []string{"x"}) {
			t.Errorf("%q", page)
		}
	}
}

// What a decoder remembers from page to page does not grow with what pages hold.
func TestADecoderForgetsLongNames(t *testing.T) {
	decoder := NewDecoder(schema.InboxConversations(), memory.NewGoAllocator())
	for i := range 100 {
		body := pageOf(fmt.Sprintf(`{"_id":"ibx_1","%s%d":1,"contact":{"%s%d":1}}`, strings.Repeat("x", 10_000), i, strings.Repeat("y", 10_000), i))
		page, err := decoder.Decode(body, fetched)
		if err != nil {
			t.Fatal(err)
		}
		page.Record.Release()
	}
	remembered := 0
	var count func(c *column)
	count = func(c *column) {
		for _, s := range c.unknownKeys {
			remembered += len(s.name) + len(s.member)
		}
		for _, f := range c.fields {
			count(f)
		}
		if c.elem != nil {
			count(c.elem)
		}
	}
	count(decoder.rows.row)
	for text := range decoder.anomalies.known {
		remembered += len(text)
	}
	if remembered > 100_000 {
		t.Errorf("%d bytes are remembered", remembered)
	}
}

func TestALongIDIsAnError(t *testing.T) {
	for length, want := range map[int]string{4094: "", 4095: "data[0] has a _id of more than 4,096 bytes"} {
		_, err := NewDecoder(schema.InboxConversations(), memory.NewGoAllocator()).Decode(pageOf(`{"_id":"`+strings.Repeat("x", length)+`"}`), fetched)
		if got := fmt.Sprint(err); want == "" && err != nil || !strings.Contains(got, want) {
			t.Errorf("%d bytes: %v", length, err)
		}
	}
}
