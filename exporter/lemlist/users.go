package lemlist

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/agext/levenshtein"

	"github.com/lemexport/lemexport/exporter"
)

// choose returns the users to read: those that were chosen, or the whole team.
// Whoever is chosen and not in the team is an error that names them, unless that is no id:
// it could be a key.
func (t team) choose(chosen []string) ([]string, error) {
	if len(chosen) == 0 {
		return t.users, nil
	}
	var users, strangers []string
	for _, id := range chosen {
		switch {
		case slices.Contains(users, id), slices.Contains(strangers, id):
		case slices.Contains(t.users, id):
			users = append(users, id)
		default:
			strangers = append(strangers, id)
		}
	}
	if len(strangers) == 0 {
		return users, nil
	}
	usual := regexp.MustCompile(`^usr_[A-Za-z0-9]+$`)
	shown := slices.Clone(strangers)
	for i, id := range shown {
		if !usual.MatchString(id) {
			shown[i] = fmt.Sprintf("element %d of users (which is no id)", slices.Index(chosen, id)+1)
		}
	}
	err := fmt.Errorf("not in the team %s: %s", t.id, strings.Join(shown, ", "))
	strangers = slices.DeleteFunc(strangers, func(id string) bool { return !usual.MatchString(id) })
	return nil, exporter.WithHint(err, t.suggest(strangers)+"The team's users are "+listed(t.users)+".")
}

// suggest names the team's users whose ids are near those given, a sentence each.
func (t team) suggest(strangers []string) string {
	var sentences strings.Builder
	for _, stranger := range strangers {
		best, least := "", 1+len(stranger)/3
		for _, id := range t.users {
			if d := levenshtein.Distance(stranger, id, nil); d < least {
				best, least = id, d
			}
		}
		if best != "" {
			fmt.Fprintf(&sentences, "Instead of %s, did you mean %s? ", stranger, best)
		}
	}
	return sentences.String()
}

// listed joins ids; a large team is cut.
func listed(ids []string) string {
	const most = 50
	if len(ids) <= most {
		return strings.Join(ids, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(ids[:most], ", "), len(ids)-most)
}
