package decode

import (
	"slices"

	"github.com/go-json-experiment/json/jsontext"
)

const (
	// longestTeamID is how many bytes the id of a team may have: every row repeats it.
	// Those of lemlist have 21.
	longestTeamID = 200
	// maxUsers is how many entries both lists of a team may have together.
	maxUsers = 1_000_000
)

// teamKeys are the keys of a team that are read. The others may hold secrets: of them
// neither the name nor the value is kept.
var teamKeys = [...]string{"_id", "userIds", "users"} //nolint:gochecknoglobals // never changed

// teamAnswer is where the values of teamKeys start in the text; 0 where there is none.
type teamAnswer [len(teamKeys)]int

// readTeam reads schema.EnvelopeTeam: a row for every element of `users`, then one for every
// id of `userIds` that none of these has.
func readTeam(rows *fastRows, text []byte, from origin) (broken *PageError) {
	found, broken := findTeam(&rows.rows, text)
	if broken != nil {
		return broken
	}
	id, ids, users := found[0], found[1], found[2]
	if from.teamID, broken = teamID(text, id); broken != nil {
		return broken
	}
	if count(text, ids)+count(text, users) > maxUsers {
		return brokenAt(max(ids, users), "more than 1,000,000 users")
	}
	n := rows.row.len()
	if isSet(text, users) {
		if _, broken = rows.appendList(text, users, "users", from); broken != nil {
			return broken
		}
	}
	if isSet(text, ids) {
		if broken = appendUserIDs(&rows.rows, text, ids, n, from); broken != nil {
			return broken
		}
	}
	if rows.row.len() == n { // the key belongs to one
		return brokenAt(len(text), "it has no users")
	}
	return nil
}

// findTeam scans the whole object, so that its text is known to be valid.
func findTeam(rows *rows, text []byte) (found teamAnswer, broken *PageError) {
	i, broken := begins(text, '{')
	if broken != nil {
		return found, broken
	}
	i, more := scanItem(text, i+1, true, '}')
	for more {
		end, value, _ := scanName(text, i)
		if end < 0 {
			return found, malformed(text)
		}
		if at := slices.Index(teamKeys[:], string(rows.unquote(text[i:end]))); at >= 0 {
			if found[at] > 0 {
				return found, brokenAt(end, "%s comes twice", teamKeys[at])
			}
			found[at] = value
		}
		i, _ = scanValue(text, value, 1)
		i, more = scanItem(text, i, false, '}')
	}
	return found, ends(text, i, "object")
}

// teamID reads the id that starts at text[i].
func teamID(text []byte, i int) (id []byte, broken *PageError) {
	end, _ := scanString(text, i)
	switch {
	case end < 0 || !isPresent(text[i:end]):
		return nil, brokenAt(i, "it has no _id that is a non-empty string")
	case end-i > longestTeamID:
		return nil, brokenAt(end, "it has an _id of more than 200 bytes")
	}
	id, err := jsontext.AppendUnquote(nil, text[i:end])
	if err != nil {
		return nil, brokenAt(end, "it has an _id that is not Unicode")
	}
	return id, nil
}

// appendUserIDs appends a row for every id of the list that starts at text[i] that has no
// row yet. The rows from the nth on are those of `users`.
func appendUserIDs(rows *rows, text []byte, i, n int, from origin) *PageError {
	if text[i] != '[' {
		return instead(text, i, "userIds", "an array")
	}
	known := map[string]struct{}{}
	for row := n; row < rows.row.len(); row++ {
		known[string(rows.key.textAt(row))] = struct{}{}
	}
	i, more := scanItem(text, i+1, true, ']')
	for n := 0; more; n++ {
		end, _ := scanValue(text, i, 2)
		if !isPresent(text[i:end]) {
			return brokenAt(end, "userIds[%d] is not a non-empty string", n)
		}
		id := string(rows.unquote(text[i:end]))
		if _, again := known[id]; !again {
			known[id] = struct{}{}
			row := slices.Concat([]byte("{"+rows.key.prefix), text[i:end], []byte("}"))
			if reason := rows.appendSlow(row, from); reason != "" {
				return brokenAt(end, "userIds[%d] %s", n, reason)
			}
		}
		i, more = scanItem(text, end, false, ']')
	}
	return nil
}

// isSet reports whether a value of a valid text starts at text[i] and is not null.
func isSet(text []byte, i int) bool { return i > 0 && text[i] != 'n' }

// count counts the elements of the array that starts at text[i]; 0 when there is none.
func count(text []byte, i int) (n int) {
	if i > 0 && text[i] == '[' {
		for range elements(text[i:]) {
			n++
		}
	}
	return n
}
