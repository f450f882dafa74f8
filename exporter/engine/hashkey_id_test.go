package engine_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/lemlist/sim"
	"github.com/lemexport/lemexport/schema"
)

// The engine is not only used with a configuration that was checked.
func TestTheEngineHashesWithNoWeakKey(t *testing.T) {
	b := newBench(t, sim.Options{Conversations: 10})
	_, err := b.Start(t.Context(), b.both(columns(nil, []string{"contact.email"}, "aaaaaaaaaaaaaaaa"), b.dir), exporter.Unobserved{})
	if err == nil || !strings.Contains(exporter.Hint(err), "hash-key") {
		t.Errorf("start: %v", err)
	}
}

// earlierKeyID is how earlier versions made the id of a key.
func earlierKeyID(key string) string {
	mac := hmac.New(sha256.New, []byte(key))
	_, _ = mac.Write([]byte("lemexport hash key id v1"))
	return hex.EncodeToString(mac.Sum(nil)[:8])
}

// A guess of the key must not be confirmed with the work of one hash.
func TestTheManifestHoldsNoCheapIDOfTheKey(t *testing.T) {
	b := newBench(t, sim.Options{Conversations: 30})
	_, summary := b.mustApply(t, b.both(columns(nil, []string{"contact.email"}, aHashKey), b.dir))
	body, err := os.ReadFile(b.file())
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := json.Marshal(summary.Exports[0].Manifest)
	if err != nil {
		t.Fatal(err)
	}
	key, err := hex.DecodeString(aHashKey)
	if err != nil {
		t.Fatal(err)
	}
	for _, cheap := range []string{earlierKeyID(aHashKey), hex.EncodeToString(sum(aHashKey)), hex.EncodeToString(sum(string(key)))} {
		for _, text := range [][]byte{body, manifest} {
			if bytes.Contains(text, []byte(cheap[:8])) {
				t.Errorf("%q, which follows from the key with one hash, is in the file", cheap[:8])
			}
		}
	}
}

func sum(text string) []byte {
	all := sha256.Sum256([]byte(text))
	return all[:]
}

// restated is a format whose files state another manifest.
type restated struct {
	exporter.Format
	change func(*exporter.Manifest)
}

func (r restated) Create(w io.Writer, table *schema.Table, export exporter.Export) (exporter.Sink, error) {
	sink, err := r.Format.Create(w, table, export)
	return restatedSink{sink, r.change}, err
}

type restatedSink struct {
	exporter.Sink
	change func(*exporter.Manifest)
}

func (r restatedSink) Finish(text []byte) error {
	var manifest exporter.Manifest
	if err := json.Unmarshal(text, &manifest); err != nil {
		return err
	}
	r.change(&manifest)
	text, err := json.Marshal(manifest)
	return errors.Join(err, r.Sink.Finish(text))
}

// A file of an earlier version states another id of the same key.
func TestAFileWithTheEarlierKeyIDIsGoneOnFrom(t *testing.T) {
	for name, test := range map[string]struct {
		key     string
		changes int
		kept    bool
	}{
		"the same key": {aHashKey, 0, true},
		"another key":  {otherHashKey, 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, sim.Options{Conversations: 60})
			masked := func(key string) exporter.Job {
				return in(exporter.ModeMerge, b.both(columns(nil, []string{"contact.email"}, key), b.dir))
			}
			plain := b.Formats["parquet"]
			b.Formats["parquet"] = restated{plain, func(m *exporter.Manifest) { m.Columns.HashKeyID = earlierKeyID(aHashKey) }}
			b.mustApply(t, masked(aHashKey))
			b.Formats["parquet"] = plain
			plan, summary := b.mustApply(t, masked(test.key))
			if got := plan.Exports[0]; len(got.SchemaChanges) != test.changes || (got.Increment.Full == "") != test.kept {
				t.Errorf("the plan says %q, full: %q", got.SchemaChanges, got.Increment.Full)
			}
			if id := summary.Exports[0].Manifest.Columns.HashKeyID; !strings.HasPrefix(id, "v2:") {
				t.Errorf("the new file states the id %q", id)
			}
			b.mustVerify(t, b.dir)
		})
	}
}

// Whether files with ids of two versions have one key cannot be known without it.
func TestFilesOfAnAppendWithDifferentKeysAreNotReadAsOne(t *testing.T) {
	for name, test := range map[string]struct {
		second  string
		earlier bool
		fails   bool
	}{
		"one key":                         {aHashKey, false, false},
		"two keys":                        {otherHashKey, false, true},
		"one key, with ids that disagree": {aHashKey, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t, sim.Options{Conversations: 60})
			b.sortableIDs()
			hashed := func(key string) exporter.Job {
				return in(exporter.ModeAppend, b.both(columns(nil, []string{"contact.email"}, key), b.dir))
			}
			plain := b.Formats["parquet"]
			if test.earlier {
				b.Formats["parquet"] = restated{plain, func(m *exporter.Manifest) { m.Columns.HashKeyID = earlierKeyID(aHashKey) }}
			}
			b.mustApply(t, hashed(aHashKey))
			b.Formats["parquet"] = plain
			b.churn(10, 1, sim.Jump)
			b.mustApply(t, hashed(test.second))
			file, err := b.OpenFile(t.Context(), b.dir)
			if (err != nil) != test.fails || err != nil && !strings.Contains(err.Error(), "hashes of different keys") {
				t.Errorf("open: %v", err)
			}
			if err == nil {
				err = file.Close()
			}
			if err != nil && exporter.Hint(err) == "" {
				t.Error(err)
			}
		})
	}
}

func TestTheManifestNamesWhatStillIdentifiesPeople(t *testing.T) {
	b := newBench(t, sim.Options{Conversations: 20})
	plan, summary := b.mustApply(t, b.both(columns([]string{"extra", "contact_id", "opportunities"}, []string{"contact.email", "created_by"}, aHashKey), b.dir))
	want := "id last_sent_subject last_sent_message_preview last_replied_subject last_replied_message_preview users.user_id contact.id contact.full_name"
	for _, got := range []*exporter.ManifestColumns{plan.Exports[0].Columns, summary.Exports[0].Manifest.Columns} {
		if strings.Join(got.Personal, " ") != want {
			t.Errorf("personal: %q", got.Personal)
		}
	}
	for _, name := range []string{"id", "contact_id", "created_by", "users.user_id", "contact.id", "opportunities.id", "extra"} {
		if column, ok := schema.InboxConversations().Find(name); !ok || !column.Personal {
			t.Errorf("%s is not marked personal", name)
		}
	}
}
