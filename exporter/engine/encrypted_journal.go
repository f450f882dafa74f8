package engine

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"iter"

	"github.com/lemexport/lemexport/exporter"
)

// encryptedJournal is a journal whose entries are encrypted (AES-256-GCM): they hold what
// the API sent, which an export may leave out or hash. The key is derived from
// the API key, so that nothing has to be kept; another key reads nothing, and the
// walk starts over.
//
// An entry is a random nonce, the ciphertext and its tag. It is bound to its
// place: to how many entries are before it, and to the tag of the last of them.
// So entries cannot be moved, left out or mixed with those of an older run. What
// can be done is to cut the end off, as a crash does.
type encryptedJournal struct {
	exporter.Journal
	aead  cipher.AEAD
	place position
	plain []byte
	entry []byte
}

// position is where the next entry goes.
type position struct {
	number uint64
	before [tagSize]byte
}

const (
	tagSize = 16
	// encryptionLabel keeps the key apart from what else is derived from the API key.
	encryptionLabel = "lemexport journal v1 "
)

func encrypted(journal exporter.Journal, name string, key exporter.Secret) (*encryptedJournal, error) {
	derived, err := hkdf.Key(sha256.New, []byte(key.Reveal()), nil, encryptionLabel+name, 32)
	if err != nil {
		return nil, fmt.Errorf("journal key: %w", err)
	}
	block, err := aes.NewCipher(derived)
	if err != nil {
		return nil, fmt.Errorf("journal cipher: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("journal cipher: %w", err)
	}
	return &encryptedJournal{Journal: journal, aead: aead}, nil
}

// bytes is what an entry at the place is authenticated with.
func (p position) bytes() []byte { return binary.LittleEndian.AppendUint64(p.before[:], p.number) }

// after is the place behind an entry.
func (p position) after(entry []byte) position {
	return position{number: p.number + 1, before: [tagSize]byte(entry[len(entry)-tagSize:])}
}

// Entries implements Journal. An entry that cannot be opened ends the journal,
// as a damaged one does.
func (s *encryptedJournal) Entries() iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		s.place = position{}
		for entry, err := range s.Journal.Entries() {
			if err != nil {
				yield(nil, err)
				return
			}
			size := s.aead.NonceSize()
			if len(entry) < size+tagSize {
				return
			}
			s.plain, err = s.aead.Open(s.plain[:0], entry[:size], entry[size:], s.place.bytes())
			if err != nil {
				return
			}
			next := s.place.after(entry)
			if !yield(s.plain, nil) {
				return
			}
			s.place = next
		}
	}
}

// largestEntryKept is the largest entry whose memory is used again.
const largestEntryKept = 1 << 20

// Append implements Journal.
func (s *encryptedJournal) Append(plain []byte) error {
	size := s.aead.NonceSize()
	s.entry = append(s.entry[:0], make([]byte, size)...)
	if _, err := rand.Read(s.entry); err != nil {
		return fmt.Errorf("journal nonce: %w", err)
	}
	s.entry = s.aead.Seal(s.entry, s.entry[:size], plain, s.place.bytes())
	if err := s.Journal.Append(s.entry); err != nil {
		return err
	}
	s.place = s.place.after(s.entry)
	if cap(s.entry) > largestEntryKept {
		s.entry = nil
	}
	return nil
}
