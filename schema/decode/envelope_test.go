package decode

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"github.com/lemexport/lemexport/schema"
)

const numbers = `"totalItems":0,"currentPage":1,"perPage":10,"totalPages":0`

func TestBrokenPageIsAnErrorAndNeverAnEmptyPage(t *testing.T) {
	whole := string(pageOf(`{"_id":"ibx_1"}`))
	paging := func(members string) string { return `{"data":[],"pagination":{` + members + `}}` }
	data := func(data string) string { return `{"data":` + data + `,"pagination":{` + numbers + `}}` }
	for _, test := range []struct{ rule, body, reason string }{
		{"no body", "", "empty body (at byte 0)"},
		{"white space", " \r\n\t", "empty body (at byte 4)"},
		{"HTML", "\n<!DOCTYPE html><html></html>", "HTML instead of JSON (at byte 1)"},
		{"a sentence", "Too many requests", "not a JSON object (at byte 0)"},
		{"an array", "[]", "not a JSON object (at byte 0)"},
		{"null", "null", "not a JSON object (at byte 0)"},
		{"the text of a page", `"{}"`, "not a JSON object (at byte 0)"},
		{"an empty object", "{}", "data is missing (at byte 2)"},
		{"an error object", `{"error":"nope"}`, "data is missing (at byte 16)"},
		{"data missing", `{"pagination":{` + numbers + `}}`, "data is missing (at byte 75)"},
		{"data null", data("null"), "data is not an array but of type null (at byte 12)"},
		{"data an object", data("{}"), "data is not an array but of type object (at byte 10)"},
		{"data twice", `{"data":[],"data":[]}`, "data comes twice (at byte 17)"},
		{"pagination missing", `{"data":[]}`, "pagination is missing (at byte 11)"},
		{"pagination null", `{"data":[],"pagination":null}`, "pagination is not an object but of type null (at byte 28)"},
		{"pagination an array", `{"data":[],"pagination":[1]}`, "pagination is not an object but of type array (at byte 27)"},
		{"pagination twice", `{"data":[],"pagination":{` + numbers + `},"pagination":{}}`, "pagination comes twice (at byte 97)"},

		{"cut off in a row", whole[:20], "the JSON is cut off (at byte 20)"},
		{"cut off before the end", whole[:len(whole)-1], fmt.Sprintf("the JSON is cut off (at byte %d)", len(whole)-1)},
		{"cut off after a name", `{"data"`, "the JSON is cut off (at byte 7)"},
		{"garbage after the page", whole + " x", fmt.Sprintf("something follows the JSON object (at byte %d)", len(whole))},
		{"a second page", whole + whole, fmt.Sprintf("something follows the JSON object (at byte %d)", len(whole))},
		{"a closing bracket too many", whole + "}", fmt.Sprintf("something follows the JSON object (at byte %d)", len(whole))},
		{"a malformed number", `{"data":[{"_id":"a","x":01}]}`, "malformed JSON (at byte 25)"},
		{"a wrong bracket", `{"data":[}`, "malformed JSON (at byte 9)"},
		{"a wrong bracket at the end", `{"data":[]]`, "malformed JSON (at byte 10)"},
		{"a control character in a text", "{\"data\":[{\"_id\":\"a\nb\"}]}", "malformed JSON (at byte 18)"},
		{"an unknown key without a value", `{"a":}`, "malformed JSON (at byte 5)"},
		{"a byte order mark in the middle", "{\xEF\xBB\xBF}", "malformed JSON (at byte 1)"},
		{"nested too deep", data(`[{"_id":"a","x":` + strings.Repeat("[", maxDepth) + strings.Repeat("]", maxDepth) + `}]`),
			fmt.Sprintf("the JSON is nested 10,000 levels deep or more (at byte %d)", len(`{"data":[{"_id":"a","x":`)+maxDepth-3)},

		{"a row that is a text", data(`[{"_id":"a"},"ibx_1"]`), "data[1] is not an object but of type string (at byte 28)"},
		{"a row that is null", data(`[null]`), "data[0] is not an object but of type null (at byte 13)"},
		{"a row without an id", data(`[{"_id":"a"},{"id":"b"}]`), "data[1] has no _id that is a non-empty string (at byte 31)"},
		{"an empty id", data(`[{"_id":""}]`), "data[0] has no _id that is a non-empty string (at byte 19)"},
		{"an id that is null", data(`[{"_id":null}]`), "data[0] has no _id that is a non-empty string (at byte 21)"},
		{"an id that is a number", data(`[{"_id":7}]`), "data[0] has no _id that is a non-empty string (at byte 18)"},
		{"the last of two ids is null", data(`[{"_id":"a","_id":null}]`), "data[0] has no _id that is a non-empty string (at byte 31)"},

		{"an empty pagination", paging(``), "pagination.currentPage is missing or null (at byte 26)"},
		{"a number missing", paging(`"totalItems":1,"currentPage":1,"perPage":1`), "pagination.totalPages is missing or null (at byte 68)"},
		{"a number that is null", paging(`"totalItems":1,"currentPage":1,"perPage":null,"totalPages":1`), "pagination.perPage is missing or null (at byte 86)"},
		{"a fraction", paging(`"nextPage":1.5`), "pagination.nextPage is not a whole number of zero or more (at byte 40)"},
		{"an exponent", paging(`"nextPage":1e3`), "pagination.nextPage is not a whole number of zero or more (at byte 40)"},
		{"a negative number", paging(`"totalItems":-1`), "pagination.totalItems is not a whole number of zero or more (at byte 41)"},
		{"more than 63 bits", paging(`"totalItems":9223372036854775808`), "pagination.totalItems is not a whole number of zero or more (at byte 58)"},
		{"a boolean", paging(`"nextPage":false`), "pagination.nextPage is not a whole number of zero or more (at byte 42)"},
		{"an object", paging(`"nextPage":{}`), "pagination.nextPage is not a whole number of zero or more (at byte 39)"},
		{"an empty text", paging(`"nextPage":""`), "pagination.nextPage is not a whole number of zero or more (at byte 39)"},
		{"a text that is not a number", paging(`"nextPage":" 2"`), "pagination.nextPage is not a whole number of zero or more (at byte 41)"},
		{"a number twice", paging(`"nextPage":null,"nextPage":2`), "pagination.nextPage comes twice (at byte 54)"},
	} {
		t.Run(test.rule, func(t *testing.T) {
			mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
			defer mem.AssertSize(t, 0)
			page, err := NewDecoder(schema.InboxConversations(), mem).Decode([]byte(test.body), fetched)
			if _, ok := errors.AsType[*PageError](err); !ok {
				t.Fatalf("no PageError but %v", err)
			}
			if want := "not a page of the inbox: " + test.reason; err.Error() != want {
				t.Errorf("\n got %s\nwant %s", err, want)
			}
			if page.Record != nil {
				t.Error("a record comes with the error")
			}
		})
	}
}

func TestEveryBeginningOfAPageIsAnError(t *testing.T) {
	body := pageOf(`{"_id":"ibx_1","users":[{"userId":"\u00e9"}],"new":{"a":[1.5e3]}}`)
	decoder := NewDecoder(schema.InboxConversations(), memory.DefaultAllocator)
	for end := range body {
		if _, err := decoder.Decode(body[:end], fetched); err == nil {
			t.Errorf("a page: %q", body[:end])
		}
	}
}

func TestBodyThatIsTooLargeIsRefused(t *testing.T) {
	body := append(pageOf(), make([]byte, maxBody)...)
	_, err := NewDecoder(schema.InboxConversations(), memory.DefaultAllocator).Decode(body, fetched)
	if err == nil || !strings.Contains(err.Error(), "larger than 64 MiB") {
		t.Error(err)
	}
}

func TestEnvelope(t *testing.T) {
	ptr := func(n int64) *int64 { return &n }
	for _, test := range []struct {
		rule, body string
		want       Pagination
		unknown    []string
	}{
		{"neighbours may be absent", `{"data":[],"pagination":{` + numbers + `}}`,
			Pagination{TotalItems: ptr(0), CurrentPage: ptr(1), PerPage: ptr(10), TotalPages: ptr(0)}, nil},
		{"numbers may be texts", `{"pagination":{"totalItems":"9223372036854775807","currentPage":"1","nextPage":"2","previousPage":"0","perPage":"010","totalPages":3},"data":[]}`,
			Pagination{TotalItems: ptr(9223372036854775807), CurrentPage: ptr(1), NextPage: ptr(2), PreviousPage: ptr(0), PerPage: ptr(10), TotalPages: ptr(3)}, nil},
		{"unknown keys are told apart from those of rows", `{"a b":[{}],"data":[{"_id":"x","pagination":1}],"meta":null,"pagination":{` + numbers + `,"cursor":"x","cursor":1}}`,
			Pagination{TotalItems: ptr(0), CurrentPage: ptr(1), PerPage: ptr(10), TotalPages: ptr(0)},
			[]string{`envelope: "a b"`, "envelope: meta", "envelope: pagination.cursor", "pagination"}},
		{"a byte order mark is ignored", "\xEF\xBB\xBF \n{\"data\":[],\"pagination\":{" + numbers + "}}\n",
			Pagination{TotalItems: ptr(0), CurrentPage: ptr(1), PerPage: ptr(10), TotalPages: ptr(0)}, nil},
	} {
		t.Run(test.rule, func(t *testing.T) {
			page := mustDecode(t, []byte(test.body))
			if diff := cmp.Diff(test.want, page.Pagination); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(test.unknown, page.UnknownFields); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestOffsetsCountTheByteOrderMark(t *testing.T) {
	_, err := NewDecoder(schema.InboxConversations(), memory.DefaultAllocator).Decode([]byte("\xEF\xBB\xBF<html>"), fetched)
	if broken, ok := errors.AsType[*PageError](err); !ok || broken.Offset != 3 {
		t.Error(err)
	}
}

func TestATableWithoutAnEnvelopeIsAnError(t *testing.T) {
	table := &schema.Table{Name: "odd", Columns: schema.InboxLabels().Columns}
	for _, body := range []string{`[]`, `{}`, string(pageOf())} {
		if _, err := NewDecoder(table, memory.DefaultAllocator).Decode([]byte(body), fetched); err == nil {
			t.Errorf("an empty table of %s", body)
		}
	}
}
