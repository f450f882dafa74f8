package schema

// Request says how the rows of a table are asked for.
type Request struct {
	// Path is the place below the API's address, without a slash at the start.
	Path string
	// Query are the parameters that every request has. A table with a list per user
	// adds the user, and one in pages adds the page and its size.
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
