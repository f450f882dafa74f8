package exporter

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// PositionKey is the key of the next position, as JSON, in the metadata of the schema of
// a stream. Store it only after the end of the stream.
const PositionKey = "lemexport.position"

// PositionVersion is the version of the layout of a [Position].
const PositionVersion = 1

// MostPosition is the size, in bytes, of the largest JSON that [ParsePosition] reads.
const MostPosition = 16 << 20

// Position is where a proven reading ended and the next one goes on. As JSON it is opaque
// to whoever stores it. It holds ids of users, and no ids of rows.
type Position struct {
	Version int `json:"position_version"`
	PositionScope
	// RunID is the id of the run that ended here, and FinishedAt when its walk ended, by
	// the local clock.
	RunID      string    `json:"run_id"`
	FinishedAt time.Time `json:"finished_at"`
	// Marks says per user id how far the list is proven; empty for a table without
	// versions. A user who is missing is read in full.
	Marks map[string]Mark `json:"marks,omitempty"`
	// FullProof is the last reading that was full.
	FullProof FullProof `json:"full_proof"`
}

// PositionScope is the configuration that a position belongs to. From another one, rows
// would be skipped that were never delivered, or delivered in another form.
type PositionScope struct {
	Simulated bool           `json:"simulated"`
	Source    ManifestSource `json:"source"`
	// Users are the configured users, sorted; empty means every user of the team.
	Users         []string `json:"users,omitempty"`
	Table         string   `json:"table"`
	SchemaVersion int      `json:"schema_version"`
	// Columns says what is left out and hashed, without Personal; nil when nothing.
	Columns *ManifestColumns `json:"columns,omitempty"`
}

// ParsePosition reads the JSON of a position.
func ParsePosition(text []byte) (*Position, error) {
	position, err := parsePosition(text)
	if err != nil {
		return nil, WithHint(fmt.Errorf("invalid position: %w", err),
			"Pass a position as an earlier reading returned it, or none to read everything.")
	}
	return position, nil
}

func parsePosition(text []byte) (*Position, error) {
	if len(text) > MostPosition {
		return nil, fmt.Errorf("it has more than %d bytes", MostPosition)
	}
	var head struct {
		Version int `json:"position_version"`
	}
	if err := json.Unmarshal(text, &head); err != nil {
		return nil, err
	}
	if head.Version != PositionVersion {
		return nil, fmt.Errorf("its version is %d, and this lemexport reads version %d", head.Version, PositionVersion)
	}
	position := new(Position)
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields() // what is not understood could be what says which rows to read
	if err := decoder.Decode(position); err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows it")
	}
	return position, position.check()
}

// check reports what no reading ends with.
func (p *Position) check() error {
	if err := CheckPlausible(reflect.ValueOf(*p)); err != nil {
		return err
	}
	full := p.FullProof
	switch {
	case p.Table == "" || p.SchemaVersion == 0 || p.Source.TeamID == "" || p.RunID == "" || p.FinishedAt.IsZero():
		return errors.New("it lacks a part")
	case full.RunID == "" || full.FinishedAt.IsZero():
		return errors.New("it names no full proof")
	case full.FinishedAt.After(p.FinishedAt):
		return errors.New("its full proof is later than its last reading")
	}
	for user, mark := range p.Marks {
		if mark.Newest.IsZero() || mark.Floor.IsZero() || mark.Floor.After(mark.Newest) ||
			!Plausible(valueOrZero(mark.Total)) || !Plausible(valueOrZero(mark.Known)) {
			return fmt.Errorf("what it says of user %q cannot be", user)
		}
	}
	return nil
}

func valueOrZero(count *int64) int64 {
	if count == nil {
		return 0
	}
	return *count
}

// CheckScope fails for a position of another configuration and says what differs.
func (p *Position) CheckScope(now PositionScope) error {
	differences := p.differences(now)
	if len(differences) == 0 {
		return nil
	}
	return WithHint(fmt.Errorf("the position belongs to another configuration: %s", strings.Join(differences, "; ")),
		"Read everything once, without a position: that reading ends with a position of this configuration.")
}

// differences says how the position differs from the scope of a reading, one clause each.
func (p *Position) differences(now PositionScope) []string {
	var found []string
	is := func(what, was, wanted string) {
		if was != wanted {
			found = append(found, fmt.Sprintf("its %s is %s, not %s", what, was, wanted))
		}
	}
	are := func(what string, was, wanted []string, none string) {
		if !slices.Equal(was, wanted) {
			found = append(found, fmt.Sprintf("its %s are %s, not %s", what, someOf(was, none), someOf(wanted, none)))
		}
	}
	is("table", strconv.Quote(p.Table), strconv.Quote(now.Table))
	is("schema version", strconv.Itoa(p.SchemaVersion), strconv.Itoa(now.SchemaVersion))
	is("source", strconv.Quote(p.Source.Type), strconv.Quote(now.Source.Type))
	is("team", p.team(), now.team())
	if !p.Simulated || !now.Simulated { // a simulated API has another port each time
		is("endpoint", strconv.Quote(p.Source.Endpoint), strconv.Quote(now.Source.Endpoint))
	}
	are("users", p.Users, now.Users, "every user of the team")
	was, wanted := p.Columns.Selection(), now.Columns.Selection()
	are("excluded columns", was.Exclude, wanted.Exclude, "none")
	are("hashed columns", was.Hash, wanted.Hash, "none")
	if was, wanted := p.Columns.KeyID(), now.Columns.KeyID(); was != "" && wanted != "" && was != wanted {
		found = append(found, "its hash key is another one")
	}
	return found
}

func (s PositionScope) team() string {
	if s.Simulated {
		return fmt.Sprintf("the simulated team %q", s.Source.TeamID)
	}
	return strconv.Quote(s.Source.TeamID)
}

// someOf lists the first few names.
func someOf(names []string, none string) string {
	const most = 10
	switch {
	case len(names) == 0:
		return none
	case len(names) > most:
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
	}
	return strings.Join(names, ", ")
}
