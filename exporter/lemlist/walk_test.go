package lemlist

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/lemlist/client"
	"github.com/lemexport/lemexport/exporter/lemlist/prover"
	"github.com/lemexport/lemexport/schema"
	"github.com/lemexport/lemexport/schema/decode"
)

// shelf is a fetcher over lists, one per user, that gives Arrow records from a
// checked allocator.
type shelf struct {
	lists  map[string]*list
	fails  map[string]error         // user:page
	lapses map[string]int           // user:page, refused so many times as not in the team
	names  func(user string) string // whom the rows name; nil is nobody
	memory *memory.CheckedAllocator
	mu     sync.Mutex // one request at a time: a request is a moment
}

func newShelf(t *testing.T, lists map[string]*list) *shelf {
	s := &shelf{lists: lists, fails: map[string]error{}, lapses: map[string]int{}, names: func(user string) string { return user }, memory: memory.NewCheckedAllocator(memory.DefaultAllocator)}
	t.Cleanup(func() { s.memory.AssertSize(t, 0) })
	return s
}

func (s *shelf) fetch(ctx context.Context, r pageRequest) (response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	spent := client.Cost{Requests: 2, Retries: 1}
	if err := ctx.Err(); err != nil {
		return response{}, err
	}
	if err := s.fails[fmt.Sprint(r.user, ":", r.page)]; err != nil {
		return response{Response: client.Response{Cost: spent}}, err
	}
	if at := fmt.Sprint(r.user, ":", r.page); s.lapses[at] > 0 {
		s.lapses[at]--
		now := time.Now()
		return response{Response: client.Response{Cost: spent, Sent: now, Arrived: now}}, client.ErrUserNotInTeam
	}
	l, ok := s.lists[r.user]
	if !ok {
		return response{Response: client.Response{Cost: spent}}, fmt.Errorf("read it: %w", client.ErrUserNotInTeam)
	}
	rows, says := l.page(r.page, r.size)
	sent := l.now
	l.now = l.now.Add(20 * time.Millisecond)
	return response{
		page:     decode.Page{Record: s.record(r.user, rows), Pagination: says, UnknownFields: []string{"novelty"}},
		Response: client.Response{Sent: sent, Arrived: l.now, Cost: spent},
	}, nil
}

func (s *shelf) record(user string, rows []row) arrow.Record {
	table := schema.InboxConversations()
	_, id, _ := table.Column("id")
	_, activity, _ := table.Column("last_activity_at")
	_, users, _ := table.Column("users")
	builder := array.NewRecordBuilder(s.memory, table.Arrow())
	defer builder.Release()
	for _, one := range rows {
		for i, field := range builder.Fields() {
			switch i {
			case id:
				field.(*array.StringBuilder).Append(one.id)
			case activity:
				field.(*array.TimestampBuilder).Append(arrow.Timestamp(one.at * 1000))
			case users:
				s.name(field.(*array.ListBuilder), user)
			default:
				field.AppendNull()
			}
		}
	}
	return builder.NewRecord()
}

// name has a row name the one user whom it should.
func (s *shelf) name(list *array.ListBuilder, user string) {
	if s.names == nil {
		list.AppendNull()
		return
	}
	list.Append(true)
	one := list.ValueBuilder().(*array.StructBuilder)
	one.Append(true)
	one.FieldBuilder(0).(*array.StringBuilder).Append(s.names(user))
	for i := 1; i < one.NumField(); i++ {
		one.FieldBuilder(i).AppendNull()
	}
}

// events collects what an observer is told.
type events []exporter.Event

func (e *events) Observe(event exporter.Event) { *e = append(*e, event) }

func TestWalkReadsEveryUserAndAccountsForIt(t *testing.T) {
	s := newShelf(t, map[string]*list{
		"usr_a": newList(25, 10),
		"usr_c": newList(3, 10),
		"usr_d": newList(0, 10),
	})
	var seen events
	w := newWalk(t.Context(), s, []string{"usr_a", "usr_b", "usr_c", "usr_d"}, exact, &seen)
	if proof := w.Proof(); proof.Complete {
		t.Error("complete before it began")
	}
	rows, pages := map[string]int64{}, map[string][]int64{}
	for page, err := range w.Pages() {
		if err != nil {
			t.Fatal(err)
		}
		rows[page.Partition] += page.Record.NumRows()
		pages[page.Partition] = append(pages[page.Partition], page.Number)
	}
	if want := map[string][]int64{"usr_a": {1, 2, 3, 1}, "usr_c": {1}, "usr_d": {1}}; !maps.EqualFunc(pages, want, slices.Equal) {
		t.Errorf("pages %v, want %v", pages, want)
	}
	proof := w.Proof()
	if !proof.Complete || proof.Method != prover.MethodSweep || proof.Requests != 16 || proof.Retries != 8 || proof.RowsRead != 38 || len(proof.Reasons) != 0 {
		t.Errorf("proof %+v", proof)
	}
	if len(proof.Skipped) != 1 || proof.Skipped[0].Partition != "usr_b" {
		t.Errorf("skipped %+v", proof.Skipped)
	}
	first := proof.Partitions[0]
	if first.Partition != "usr_a" || first.Pages != 4 || first.Requests != 8 || first.RowsRead != 35 || first.Passes != 1 || first.Sweeps != 1 ||
		*first.TotalStart != 25 || *first.TotalEnd != 25 || !first.Watermark.Equal(time.UnixMicro(25*7*1000)) || first.RowsRead != rows["usr_a"] {
		t.Errorf("first user %+v", first)
	}
	if proof.Partitions[2].Watermark != nil || proof.Partitions[2].Method != prover.MethodPage {
		t.Errorf("empty inbox %+v", proof.Partitions[2])
	}
	var fetched, unknown, skipped int
	for _, event := range seen {
		switch event.(type) {
		case exporter.PageFetched:
			fetched++
		case exporter.UnknownField:
			unknown++
		case exporter.PartitionSkipped:
			skipped++
		}
	}
	if fetched != 6 || unknown != 1 || skipped != 1 {
		t.Errorf("%d pages, %d unknown fields, %d users skipped observed", fetched, unknown, skipped)
	}
}

func TestWalkThatEndsEarlyIsNotComplete(t *testing.T) {
	broken := errors.New("no more")
	stop, cancel := context.WithCancel(t.Context())
	cancel()
	for name, one := range map[string]struct {
		ctx    context.Context
		fails  map[string]error
		users  []string
		most   int
		want   error
		reason string
	}{
		"a page fails":          {t.Context(), map[string]error{"usr_a:2": broken}, []string{"usr_a", "usr_b"}, 9, broken, "page 2 could not be read"},
		"a page is refused":     {t.Context(), map[string]error{"usr_a:2": client.ErrRefused}, []string{"usr_a"}, 99, client.ErrRefused, "page 2 could not be read"},
		"the consumer stops":    {t.Context(), nil, []string{"usr_a", "usr_b"}, 1, nil, "interrupted"},
		"the context ends":      {stop, nil, []string{"usr_a"}, 9, context.Canceled, "page 1 could not be read"},
		"every user is skipped": {t.Context(), nil, []string{"usr_x"}, 9, nil, "no inbox"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShelf(t, map[string]*list{"usr_a": newList(25, 10), "usr_b": newList(5, 10)})
			s.fails = one.fails
			var seen events
			w := newWalk(one.ctx, s, one.users, exact, &seen)
			var failed error
			pages := 0
			for _, err := range w.Pages() {
				failed = err
				if pages++; pages == one.most {
					break
				}
			}
			proof := w.Proof()
			if !errors.Is(failed, one.want) || proof.Complete || !strings.Contains(strings.Join(proof.Reasons, "\n"), one.reason) {
				t.Errorf("error %v, proof %+v", failed, proof)
			}
		})
	}
}

// A list of several users is as complete as the weakest of its proofs.
func TestWalkProofNamesTheWeakestMethod(t *testing.T) {
	odd := newUnsortedList(25, 10)
	s := newShelf(t, map[string]*list{"usr_a": newList(25, 10), "usr_b": odd})
	var seen events
	w := newWalk(t.Context(), s, []string{"usr_a", "usr_b"}, exact, &seen)
	for _, err := range w.Pages() {
		if err != nil {
			t.Fatal(err)
		}
	}
	proof := w.Proof()
	if !proof.Complete || proof.Method != prover.MethodPasses || proof.Partitions[0].Method != prover.MethodSweep || proof.Partitions[1].Doubt == "" || proof.Partitions[1].Passes != 2 {
		t.Errorf("proof %+v", proof)
	}
}
