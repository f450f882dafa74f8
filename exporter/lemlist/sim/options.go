package sim

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Fixed parts of every simulation.
const (
	// HeaderSimulated is `true` on every answer: a client marks what it got as simulated.
	HeaderSimulated = "Lemexport-Simulated"
	// DefaultKey is the API key of a simulation that sets none. It opens nothing.
	DefaultKey = "51301a7ed0000000000000000000cafe"
	// PlantedSecret stands in the body of GET /team where real answers hold
	// secrets. It must turn up in no log and no file.
	PlantedSecret = "planted-secret-0f-the-team"
	// None as Options.Conversations is an empty inbox, as Options.Labels a team without labels.
	None = -1
	// Unbounded as Options.LimitMax accepts any `limit`.
	Unbounded = -1
)

// Bounds that keep a mistyped option from eating the machine.
const (
	maxUsers         = 1000
	maxConversations = 20_000_000
	maxLabels        = 1000
)

// Options says what is simulated. The zero value is a team of 3 users with 100
// conversations behind an API that behaves as documented.
type Options struct {
	// Users is the number of team members: 0 means 3, at most 1000.
	Users int
	// Conversations is the number of distinct conversations of the team: 0 means
	// 100, None means none, at most 20,000,000.
	Conversations int
	// Labels is the number of labels of the team: 0 means 3, None means none, at most 1000.
	Labels int
	// Seed makes the team. Every value is a team of its own.
	Seed uint64
	// Key is the API key; "" means DefaultKey.
	Key string

	// Rows, when set, are served instead of made-up conversations, byte for byte
	// and ordered by `lastActivityAt`; PageRows takes them out of an API page. They
	// can be deleted and restored but do not drift otherwise.
	Rows []json.RawMessage
	// UserIDs are the team's members when Rows is set; nil means every
	// `users[].userId` of the rows. A row without users is in every list.
	UserIDs []string

	// PageSize is the size of a page when no `limit` is sent: 0 means 10.
	PageSize int
	// LimitMax is the largest `limit`: 0 means 100; Unbounded means none.
	LimitMax  int
	OverLimit OverLimit
	BadNumber BadNumber
	PastEnd   PastEnd
	// IgnoreLimit gives every page the size PageSize, whatever `limit` says.
	IgnoreLimit bool
	// EmptyTotalPages is `totalPages` of an empty list, 0 or 1.
	EmptyTotalPages int
	Scope           Scope
	UnknownUser     UnknownUser

	MissingKey MissingKey
	Account    Account
	// AccessToken accepts the key as `?access_token=`. It is a violation all the same.
	AccessToken bool
	Errors      ErrorForm

	// Unlimited switches the rate limit off; the headers stay.
	Unlimited bool
	// Calls per Period are allowed: 0 means 20 per 2 seconds.
	Calls  int
	Period time.Duration
	Window Window
	// OtherCalls is how many calls of every window another program takes.
	OtherCalls int
	Rejected   Rejected
	RetryAfter RetryAfter
	Reset      Reset
	Remaining  Remaining
	Body429    Body429
	// Now is the clock of the rate limit and of the request log, never of the
	// data; nil means time.Now.
	Now func() time.Time

	// Clock is the clock of the data: what moves gets its time, and rows that were
	// there at the start are older. Nil means a clock of its own that starts at Epoch
	// and advances 50 ms a read and 7 ms a movement, so that the same requests give
	// the same bytes. The durations below and those of Stamps count by this clock.
	Clock func() time.Time
	// Span is how far back the conversations of the start reach: 0 means 500 days.
	Span time.Duration
	// Ahead dates the newest of them this far into the future.
	Ahead time.Duration
	// Stamps says how the times of activities are off.
	Stamps Stamps
	// Replicas answer in turn, as the seed says; they lag from nothing up to
	// ReplicaLag. 0 means 1, at most 16.
	Replicas   int
	ReplicaLag time.Duration
	// Cache keeps pages for CacheFor.
	Cache    Cache
	CacheFor time.Duration
	// Queries is the order in which a page's total and rows are read.
	Queries Queries
	// Hidden is the share of every list, at its end, that no page and no total
	// shows: a lie that agrees with itself.
	Hidden float64

	// Latency is how long every answer takes after its data was read.
	Latency time.Duration
	// Jitter, drawn anew from 0 to Jitter for every request, passes before the
	// data is read, so that concurrent requests may be read out of order.
	Jitter time.Duration
	// Gzip compresses answers for clients that accept it.
	Gzip bool
	// Faults go wrong on purpose; the first rule that matches a request wins.
	Faults []FaultRule
	// ShortBy is how many rows FaultShort leaves out: 0 means 4.
	ShortBy int
	// SlowBy is how long FaultSlow waits: 0 means 1 second.
	SlowBy time.Duration

	// Drift moves rows between reads.
	Drift Drift
	// Total is what `totalItems` says.
	Total Total
	// Unsorted serves the lists in an order that has nothing to do with activity.
	Unsorted bool
	// Times is how times are written.
	Times Times
	// NextPageText writes `nextPage` and `previousPage` as numeric strings.
	NextPageText bool
	// NullForAbsent writes null where a field would be left out.
	NullForAbsent bool
	// TypeSurprises gives one row in 16 a value of the wrong type, and so some users and labels.
	TypeSurprises bool
	// LoneSurrogates ends some previews in half an emoji (`\ud83d`), as a
	// JavaScript server does that cuts a text by its length.
	LoneSurrogates bool
}

// withDefaults returns o with every zero replaced by what it stands for, or an
// error that names the field that makes no sense.
func (o Options) withDefaults() (Options, error) {
	o.Users = or(o.Users, 3)
	o.Conversations = or(o.Conversations, 100)
	o.Labels = or(o.Labels, 3)
	o.Key = or(o.Key, DefaultKey)
	o.PageSize = or(o.PageSize, 10)
	o.LimitMax = or(o.LimitMax, 100)
	o.Calls = or(o.Calls, 20)
	o.Period = or(o.Period, 2*time.Second)
	o.SlowBy = or(o.SlowBy, time.Second)
	o.ShortBy = or(o.ShortBy, 4)
	o.Span = or(o.Span, 500*24*time.Hour)
	o.Replicas = or(o.Replicas, 1)
	o.Drift.Resolution = or(o.Drift.Resolution, time.Millisecond)
	o.Drift.AgeBy = or(o.Drift.AgeBy, time.Hour)
	o.Drift.Away = or(o.Drift.Away, 5)
	if o.Now == nil {
		o.Now = time.Now
	}
	err := errors.Join(
		choose(&o.OverLimit, "OverLimit", OverLimitClamp, OverLimitRefuse),
		choose(&o.BadNumber, "BadNumber", BadNumberDefault, BadNumberRefuse),
		choose(&o.PastEnd, "PastEnd", PastEndEmpty, PastEndRepeat, PastEndRefuse, PastEndOn),
		choose(&o.Scope, "Scope", ScopeUser, ScopeAnswered, ScopeTeam),
		choose(&o.UnknownUser, "UnknownUser", UnknownUserRefuse, UnknownUserEmpty),
		choose(&o.MissingKey, "MissingKey", MissingKey400, MissingKey401),
		choose(&o.Account, "Account", AccountGood, AccountBlocked, AccountOrphan, AccountBadTeam, AccountPlan, AccountRevoked),
		choose(&o.Errors, "Errors", ErrorText, ErrorJSON, ErrorCoded, ErrorMessage),
		choose(&o.RetryAfter, "RetryAfter", RetryAfterInteger, RetryAfterFractional, RetryAfterZero,
			RetryAfterJSDate, RetryAfterHTTPDate, RetryAfterAbsent),
		choose(&o.Reset, "Reset", ResetJSDate, ResetCET, ResetEpoch, ResetAbsent),
		choose(&o.Body429, "Body429", Body429Text, Body429Empty, Body429JSON, Body429HTML),
		choose(&o.Window, "Window", WindowFixed, WindowSliding),
		choose(&o.Rejected, "Rejected", RejectedFree, RejectedCount, RejectedProlong),
		choose(&o.Total, "Total", TotalExact, TotalNoisy, TotalCapped, TotalStale, TotalMore, TotalHuge, TotalNull, TotalAbsent),
		o.checkTimes(),
		within("Users", o.Users, 1, maxUsers),
		within("Conversations", o.Conversations, None, maxConversations),
		within("Labels", o.Labels, None, maxLabels),
		within("PageSize", o.PageSize, 1, 1_000_000),
		within("LimitMax", o.LimitMax, Unbounded, 1_000_000),
		within("EmptyTotalPages", o.EmptyTotalPages, 0, 1),
		within("Calls", o.Calls, 1, 1_000_000),
		within("OtherCalls", o.OtherCalls, 0, o.Calls),
		within("Period", o.Period, time.Millisecond, time.Hour),
		within("Latency", o.Latency, 0, time.Hour),
		within("Jitter", o.Jitter, 0, time.Hour),
		within("SlowBy", o.SlowBy, 0, time.Hour),
		within("ShortBy", o.ShortBy, 1, 1_000_000),
		checkFaults(o.Faults),
		o.Drift.check(),
	)
	if o.Rows != nil && o.Drift.moves() {
		err = errors.Join(err, errors.New("sim: Drift cannot move the rows of Rows: set only one of the two"))
	}
	if o.Conversations == None {
		o.Conversations = 0
	}
	if o.Labels == None {
		o.Labels = 0
	}
	return o, err
}

// checkTimes checks what is about moments: clocks, caches, replicas, and how times are written.
func (o *Options) checkTimes() error {
	return errors.Join(
		choose(&o.Remaining, "Remaining", RemainingTrue, RemainingZero),
		choose(&o.Queries, "Queries", QueriesAtomic, QueriesCountFirst, QueriesFindFirst),
		choose(&o.Cache, "Cache", CacheNone, CachePages, CacheFirstPage, CacheSharedPages, CacheOneUser),
		choose(&o.Times, "Times", TimesISO, TimesOffset, TimesColon, TimesNoZone, TimesBlank, TimesSeconds, TimesMillis,
			TimesSecondsText, TimesMillisText, TimesUnreadable),
		within("Span", o.Span, time.Millisecond, 10_000*24*time.Hour),
		within("Ahead", o.Ahead, 0, 10_000*24*time.Hour),
		within("Replicas", o.Replicas, 1, 16),
		within("ReplicaLag", o.ReplicaLag, 0, time.Hour),
		within("CacheFor", o.CacheFor, 0, 24*time.Hour),
		within("Hidden", o.Hidden, 0, 1),
		o.Stamps.check(),
	)
}

// or returns value, or instead when value is zero.
func or[T comparable](value, instead T) T {
	var zero T
	if value == zero {
		return instead
	}
	return value
}

// choose replaces an empty switch by the first of its values and refuses any
// value it does not know.
func choose[T ~string](field *T, name string, values ...T) error {
	*field = or(*field, values[0])
	if slices.Contains(values, *field) {
		return nil
	}
	words := make([]string, len(values))
	for i, value := range values {
		words[i] = string(value)
	}
	return fmt.Errorf("sim: %s is %q; it must be one of %s", name, string(*field), strings.Join(words, ", "))
}

func within[T int | float64 | time.Duration](name string, value, low, high T) error {
	if low <= value && value <= high {
		return nil
	}
	return fmt.Errorf("sim: %s is %v; it must lie between %v and %v", name, value, low, high)
}
