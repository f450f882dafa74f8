package sim

// The switches below cover what lemlist's documents leave open. The zero value
// of each means its first constant. Values are words, so that a flag or a
// configuration can carry them; New refuses words it does not know.

// OverLimit is what happens to a `limit` above LimitMax.
type OverLimit string

// What can happen to a `limit` that is too large.
const (
	OverLimitClamp  OverLimit = "clamp"  // the maximum is used instead
	OverLimitRefuse OverLimit = "refuse" // 400
)

// BadNumber is what happens to a `page` or `limit` that is not a positive number.
type BadNumber string

// What can happen to a bad number.
const (
	BadNumberDefault BadNumber = "default" // as if it had not been sent
	BadNumberRefuse  BadNumber = "refuse"  // 400
)

// PastEnd is the answer to a page after the last one.
type PastEnd string

// The answers past the end.
const (
	PastEndEmpty  PastEnd = "empty"  // 200, no rows, currentPage as asked
	PastEndRepeat PastEnd = "repeat" // the last page again
	PastEndRefuse PastEnd = "refuse" // 400
	PastEndOn     PastEnd = "on"     // 200, no rows, and a next page, as on every page: it never ends
)

// Scope says which conversations a user's list holds.
type Scope string

// The scopes.
const (
	ScopeUser     Scope = "user"     // every conversation the user takes part in
	ScopeAnswered Scope = "answered" // only those with a reply
	ScopeTeam     Scope = "team"     // the whole team's, whichever user asks
)

// UnknownUser is the answer for a user id outside the team.
type UnknownUser string

// The answers for an unknown user.
const (
	UnknownUserRefuse UnknownUser = "refuse" // 400 `User not in team`
	UnknownUserEmpty  UnknownUser = "empty"  // 200, no rows
)

// MissingKey is the answer to a request without credentials.
type MissingKey string

// The answers to a request without credentials.
const (
	MissingKey400 MissingKey = "400"
	MissingKey401 MissingKey = "401"
)

// Account is the state of the key's account.
type Account string

// The account states; all but the first refuse every request of the key.
const (
	AccountGood    Account = "good"
	AccountBlocked Account = "blocked"  // 403
	AccountOrphan  Account = "orphan"   // 404
	AccountBadTeam Account = "bad-team" // 400
	AccountPlan    Account = "plan"     // 402, on the inbox list only
	AccountRevoked Account = "revoked"  // 401, as for a key that never was one
)

// ErrorForm is how an error's text is wrapped.
type ErrorForm string

// The forms of an error.
const (
	ErrorText    ErrorForm = "text"    // text/plain, one line
	ErrorJSON    ErrorForm = "json"    // {"error":"…"}
	ErrorCoded   ErrorForm = "coded"   // {"success":false,"error":{"code":…,"message":"…"}}
	ErrorMessage ErrorForm = "message" // {"ok":false,"message":"…"}
)

// RetryAfter is the form of the Retry-After header, which every answer carries.
type RetryAfter string

// The forms of Retry-After.
const (
	RetryAfterInteger    RetryAfter = "integer"    // seconds, rounded up
	RetryAfterFractional RetryAfter = "fractional" // 1.342
	RetryAfterZero       RetryAfter = "zero"       // always 0
	RetryAfterJSDate     RetryAfter = "js-date"    // as X-RateLimit-Reset, a mistake of old documents
	RetryAfterHTTPDate   RetryAfter = "http-date"
	RetryAfterAbsent     RetryAfter = "absent"
)

// Reset is the form of the X-RateLimit-Reset header.
type Reset string

// The forms of X-RateLimit-Reset.
const (
	ResetJSDate Reset = "js-date" // Date.toString() of a server on UTC
	ResetCET    Reset = "cet"     // the same on Central European Time
	ResetEpoch  Reset = "epoch"   // Unix seconds
	ResetAbsent Reset = "absent"
)

// Body429 is the body of a 429.
type Body429 string

// The bodies of a 429.
const (
	Body429Text  Body429 = "text"
	Body429Empty Body429 = "empty"
	Body429JSON  Body429 = "json"
	Body429HTML  Body429 = "html"
)

// Window is how the budget of calls is counted.
type Window string

// The windows.
const (
	WindowFixed   Window = "fixed"   // starts with the first call after the last window ended
	WindowSliding Window = "sliding" // any stretch of Period
)

// Rejected is what a call that got a 429 does to the budget.
type Rejected string

// What a rejected call does.
const (
	RejectedFree    Rejected = "free"    // nothing
	RejectedCount   Rejected = "count"   // it takes a place like any other call
	RejectedProlong Rejected = "prolong" // it also starts the window again
)

// Total is what `totalItems` says. The pages themselves stay exact.
type Total string

// What `totalItems` can say.
const (
	TotalExact  Total = "exact"
	TotalNoisy  Total = "noisy"  // off by up to 3, differently on every read
	TotalCapped Total = "capped" // at most 1000
	TotalStale  Total = "stale"  // as it was at the first read of this user
	TotalMore   Total = "more"   // one more than there are
	TotalHuge   Total = "huge"   // 10^18
	TotalNull   Total = "null"
	TotalAbsent Total = "absent"
)

// Queries says in what order a server counts a list and finds the rows of a page.
// Drift.Between says how much moves between the two.
type Queries string

// The orders.
const (
	QueriesAtomic     Queries = "atomic"      // total and rows are of one moment
	QueriesCountFirst Queries = "count-first" // the total is older than the rows
	QueriesFindFirst  Queries = "find-first"  // the rows are older than the total
)

// Cache is what stands between the clients and the API. It keeps pages for CacheFor.
type Cache string

// The caches.
const (
	CacheNone        Cache = "none"
	CachePages       Cache = "pages"        // every page, by user, page and limit
	CacheFirstPage   Cache = "first-page"   // the first page of every user
	CacheSharedPages Cache = "shared-pages" // every page, by page and limit: it overlooks the user
	CacheOneUser     Cache = "one-user"     // everybody gets the list of the user who was asked for first; nothing else is kept
)

// Remaining is what X-RateLimit-Remaining says.
type Remaining string

// What X-RateLimit-Remaining can say.
const (
	RemainingTrue Remaining = "true"
	RemainingZero Remaining = "zero" // always 0
)
