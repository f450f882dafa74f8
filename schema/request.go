package schema

// Request describes the HTTP request for the rows of a table.
type Request struct {
	// Path is the place below the API's address, without a slash at the start.
	Path string
	// Query has the parameters of every request. The reader adds the user to a request
	// of PartitionUser, and the page and its size to one of EnvelopePage.
	Query map[string]string
	// Envelope is the form of a good response.
	Envelope Envelope
}

// Envelope is the JSON around the rows of a response.
type Envelope string

// The envelopes.
const (
	// EnvelopePage is `{"data": [row, …], "pagination": {…}}`, one page of many.
	EnvelopePage Envelope = "page"
	// EnvelopeArray is `[row, …]`, all rows in one response.
	EnvelopeArray Envelope = "array"
	// EnvelopeTeam is the team with all of its users in two lists, which do not always
	// name the same ones: `{"_id": "…", "userIds": ["…", …], "users": [row, …], …}`.
	EnvelopeTeam Envelope = "team"
)
