package engine

import (
	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/rows"
)

// contentOf is what a manifest says of the rows of a digest.
func contentOf(digest rows.Digest) exporter.Content {
	sum, fetched := digest.Text()
	return exporter.Content{Algorithm: rows.ContentAlgorithm, SHA256: sum, FetchedAt: fetched}
}

// digestOf is the digest that the content of so many rows came from; false when it
// was computed in another way.
func digestOf(content exporter.Content, count int64) (rows.Digest, bool) {
	if content.Algorithm != rows.ContentAlgorithm {
		return rows.Digest{}, false
	}
	return rows.ParseDigest(content.SHA256, content.FetchedAt, count)
}
