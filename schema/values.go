package schema

// Values says what the texts of a column are like. File formats choose how they store
// a column by it; for other types than String the type is enough.
type Values string

// The kinds of texts.
const (
	// FreeText is what people wrote or are called. Its bounds would tell something
	// about people, and would leave out few pages.
	FreeText Values = ""
	// FewValues are texts of which there are few, each in many rows.
	FewValues Values = "few"
	// IDs are texts that mostly occur once.
	IDs Values = "ids"
)
