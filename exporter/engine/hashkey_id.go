package engine

import (
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/lemexport/lemexport/exporter"
)

// hashKeyID tells one hash key from another. The key does not follow from it, and to
// test a guess with it takes hashKeyRounds times as long as with a hash in the data.
type hashKeyID struct {
	id string
	// earlier is the id that earlier versions wrote: one HMAC. It is only compared.
	earlier string
}

const (
	hashKeyRounds = 600_000
	hashKeySalt   = "lemexport hash key id v2"
	// hashKeyLabel is what the earlier id is the HMAC of.
	hashKeyLabel = "lemexport hash key id v1"
)

// newHashKeyID is the zero id where nothing is hashed.
func newHashKeyID(columns exporter.Columns) (hashKeyID, error) {
	if len(columns.Hash) == 0 {
		return hashKeyID{}, nil
	}
	key := columns.HashKey.Reveal()
	id, err := pbkdf2.Key(sha256.New, key, []byte(hashKeySalt), hashKeyRounds, 16)
	if err != nil {
		return hashKeyID{}, fmt.Errorf("id of the hash key: %w", err)
	}
	mac := hmac.New(sha256.New, []byte(key))
	_, _ = mac.Write([]byte(hashKeyLabel)) // a hash never fails
	return hashKeyID{id: "v2:" + hex.EncodeToString(id), earlier: hex.EncodeToString(mac.Sum(nil)[:8])}, nil
}

// is reports whether a manifest states this key.
func (k hashKeyID) is(m *exporter.ManifestColumns) bool {
	return m.KeyID() == k.id || k.earlier != "" && m.KeyID() == k.earlier
}
