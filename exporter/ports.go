package exporter

import (
	"context"
	"io"
	"iter"
	"time"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/lemexport/lemexport/schema"
)

// Source is a team whose tables can be read. A source belongs to one run.
type Source interface {
	// Survey asks as little as a plan of those tables needs: the team, and the first
	// page of every partition. What keeps one table from being read is in its
	// TableSurvey; the error is about the team.
	Survey(ctx context.Context, tables []*schema.Table) (Survey, error)
	// Walk reads a table: every partition in full, and for the partitions in since only
	// what changed after their watermark. Since is nil for a table without versions. The
	// walk starts when its pages are ranged over. With a journal it first takes over
	// what an earlier walk with the same watermarks has read, and keeps there what it
	// reads itself; nil is a walk without one. The caller closes the journal.
	Walk(ctx context.Context, table *schema.Table, since map[string]Mark, journal Journal) Walk
	// Close releases connections and, for a simulated team, the server.
	Close() error
}

// Mark is how far one user's list was proven by an earlier walk.
type Mark struct {
	// Newest is the newest `lastActivityAt` that walk saw.
	Newest time.Time `json:"newest_activity_at"`
	// Total is `totalItems` at its end; nil when unknown.
	Total *int64 `json:"total_items"`
	// Floor is down to where the next walk has to go: Newest less the lookback, or
	// higher where the earlier run did not remember that much. Zero is Newest.
	Floor time.Time `json:"floor_at,omitzero"`
	// Known is how many conversations of the list, as old as Floor or newer, the
	// earlier run had when it ended; nil when unknown. With it and Total the walk
	// notices older conversations that appear.
	Known *int64 `json:"known_since_floor,omitempty"`
}

// Walk is one reading of a source.
type Walk interface {
	// Pages yields what was read, in the order of the reads, until everything is
	// read or an error ends it. The page's record is the loop body's only until
	// the next iteration; retain it to keep it. Pages can be ranged over once.
	Pages() iter.Seq2[Page, error]
	// Proof is the account of the walk, without the counts that only the engine
	// knows (duplicates, superseded, distinct rows). Call it after Pages has ended.
	Proof() Proof
}

// Page is one decoded page of one partition.
type Page struct {
	// Partition is the name of the partition: a user's id, or "" for the whole team.
	Partition string
	// Number is the page's number, from 1.
	Number int64
	// Record holds the rows, with the table's Arrow schema.
	Record arrow.Record
	// Keys are the keys of Record, with the hashes of the ids.
	Keys schema.Keys
	// UnknownFields are the keys of this page that the table does not model.
	UnknownFields []string
	// Recalled says that the page came from the journal of an earlier walk.
	Recalled bool
	// Surveyed says that the survey of this run had read the page: the walk began then.
	Surveyed bool
}

// Format writes and reads one kind of data file.
type Format interface {
	// Extension is the file name's ending, with its dot.
	Extension() string
	// Create starts a file of the table's records on w.
	Create(w io.Writer, table *schema.Table, export Export) (Sink, error)
	// Open reads the footer of a file.
	Open(r io.ReaderAt, size int64) (DataFile, error)
}

// Sink encodes records into a file.
type Sink interface {
	// Write appends the record's rows. It does not keep the record.
	Write(ctx context.Context, rec arrow.Record) error
	// Finish writes what is buffered, the footer and the manifest (JSON). It does
	// not close the underlying writer.
	Finish(manifest []byte) error
}

// DataFile is an opened file.
type DataFile interface {
	// Manifest is the manifest's JSON, or nil when the file holds none.
	Manifest() []byte
	// Rows is the number of rows the footer states.
	Rows() int64
	// CheckSchema compares the file's columns, types and field ids with the
	// table; the error names the first difference.
	CheckSchema(table *schema.Table) error
	// Records yields the rows in file order, in batches of bounded size, with the
	// ownership rules of Walk.Pages.
	Records(ctx context.Context, table *schema.Table) iter.Seq2[arrow.Record, error]
	// Verify yields the rows as Records does and checks, with every checksum that the
	// file holds, all else in it. A last error that wraps [ErrAltered] says that the
	// rows could be read and something else is not as it was written.
	Verify(ctx context.Context, table *schema.Table) iter.Seq2[arrow.Record, error]
	// Sealed reports whether the file holds checksums of itself. Those that an
	// earlier version wrote do not, and Verify finds less in them.
	Sealed() bool
	// Close gives back what the footer takes of the [Budget]. The caller closes what
	// the file was opened from.
	Close()
}

// FormedFile is a DataFile that tells in which of several forms it holds its table.
type FormedFile interface {
	DataFile
	// Extra is the type of the column of [schema.RoleExtra]: [ExtraString] or [ExtraJSON].
	Extra() string
}

// GroupedFile is a DataFile whose rows are stored in groups, each of which can be read, or
// taken over by a [GroupSink], without the others.
type GroupedFile interface {
	DataFile
	// Groups is the number of groups.
	Groups() int
	// GroupRows yields the rows of the groups from one on, up to another, as Records does.
	GroupRows(ctx context.Context, table *schema.Table, from, to int) iter.Seq2[arrow.Record, error]
	// Keys starts to read keys without the rest of their rows.
	Keys(table *schema.Table) (GroupKeys, error)
}

// GroupKeys reads the keys of groups.
type GroupKeys interface {
	// Of yields the keys of the rows of a group in file order. They are the loop body's
	// only until the next iteration.
	Of(ctx context.Context, group int) iter.Seq2[schema.Keys, error]
	// Close frees what reading takes.
	Close()
}

// GroupFit says how a group of a file fits into a new one.
type GroupFit struct {
	// Alike says that a sink would store its rows in the same way, but for the size of groups.
	Alike bool
	// Full is how much of a full group of the sink it is: 1 is all, and it may be more.
	Full float64
}

// GroupSink is a Sink that can append groups of another file as they are stored there.
type GroupSink interface {
	Sink
	// Fits looks at each group of a file.
	Fits(file GroupedFile) []GroupFit
	// Expect says that so many rows are written before the next group is taken over, or all
	// that are left with 0, so that they go into groups of which none is small. They are
	// about as much as so many full groups.
	Expect(rows int64, full float64) error
	// TakeFrom starts to append groups of a file, all of which are alike, between the rows
	// that are written.
	TakeFrom(file GroupedFile) (GroupTaker, error)
}

// GroupTaker appends groups of one file to a sink, and checks what it copies, and what
// describes it, with the checksums of the file.
type GroupTaker interface {
	// Take appends the groups from one on, up to another. Those before have been taken, or
	// never are.
	Take(ctx context.Context, from, to int) error
	// End checks the rest of the file. Nothing of it has been taken over as it was written
	// until End says so.
	End(ctx context.Context) error
	// Close frees what taking takes.
	Close()
}

// Destination is a place that holds committed files. A name may hold one slash:
// a file in a folder of the destination.
type Destination interface {
	// URL is where the object called name is or will be, for people and for DuckDB.
	URL(name string) string
	// Lock claims the destination for one run and removes what crashed runs left
	// behind. The error of a destination that another run holds wraps [ErrBusy]
	// and names that run. It also fails when the destination cannot be written.
	// Object storage has no locks: there several runs are let in, and all commits
	// but the first are refused.
	Lock(ctx context.Context, runID string) (unlock func() error, err error)
	// List returns the names of the committed objects in a folder of the
	// destination ("" is the destination itself), in order: "folder/name". What is
	// in folders inside it does not count. A folder that is not there is empty.
	List(ctx context.Context, folder string) ([]string, error)
	// Open opens a committed object; the error wraps fs.ErrNotExist when there is none.
	Open(ctx context.Context, name string) (Object, error)
	// Create starts a new version of the object called name, which may have one
	// slash. Readers see it only after Commit, and Commit replaces the version over
	// and no other; its error wraps [ErrConflict] when something else is there.
	Create(ctx context.Context, name string, over Version) (Upload, error)
	// Remove removes a committed object. One that is not there is no error.
	Remove(ctx context.Context, name string) error
}

// Version tells one content of a name from what was there before and after. The
// zero Version is that of a name that holds nothing. What is in it is known to
// the destination only.
type Version string

// Object is a committed file, readable at random. Once it has been replaced, a
// read gives the old content or an error that wraps [ErrConflict], never a mix.
type Object interface {
	io.ReaderAt
	io.Closer
	// Size is the length in bytes.
	Size() int64
	// Version is what Create takes to replace this object and no other.
	Version() Version
}

// Upload is a file being written. Exactly one of Commit and Abort ends it;
// Abort after Commit does nothing, so that it can be deferred.
type Upload interface {
	io.Writer
	// Commit makes the new version durable and visible, as one step. After an
	// error the old version is there; where that is not certain the error says so.
	Commit(ctx context.Context) error
	// Abort removes what was written.
	Abort() error
}

// Scratch gives temporary files that vanish with the process.
type Scratch interface {
	// File returns an empty private file. Close removes it.
	File() (ScratchFile, error)
	// Room fails when it is known that fewer than so many bytes can be written.
	Room(bytes int64) error
}

// ScratchFile is a temporary file, appended to and read at random.
type ScratchFile interface {
	io.Writer
	io.ReaderAt
	io.Closer
}

// Workspace is a private place for what a run leaves to the next one.
type Workspace interface {
	// Journal opens the journal of that name (letters, digits and hyphens), or
	// starts one. With fresh, what is in it is dropped. The error of a journal that
	// another run holds wraps [ErrBusy].
	Journal(name string, fresh bool) (Journal, error)
	// Look opens a journal to read its entries, and changes nothing: nothing can be
	// appended. The error wraps fs.ErrNotExist when there is no such journal, and
	// [ErrBusy] while a run holds it.
	Look(name string) (Journal, error)
}

// Journal keeps entries from one run to the next.
type Journal interface {
	// Entries yields what an earlier run appended, in order. An entry that was cut
	// off by the end of that run, or damaged, ends the sequence without an error.
	// The bytes are the loop body's only until the next iteration. The entry at
	// which a loop is left is not taken.
	Entries() iter.Seq2[[]byte, error]
	// Append adds an entry behind the last one that was taken, and drops what was
	// behind that. When it returns, the entry survives the end of the process,
	// though not that of the machine.
	Append(entry []byte) error
	// Close keeps the journal for the next run.
	Close() error
	// Remove deletes the journal and, when nothing else is in it, the workspace.
	Remove() error
}

// Kept is what a walk that was cut short has left in its journal, as the next
// apply of the same configuration will find it.
type Kept struct {
	// Pages is the number of pages of inboxes.
	Pages int64 `json:"pages"`
	// Entries is the number of all entries that the next apply would take over.
	Entries int64 `json:"-"`
	// From and Until are when the oldest of them was asked for, and the last arrived.
	From  time.Time `json:"from"`
	Until time.Time `json:"until"`
	// Age and OldestAge are the times since Until and From, in seconds.
	Age       float64 `json:"age_seconds"`
	OldestAge float64 `json:"oldest_age_seconds"`
	// Expires is when From is older than the configuration allows.
	Expires time.Time `json:"expires"`
	// Expired says why the next apply will not go on from it; empty when it will.
	Expired string `json:"expired,omitempty"`
}
