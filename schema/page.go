package schema

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
	// UnknownFields are the keys found on the page that the table does not model,
	// as paths like `someNewField` or `users[].role`, sorted, each once.
	UnknownFields []string
}

// Pagination is the API's `pagination` object (API doc: "Get Many Inboxes").
// A number may come as a numeric string; nil is absent or null.
type Pagination struct {
	TotalItems   *int64
	CurrentPage  *int64
	NextPage     *int64
	PreviousPage *int64
	PerPage      *int64
	TotalPages   *int64
}

// PageError says why a response body is no page of the inbox. Such a body is
// never taken for an empty page.
type PageError struct {
	// Reason is one lower-case clause. It quotes at most a few bytes of structure,
	// never values.
	Reason string
	// Offset is the byte where the body stopped making sense.
	Offset int64
}

func (e *PageError) Error() string {
	return fmt.Sprintf("not a page of the inbox: %s (at byte %d)", e.Reason, e.Offset)
}
