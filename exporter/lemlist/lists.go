package lemlist

import (
	"cmp"
	"slices"
)

// lists are some inboxes, in the order of users. What comes and goes stands near
// either end, so that neither costs more in a team of many.
type lists []*inbox

// set puts an inbox into the lists, or takes it out.
func (l *lists) set(in *inbox, wanted bool) {
	at, there := slices.BinarySearchFunc(*l, in, func(a, b *inbox) int { return cmp.Compare(a.number, b.number) })
	switch {
	case wanted == there:
	case wanted:
		*l = slices.Insert(*l, at, in)
	case at < len(*l)/2: // the few before it move, not the many behind
		copy((*l)[1:at+1], (*l)[:at])
		(*l)[0] = nil
		*l = (*l)[1:]
	default:
		*l = slices.Delete(*l, at, at+1)
	}
}
