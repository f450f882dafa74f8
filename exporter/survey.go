package exporter

import (
	"encoding/json"
	"time"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/lemexport/lemexport/schema"
)

// Survey is what the team and the first pages of the tables tell.
type Survey struct {
	TeamID string
	// Simulated is true when the server says that it is a simulation.
	Simulated bool
	// Source is the kind of source, "lemlist", and Endpoint the API's base URL.
	Source, Endpoint string
	// Rate is how fast the API may be asked.
	Rate Rate
	// Requests counts the HTTP requests the survey itself took.
	Requests int64
	// Tables has one entry per table that was asked for, in that order.
	Tables []TableSurvey
}

// TableSurvey is what the first pages of one table tell.
type TableSurvey struct {
	Table string `json:"table"`
	// Partitions has one entry per partition: for a table of [schema.PartitionUser]
	// one per user, for one of [schema.PartitionTeam] a single one.
	Partitions []PartitionSurvey `json:"partitions"`
	// Skipped are the partitions that the API refuses to give.
	Skipped []SkippedPartition `json:"skipped,omitempty"`
	// Unknown are the keys of the first pages that the table does not model.
	Unknown []string `json:"unknown_fields,omitempty"`
	// Error says why this table cannot be read while the others can, and Hint what to do;
	// both are empty when it can.
	Error string `json:"error,omitempty"`
	Hint  string `json:"hint,omitempty"`

	rows arrow.Record
}

// WithRows is the survey of a table that the survey has read as a whole. The record stays
// valid as long as the survey.
func (s TableSurvey) WithRows(rec arrow.Record) TableSurvey {
	s.rows = rec
	return s
}

// Rows is the whole table; nil when the survey has not read all of it.
func (s TableSurvey) Rows() arrow.Record { return s.rows }

// Err is Error and Hint as an error that wraps [ErrNoAccess]; nil when the table can be
// read.
func (s TableSurvey) Err() error {
	if s.Error == "" {
		return nil
	}
	return WithHint(noAccessError(s.Error), s.Hint)
}

// noAccessError is the text of an [ErrNoAccess].
type noAccessError string

// Error implements error.
func (e noAccessError) Error() string { return string(e) }

// Is reports whether the error is asked for as ErrNoAccess.
func (noAccessError) Is(target error) bool { return target == ErrNoAccess }

// Of returns the survey of a table; the zero TableSurvey when it was not asked for.
func (s Survey) Of(table string) TableSurvey {
	for _, one := range s.Tables {
		if one.Table == table {
			return one
		}
	}
	return TableSurvey{Table: table}
}

// OfUsers is the survey of the table that is one list a user; zero when there is none.
func (s Survey) OfUsers() TableSurvey {
	for _, one := range s.Tables {
		if table, ok := schema.Lookup(one.Table); ok && table.PartitionBy == schema.PartitionUser {
			return one
		}
	}
	return TableSurvey{}
}

// AllPartitions are those of all tables.
func (s Survey) AllPartitions() []PartitionSurvey {
	var all []PartitionSurvey
	for _, one := range s.Tables {
		all = append(all, one.Partitions...)
	}
	return all
}

// Names are the names of the partitions that were looked at.
func (s TableSurvey) Names() map[string]bool {
	names := make(map[string]bool, len(s.Partitions))
	for _, one := range s.Partitions {
		names[one.Partition] = true
	}
	return names
}

// surveyJSON is the form of a Survey in JSON output. The table of one list a user
// keeps the members that it had before there were others.
type surveyJSON struct {
	TeamID    string             `json:"team_id"`
	Simulated bool               `json:"simulated"`
	Endpoint  string             `json:"endpoint"`
	Users     []PartitionSurvey  `json:"users"`
	Skipped   []SkippedPartition `json:"skipped_users,omitempty"`
	Unknown   []string           `json:"unknown_fields,omitempty"`
	Requests  int64              `json:"survey_requests"`
	Tables    []TableSurvey      `json:"tables,omitempty"`
}

// MarshalJSON implements json.Marshaler.
func (s Survey) MarshalJSON() ([]byte, error) {
	form := surveyJSON{TeamID: s.TeamID, Simulated: s.Simulated, Endpoint: s.Endpoint, Requests: s.Requests}
	users := s.OfUsers()
	form.Users, form.Skipped, form.Unknown = users.Partitions, users.Skipped, users.Unknown
	for _, one := range s.Tables {
		if one.Table != users.Table {
			form.Tables = append(form.Tables, one)
		}
	}
	return json.Marshal(form)
}

// JoinNames is one list of the unknown fields of several.
func JoinNames(lists ...[]string) []string {
	var names schema.Names
	for _, list := range lists {
		for _, name := range list {
			names.Add(name)
		}
	}
	return names.List()
}

// PartitionSurvey is what one first page tells about one partition.
type PartitionSurvey struct {
	// Partition is its name: the user's id, or "" for the whole team.
	Partition string `json:"user_id,omitempty"`
	// TotalItems is the number of conversations the server states; nil when it does not.
	TotalItems *int64 `json:"total_items"`
	// PerPage is the page size the server chose, whatever was asked for.
	PerPage int64 `json:"per_page"`
	// Pages is the number of pages that follows from the two; nil when unknown.
	Pages *int64 `json:"pages"`
	// Newest is the newest `lastActivityAt`; nil for an empty inbox.
	Newest *time.Time `json:"newest_activity_at"`
	// Unreadable counts the rows of the first page whose `lastActivityAt` could not be
	// read, and UnreadableForm is what the first of them looks like, without what it
	// says, see decode.Page.
	Unreadable     int64  `json:"unreadable_activities,omitempty"`
	UnreadableForm string `json:"unreadable_form,omitempty"`
	// Oldest is the oldest `lastActivityAt` of the first page; nil when it has none.
	Oldest *time.Time `json:"oldest_activity_on_first_page_at"`
}

// mostConversations is more than any team has: the rate limit would take more than a
// day to read so many, a hundred a page. A total beyond it is not counted on.
const mostConversations = 100_000_000

// Plausible reports whether a total that the API states can be one.
func Plausible(total int64) bool { return total >= 0 && total <= mostConversations }
