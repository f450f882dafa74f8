package decode

import (
	"fmt"

	"github.com/apache/arrow/go/v15/arrow"
)

// Page is one decoded response. A table without pages has one response.
type Page struct {
	// Record holds the rows in the order of the response, with the table's Arrow
	// schema. The caller releases it.
	Record arrow.Record
	// Pagination is what the page says about the list; zero in a response without pages.
	Pagination Pagination
	// UnknownFields names the parts of the response that the table does not hold, sorted,
	// each once:
	//
	//	someNewField        a key the table does not model
	//	users[].role        the same, inside
	//	contact (string)    a value of a type (array, boolean, number, object,
	//	                    string) that the column does not hold
	//	teamId (duplicate)  a key that came more than once in one object
	//	createdAt (not UTC) or (without a time zone), (finer than a microsecond),
	//	                    (epoch seconds), (epoch milliseconds): the column holds
	//	                    the instant; (not a timestamp): it is null
	//	teamId (not Unicode)
	//	envelope: pagination.foo   a key around the rows of a page, whose value is
	//	                    not kept
	//
	// A name that is not a plain word is quoted as in Go, so that it is safe to print; a
	// long one is cut. The list has at most MostNames, and then MoreNames.
	UnknownFields []string
	// UnreadableVersions counts the rows whose version is null because the API sent a
	// value that cannot be read. UnreadableForm is the form of the first such value,
	// without its content: `string "Aaa 99 Aaa 9999"`.
	UnreadableVersions int
	UnreadableForm     string
}

// Pagination is the API's `pagination` object (API doc: "Get Many Inboxes").
// A number may come as a numeric string; none is negative. On a decoded page only
// TotalItems, NextPage and PreviousPage can be nil, for absent or null.
type Pagination struct {
	TotalItems   *int64
	CurrentPage  *int64
	NextPage     *int64
	PreviousPage *int64
	PerPage      *int64
	TotalPages   *int64
}

// PageError says why a response body does not have the form of its table. Such a body
// is never taken for an empty one.
type PageError struct {
	// Expected is what the body should be: "a page of the inbox", "a team".
	Expected string
	// Reason is one clause. It names documented keys and indexes of rows (from 0), and
	// quotes nothing of the body.
	Reason string
	// Offset is the byte of the body at which, or shortly before which, the error is.
	Offset int64
}

func (e *PageError) Error() string {
	return fmt.Sprintf("not %s: %s (at byte %d)", e.Expected, e.Reason, e.Offset)
}
