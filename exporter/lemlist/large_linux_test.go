package lemlist

import (
	"context"
	"fmt"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/lemlist/client"
	"github.com/lemexport/lemexport/internal/test/apitest"
	"github.com/lemexport/lemexport/schema"
	"github.com/lemexport/lemexport/schema/decode"
)

// emptyLists gives every user an empty list, at once.
type emptyLists struct{ page decode.Page }

func (l emptyLists) fetch(ctx context.Context, _ pageRequest) (response, error) {
	l.page.Record.Retain()
	return response{page: l.page, Response: client.Response{Sent: time.Now(), Arrived: time.Now()}}, ctx.Err()
}

func emptyListsOf(t *testing.T) emptyLists {
	t.Helper()
	page, err := decode.NewDecoder(schema.InboxConversations(), memory.NewGoAllocator()).Decode([]byte(apitest.EmptyPage), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return emptyLists{page}
}

// computing is the processor time that work takes.
func computing(t *testing.T, work func()) time.Duration {
	t.Helper()
	used := func() time.Duration {
		var usage syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
			t.Fatal(err)
		}
		return time.Duration(usage.Utime.Nano())
	}
	before := used()
	work()
	return used() - before
}

func idsOf(users int) (ids []string) {
	for i := range users {
		ids = append(ids, fmt.Sprintf("usr_%d", i))
	}
	return ids
}

func TestAWalkCostsAsMuchForEachUserOfALargeTeam(t *testing.T) {
	list := emptyListsOf(t)
	cost := func(users int) time.Duration {
		return computing(t, func() {
			w := newWalk(t.Context(), list, idsOf(users), exact, newOnce(nil))
			for _, err := range w.Pages() {
				if err != nil {
					t.Fatal(err)
				}
			}
			if proof := w.Proof(); !proof.Complete || len(proof.Partitions) != users {
				t.Errorf("%d of %d users, %v", len(proof.Partitions), users, proof.Reasons)
			}
		})
	}
	cost(1000)
	small, large := cost(8_000), cost(64_000)
	t.Logf("%s for 8,000 users, %s for 64,000", small, large)
	if large > 30*small { // the square is 64 times as much
		t.Errorf("%s for 8,000 users, %s for 64,000", small, large)
	}
}

func TestListsStayInTheOrderOfUsers(t *testing.T) {
	all := make([]*inbox, 9)
	for i := range all {
		all[i] = &inbox{number: i}
	}
	var l inboxList
	want := map[int]bool{}
	for step := range 10_000 {
		number := step * step % 83 % len(all)
		want[number] = step%3 != 0
		l.set(all[number], want[number])
		var numbers []int
		for _, in := range l {
			numbers = append(numbers, in.number)
		}
		if !slices.IsSorted(numbers) {
			t.Fatal(numbers)
		}
		for number := range all {
			if slices.Contains(numbers, number) != want[number] {
				t.Fatalf("%v, want %v", numbers, want)
			}
		}
	}
}

func TestALargeTeamIsChosenFromInLinearTime(t *testing.T) {
	members := team{id: "tea_1", users: idsOf(160_000)}
	if took := computing(t, func() {
		users, err := members.choose(members.users)
		if err != nil || len(users) != 160_000 {
			t.Errorf("%d users, %v", len(users), err)
		}
		strangers := idsOf(160_000)
		for i := range strangers {
			strangers[i] += "x"
		}
		if _, err := members.choose(strangers); err == nil || len(err.Error()) > 2000 || len(exporter.Hint(err)) > 2000 {
			t.Errorf("%.3000v: %.3000s", err, exporter.Hint(err))
		}
	}); took > 10*time.Second { // the square takes minutes
		t.Errorf("%s", took)
	}
}
