package schema

import (
	"bytes"
	"encoding/json"
)

type tableJSON struct {
	Name        string       `json:"name"`
	Version     int          `json:"version"`
	Fingerprint string       `json:"fingerprint"`
	Description string       `json:"description"`
	Columns     []columnJSON `json:"columns"`
}

type columnJSON struct {
	ID          int          `json:"id"`
	Name        string       `json:"name"`
	Type        Type         `json:"type"`
	Nullable    bool         `json:"nullable"`
	Path        string       `json:"path,omitempty"`
	Description string       `json:"description"`
	Provenance  Provenance   `json:"provenance"`
	Personal    bool         `json:"personal"`
	Hashed      bool         `json:"hashed,omitempty"`
	Element     *columnJSON  `json:"element,omitempty"`
	Fields      []columnJSON `json:"fields,omitempty"`
}

// describeJSON implements Table.JSON.
func describeJSON(t *Table) ([]byte, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	err := encoder.Encode(tableJSON{
		Name:        t.Name,
		Version:     t.Version,
		Fingerprint: t.Fingerprint(),
		Description: t.Description,
		Columns:     columnsJSON(t.Columns),
	})
	return text.Bytes(), err
}

func columnsJSON(columns []Column) []columnJSON {
	described := make([]columnJSON, len(columns))
	for i, column := range columns {
		described[i] = columnJSON{
			ID:          column.ID,
			Name:        column.Name,
			Type:        column.Type,
			Nullable:    !column.Required,
			Path:        column.Path,
			Description: column.Description,
			Provenance:  column.Provenance,
			Personal:    column.Personal,
			Hashed:      column.Hashed,
		}
		if column.Elem != nil {
			described[i].Element = &columnsJSON([]Column{*column.Elem})[0]
		}
		if column.Fields != nil {
			described[i].Fields = columnsJSON(column.Fields)
		}
	}
	return described
}
