package sim

import "time"

// row is what is kept of a conversation; everything else is made on demand.
type row struct {
	created, last int64 // Unix milliseconds
	version       uint32
	shift         uint16 // how often it was handed to the next user
	gone          bool
}

// content says what conversations look like. Row numbers never change meaning.
type content interface {
	// rows returns the rows at the start, by number; none is newer than now.
	rows(now int64) []row
	// teamID and userIDs describe the team. Only ids of userIDs may be asked for.
	teamID() string
	userIDs() []string
	appendID(dst []byte, n uint32) []byte
	appendContactID(dst []byte, n uint32) []byte
	// number is the inverse of appendID; the number may be of no row.
	number(id string) (uint32, bool)
	// appendMembers appends the indexes of the users who take part in row n.
	appendMembers(dst []int, n uint32, r row) []int
	// answered reports whether row n has a reply. It never changes.
	answered(n uint32) bool
	// shown is a row's time as the API shows it.
	shown(milliseconds int64) time.Time
	// appendJSON appends the conversation as the API shows it. It only depends on its arguments.
	appendJSON(dst []byte, n uint32, r row) []byte
}
