package exporter

import "time"

// Event is something a run tells its observer. The set is closed: see the
// types below.
type Event interface{ event() }

// Observer receives events, possibly from several goroutines at once. It
// cannot steer the run and must not block it.
type Observer interface{ Observe(Event) }

// Unobserved is the [Observer] of a run that nobody watches.
type Unobserved struct{}

// Observe implements [Observer].
func (Unobserved) Observe(Event) {}

// Phase is a stage of a run.
type Phase string

// The phases, in order.
const (
	PhaseSurvey Phase = "survey"
	PhaseWalk   Phase = "walk"
	PhaseWrite  Phase = "write"
	PhaseCommit Phase = "commit"
)

// PhaseStarted opens a phase.
type PhaseStarted struct {
	Phase Phase
	// Total is the expected number of rows of the phase, an upper bound for the
	// walk; 0 when unknown.
	Total int64
	// Table is the table that is read or written; "" when the run has one only.
	Table string
}

// Surveyed reports how many first pages a survey has read, of how many.
type Surveyed struct{ Done, Of int64 }

// PageFetched reports one page of one partition.
type PageFetched struct {
	Partition string
	Page      int64
	Rows      int
	// TotalItems is the user's total as the page states it; nil when it does not.
	TotalItems *int64
	// More says whether the server announced a further page.
	More bool
}

// RequestRetried reports a failed attempt that is tried again after Wait, and for how
// long after that the attempts may go on.
type RequestRetried struct {
	// Request is the request's path and query; it never holds a secret.
	Request string
	Attempt int
	Wait    time.Duration
	// Left is 0 when the number of attempts, not time, is what ends them.
	Left   time.Duration
	Reason string
}

// Throttled reports a 429, or a pause the server asked for.
type Throttled struct {
	Wait time.Duration
}

// PartitionSkipped reports a partition that the API refuses to give.
type PartitionSkipped struct{ SkippedPartition }

// UnknownField reports, once a run, a key that the table does not model.
type UnknownField struct{ Field string }

// Resumed reports that pages of an earlier run, which was cut short, were taken
// over; what follows is read from the API.
type Resumed struct {
	Pages int64
	// From is when the earlier run began to read.
	From time.Time
}

// NotResumable reports that this run keeps no journal, or no longer: if it is
// cut short, the next one starts over. Advice says what to do; it may be empty.
type NotResumable struct{ Reason, Advice string }

// RateNotShared reports that this run does not know what other runs of the key on this
// machine spend of the rate limit, or no longer: the server's answers alone tell. Advice
// says what to do; it may be empty.
type RateNotShared struct{ Reason, Advice string }

// StartedOver reports that what an earlier run has left, a journal or a checkpoint,
// could not be used: everything is read and, where rows are delivered, delivered again.
type StartedOver struct{ Reason string }

// RowsWritten reports the rows handed to the encoder so far, for one export.
type RowsWritten struct {
	Rows int64
}

func (PhaseStarted) event()     {}
func (Surveyed) event()         {}
func (PageFetched) event()      {}
func (RequestRetried) event()   {}
func (Throttled) event()        {}
func (PartitionSkipped) event() {}
func (UnknownField) event()     {}
func (Resumed) event()          {}
func (NotResumable) event()     {}
func (RateNotShared) event()    {}
func (StartedOver) event()      {}
func (RowsWritten) event()      {}
