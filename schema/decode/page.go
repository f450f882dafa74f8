package decode

import (
	"fmt"

	"github.com/apache/arrow/go/v15/arrow"
)

// Page is one decoded page of `GET /inbox`.
type Page struct {
	// Record holds the page's rows in the page's order, with the table's Arrow
	// schema. The caller releases it.
	Record arrow.Record
	// Pagination is the page's own account of the list.
	Pagination Pagination
	// UnknownFields is what the page has and the table does not, sorted, each once:
	//
	//	someNewField        a key the table does not model
	//	users[].role        the same, inside
	//	contact (string)    a value of a type (array, boolean, number, object,
	//	                    string) that the column does not hold
	//	teamId (duplicate)  a key that came more than once in one object
	//	createdAt (not UTC) or (without a time zone), (finer than a microsecond),
	//	                    (epoch seconds), (epoch milliseconds): the column holds
	//	                    the instant; (not a timestamp): it holds nothing
	//	teamId (not Unicode)
	//	envelope: pagination.foo   a key around the rows. It belongs to no row, so
	//	                    this is its only trace
	//
	// A name that is not a plain word is quoted as in Go, so it is safe to print; a long
	// one is cut. There are MostNames at most; then MoreNames says so.
	UnknownFields []string
	// UnreadableVersions counts the rows whose the version column came with a value that
	// could not be read, so that it is null. UnreadableForm is what the first of these
	// values looks like, without what it says: `string "Aaa 99 Aaa 9999"`.
	UnreadableVersions int
	UnreadableForm     string
}

// Pagination is the API's `pagination` object (API doc: "Get Many Inboxes").
// A number may come as a numeric string. On a decoded page only NextPage and
// PreviousPage can be nil, for absent or null; none is negative.
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
	// Reason is one clause. It names keys of the documented page and indexes of
	// rows (from 0), never anything the body said.
	Reason string
	// Offset is the byte of the body where, or shortly before which, it stopped
	// making sense.
	Offset int64
}

func (e *PageError) Error() string {
	return fmt.Sprintf("not %s: %s (at byte %d)", e.Expected, e.Reason, e.Offset)
}
