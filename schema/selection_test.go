package schema

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// A hash tells no more than whether texts are equal, and only where text was.
func TestAHashTellsOnlyEquality(t *testing.T) {
	key := []byte("a key for tests that is long")
	mask, err := NewMask(InboxConversations(), Selection{Hash: []string{"contact.email", "contact.full_name"}}, key)
	if err != nil {
		t.Fatal(err)
	}
	hashed := func(text string) string {
		mac := hmac.New(sha256.New, key)
		mac.Write([]byte(text))
		return hex.EncodeToString(mac.Sum(nil))
	}
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.String().Draw(t, "text")
		if got := mask.Hash(text); got != hashed(text) {
			t.Fatalf("the hash of %q is %s", text, got)
		}
	})
	other, err := NewMask(InboxConversations(), Selection{Hash: []string{"contact.email"}}, []byte("another key of the same kind"))
	if err != nil {
		t.Fatal(err)
	}
	if other.Hash("a") == mask.Hash("a") {
		t.Error("another key gives the same hash")
	}
	if _, err := NewMask(InboxConversations(), Selection{Hash: []string{"contact.email"}}, nil); err == nil {
		t.Error("hashes without a key")
	}
}

func TestSelections(t *testing.T) {
	whole := InboxConversations()
	if same, err := whole.Select(Selection{}); err != nil || same != whole {
		t.Errorf("the whole table is not itself: %v", err)
	}
	for name, s := range map[string]Selection{
		"the id":                {Exclude: []string{"id"}},
		"the version":           {Exclude: []string{"last_activity_at"}},
		"the time of reading":   {Exclude: []string{"fetched_at"}},
		"a hash of the id":      {Hash: []string{"id"}},
		"no such column":        {Exclude: []string{"contact.mail"}},
		"an element":            {Hash: []string{"users.element.user_id"}},
		"a hash of a struct":    {Hash: []string{"contact"}},
		"a hash of structs":     {Hash: []string{"users"}},
		"a hash of a time":      {Hash: []string{"created_at"}},
		"a hash of JSON":        {Hash: []string{"extra"}},
		"both":                  {Exclude: []string{"contact.email"}, Hash: []string{"contact.email"}},
		"a hash of what is out": {Exclude: []string{"contact"}, Hash: []string{"contact.email"}},
	} {
		if _, err := whole.Select(s); err == nil {
			t.Errorf("%s is allowed", name)
		}
	}
	fingerprints := map[string]string{whole.Fingerprint(): "the whole table"}
	for _, s := range []Selection{
		{Exclude: []string{"contact.email"}}, {Hash: []string{"contact.email"}}, {Hash: []string{"channels"}},
		{Exclude: []string{"contact"}}, {Exclude: []string{"extra"}},
	} {
		table, err := whole.Select(s)
		if err != nil {
			t.Fatal(err)
		}
		if other, taken := fingerprints[table.Fingerprint()]; taken {
			t.Errorf("%v has the fingerprint of %s", s, other)
		}
		fingerprints[table.Fingerprint()] = fmt.Sprint(s)
	}
	all, err := whole.Select(Selection{Exclude: []string{"contact.id", "contact.full_name", "contact.email"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := all.Find("contact"); ok {
		t.Error("a struct without fields is left")
	}
	if again, _ := whole.Select(Selection{}); len(again.Columns) != len(newInboxConversations().Columns) {
		t.Error("selecting has changed the table")
	}
	if diff := cmp.Diff([]string{"hmac-sha256", "", ""}, hashedMetadata(t, Selection{Hash: []string{"contact.email"}})); diff != "" {
		t.Errorf("metadata of email, full_name, id (-want +got):\n%s", diff)
	}
}

func hashedMetadata(t *testing.T, s Selection) []string {
	t.Helper()
	table, err := InboxConversations().Select(s)
	if err != nil {
		t.Fatal(err)
	}
	_, at, _ := table.Column("contact")
	var found []string
	for _, name := range []string{"email", "full_name", "id"} {
		field, _ := table.Arrow().Field(at).Type.(*arrow.StructType).FieldByName(name)
		value, _ := field.Metadata.GetValue(MetaHashed)
		found = append(found, value)
	}
	return found
}
