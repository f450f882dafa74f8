package exporter

import (
	"time"

	"github.com/lemexport/lemexport/schema"
)

// Survey is what the team and the first page of every user tell.
type Survey struct {
	TeamID string `json:"team_id"`
	// Simulated is true when the server says that it is a simulation.
	Simulated bool `json:"simulated"`
	// Endpoint is the API's base URL.
	Endpoint string        `json:"endpoint"`
	Users    []UserSurvey  `json:"users"`
	Skipped  []SkippedUser `json:"skipped_users,omitempty"`
	Unknown  []string      `json:"unknown_fields,omitempty"`
	// Requests counts the HTTP requests the survey itself took.
	Requests int64 `json:"survey_requests"`
}

// users are the ids of the users whose inbox was looked at.
func (s Survey) users() map[string]bool {
	ids := make(map[string]bool, len(s.Users))
	for _, user := range s.Users {
		ids[user.UserID] = true
	}
	return ids
}

// joinNames is one list of the unknown fields of several.
func joinNames(lists ...[]string) []string {
	var names schema.Names
	for _, list := range lists {
		for _, name := range list {
			names.Add(name)
		}
	}
	return names.List()
}

// UserSurvey is what one first page tells about one inbox.
type UserSurvey struct {
	UserID string `json:"user_id"`
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
	// says, see schema.Page.
	Unreadable     int64  `json:"unreadable_activities,omitempty"`
	UnreadableForm string `json:"unreadable_form,omitempty"`
	// Oldest is the oldest `lastActivityAt` of the first page; nil when it has none.
	Oldest *time.Time `json:"oldest_activity_on_first_page_at"`
}
