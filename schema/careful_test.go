package schema

import (
	"encoding/json"
	"errors"
)

// carefully decodes a page by the careful path alone. It finds the rows with
// encoding/json.
func carefully(d *Decoder, body []byte) (Page, error) {
	var page struct {
		Data []json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(body, &page); err != nil {
		return Page{}, err
	}
	for _, row := range page.Data {
		if reason := d.rows.append(row, fetched); reason != "" {
			d.rows.row.cut(0)
			d.surprises.take()
			return Page{}, errors.New(reason)
		}
	}
	return Page{Record: d.Take(), UnknownFields: d.surprises.take()}, nil
}
