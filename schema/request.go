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

// Partition says into which lists the API divides the rows of a table. A walk has one
// proof and one watermark for each partition.
type Partition string

// The kinds of partitions.
const (
	// PartitionTeam is the whole team: there is one partition, without a name.
	PartitionTeam Partition = ""
	// PartitionUser is one list for each user of the team; its name is the user's id.
	PartitionUser Partition = "user"
)
