package lemlist

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/internal/nearest"
)

// usualID is the form of every user id that was seen.
var usualID = regexp.MustCompile(`^usr_[A-Za-z0-9]+$`)

// choose returns the users to read: those that were chosen, or the whole team.
// Whoever is chosen and not in the team is an error that names them, unless that is no id:
// it could be a key.
func (t team) choose(chosen []string) ([]string, error) {
	if len(chosen) == 0 {
		return t.users, nil
	}
	there, seen := make(map[string]bool, len(t.users)), make(map[string]bool, len(chosen))
	for _, id := range t.users {
		there[id] = true
	}
	var users, strangers, shown []string
	for i, id := range chosen {
		switch {
		case seen[id]:
		case there[id]:
			users = append(users, id)
		case usualID.MatchString(id):
			strangers, shown = append(strangers, id), append(shown, id)
		default:
			shown = append(shown, fmt.Sprintf("element %d of users (not a user id)", i+1))
		}
		seen[id] = true
	}
	if len(shown) == 0 {
		return users, nil
	}
	err := fmt.Errorf("not in the team %s: %s", t.id, listed(shown))
	return nil, exporter.WithHint(err, t.suggest(strangers)+"The team's users are "+listed(t.users)+".")
}

// mostSuggested and mostCompared bound the search for ids that are near: how many
// ids it is for, and in how large a team.
const (
	mostSuggested = 5
	mostCompared  = 2_000
)

// suggest names the team's users whose ids are near the first of those given, a
// sentence each.
func (t team) suggest(strangers []string) string {
	var sentences strings.Builder
	for _, stranger := range strangers[:min(len(strangers), mostSuggested)] {
		if best := nearest.Name(stranger, t.users[:min(len(t.users), mostCompared)]); best != "" {
			fmt.Fprintf(&sentences, "Instead of %s, did you mean %s? ", stranger, best)
		}
	}
	return sentences.String()
}

// listed joins ids; a large team is cut.
func listed(ids []string) string {
	const most = 20
	if len(ids) <= most {
		return strings.Join(ids, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(ids[:most], ", "), len(ids)-most)
}
