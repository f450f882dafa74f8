package schema

// Values is the kind of texts in a column. File formats choose by it how they store a
// column of the type String.
type Values string

// The kinds of texts.
const (
	// FreeText is text and names by people. Its minimum and maximum would tell something
	// about people, and would help to skip few pages.
	FreeText Values = ""
	// FewValues is a small set of texts, each in many rows.
	FewValues Values = "few"
	// IDs are texts that mostly occur once each.
	IDs Values = "ids"
)
