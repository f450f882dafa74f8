package exporter

import "time"

// RunInfo says which run it is, to those who watch every run of a process.
type RunInfo struct {
	ID string
	// Team is the name of the team; "" when the configuration has a single source.
	Team string
	// Exports are what the run writes; none when it only reads.
	Exports []Export
}

// Ending is how a part of a run ended.
type Ending string

// The endings.
const (
	// EndDone means that everything asked for is done and proven complete.
	EndDone Ending = "done"
	// EndUnproven means that everything was read, but is not proven complete, or would
	// remove more rows than the configuration allows.
	EndUnproven Ending = "unproven"
	// EndFailed means that an error kept something from being read or written.
	EndFailed Ending = "failed"
	// EndInterrupted means that the run was stopped.
	EndInterrupted Ending = "interrupted"
)

// RequestEnded reports one request and its response.
type RequestEnded struct {
	// Status is 0 without a response.
	Status int
	// Waited is how long the request waited for the rate limit, before it was sent.
	Waited time.Duration
	// Took is the time from then to the end of the response.
	Took time.Duration
}

// TableStarted opens the work on a table: its walk, and the files that follow from it.
type TableStarted struct{ Table string }

// TableEnded closes the work on a table.
type TableEnded struct {
	Table  string
	Ending Ending
	// Proof is that of the walk, as far as it went.
	Proof Proof
	// Files and Rows count what was written.
	Files int
	Rows  int64
	// Err is nil when the table is done.
	Err error
}

// PlanEnded reports that a plan is made, or why it cannot be.
type PlanEnded struct {
	Ending Ending
	Err    error
}

// WorkEnded reports the end of the apply or of the reading of a run.
type WorkEnded struct {
	Ending Ending
	Err    error
}

// RunEnded is the last event of a run.
type RunEnded struct{}

func (RequestEnded) event() {}
func (TableStarted) event() {}
func (TableEnded) event()   {}
func (PlanEnded) event()    {}
func (WorkEnded) event()    {}
func (RunEnded) event()     {}
