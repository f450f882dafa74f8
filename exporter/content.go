package exporter

// contentOf is what a manifest says of the rows of a digest.
func contentOf(digest Digest) Content {
	sum, fetched := digest.Text()
	return Content{Algorithm: ContentAlgorithm, SHA256: sum, FetchedAt: fetched}
}

// digestOf is the digest that the content of so many rows came from; false when it
// was computed in another way.
func digestOf(content Content, count int64) (Digest, bool) {
	if content.Algorithm != ContentAlgorithm {
		return Digest{}, false
	}
	return ParseDigest(content.SHA256, content.FetchedAt, count)
}
