package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/schema"
)

// userNames are what the page calls the users of the rows and the inboxes of the proof.
type userNames struct {
	users, inboxes map[string]string
	replacer       *strings.Replacer
	// matched says that rows and proof have the same ids. Where the rows have hashes, or
	// no ids, nobody can say which inbox is whose.
	matched, hashed bool
	// named says that at least one user has a name, shown that ids are not numbered.
	named, shown bool
}

// newUserNames numbers the users, those with the most conversations first. With
// personal they have their names, or keep their ids where no name is known.
func newUserNames(table *schema.Table, f *facts, proof exporter.Proof, known map[string]string, personal bool) userNames {
	id, found := table.Find(table.NameOf(schema.RoleUserID))
	u := userNames{users: map[string]string{}, shown: personal, hashed: id.Hashed, matched: found && !id.Hashed}
	inboxes := "Inbox"
	u.inboxes = map[string]string{}
	if u.matched {
		u.inboxes, inboxes = u.users, "User"
	}
	bearers := map[string]int{}
	for _, name := range known {
		bearers[name]++
	}
	var ids []string
	add := func(to map[string]string, kind, id string, personal bool) {
		if _, ok := to[id]; ok {
			return
		}
		switch name := shorten(known[id]); {
		case !personal:
			to[id] = fmt.Sprintf("%s %d", kind, len(to)+1)
		case name == "":
			to[id] = id
		case bearers[known[id]] > 1:
			to[id], u.named = fmt.Sprintf("%s (%s)", name, id), true
		default:
			to[id], u.named = name, true
		}
		if id != "" {
			ids = append(ids, id)
		}
	}
	for _, one := range f.users.ranked(func(u *userFacts) int64 { return u.rows }) {
		add(u.users, "User", one.name, personal && u.matched)
	}
	for _, user := range proof.Partitions {
		add(u.inboxes, inboxes, user.Partition, personal)
	}
	for _, user := range proof.Skipped {
		add(u.inboxes, inboxes, user.Partition, personal)
	}
	// An id may begin like another: the longer one goes first.
	slices.SortFunc(ids, func(a, b string) int { return len(b) - len(a) })
	var pairs []string
	for _, id := range ids {
		name, ok := u.inboxes[id]
		if !ok {
			name = u.users[id]
		}
		pairs = append(pairs, id, name)
	}
	u.replacer = strings.NewReplacer(pairs...)
	return u
}

func (u userNames) of(id string) string { return u.users[id] }

func (u userNames) inbox(id string) string { return u.inboxes[id] }

// in replaces the ids in a text.
func (u userNames) in(text string) string { return u.replacer.Replace(text) }

// note says how the users of the rows are called.
func (u userNames) note() string {
	const shared = "Users share conversations, so the numbers do not add up to the rows."
	switch {
	case u.hashed:
		return shared + " Users are numbered: the export has only hashes of their ids, so it does not say which inbox is whose."
	case !u.shown:
		return shared + " Users are numbered; lemexport report -personal shows who they are."
	}
	return shared
}
