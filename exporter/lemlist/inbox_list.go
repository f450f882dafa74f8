package lemlist

import (
	"cmp"
	"slices"
)

// inboxList is some of the inboxes, in the order of users. Inboxes that come and go stand
// near either end, so that neither costs more in a large team.
type inboxList []*inbox

// set adds an inbox to the list, or removes it.
func (l *inboxList) set(in *inbox, wanted bool) {
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
