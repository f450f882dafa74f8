package report

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/schema"
)

// facts are the counts that the page shows.
type facts struct {
	table  *schema.Table
	rows   int64
	filled []int64 // rows with a value, by column of the table
	// noChannel and noUser count the rows whose list is empty or null.
	noChannel, noUser int64
	// unread counts the rows that a user has not read, readKnown the rows that state it.
	unread, readKnown int64
	replied, turn     trilean
	moments           timeline
	channels          tally[channelFacts]
	users             tally[userFacts]
	replyTimes        replyTimes
	tasks             tally[taskFacts]
	unknown           tally[int64]
	// after is from the newest message sent to the newest reply, where that is later;
	// since is from the creation to the newest reply; waiting is how long a reply waits.
	after, since, waiting histogram
	teamLast              int64
	asOf                  time.Time
}

// trilean counts a boolean that may be null.
type trilean struct{ yes, no, unknown int64 }

func (t *trilean) add(values *array.Boolean, row int) {
	switch {
	case values == nil || values.IsNull(row):
		t.unknown++
	case values.Value(row):
		t.yes++
	default:
		t.no++
	}
}

type channelFacts struct {
	rows    int64
	replied trilean
}

type userFacts struct {
	rows, sender, unread, turn int64
	replied                    trilean
}

type taskFacts struct{ open, done int64 }

// collect reads all rows once.
func collect(ctx context.Context, table *schema.Table, manifest exporter.Manifest, records iter.Seq2[arrow.Record, error]) (*facts, error) {
	f := &facts{
		table:  table,
		filled: make([]int64, len(table.Columns)), moments: newTimeline(),
		channels: newTally[channelFacts](), users: newTally[userFacts](), tasks: newTally[taskFacts](), unknown: newTally[int64](),
		after: newHistogram(), since: newHistogram(), waiting: newHistogram(), asOf: asOf(manifest),
	}
	for rec, err := range records {
		if err == nil {
			err = ctx.Err()
		}
		if err == nil {
			err = f.add(rec)
		}
		if err != nil {
			return nil, fmt.Errorf("row %d and on: %w", f.rows+1, err)
		}
	}
	if f.rows != manifest.Rows {
		return nil, exporter.WithHint(fmt.Errorf("the file holds %d rows, its manifest says %d", f.rows, manifest.Rows),
			"Run 'lemexport verify' on it.")
	}
	return f, nil
}

// asOf returns the time until which waiting is counted: the end of the walk, or the
// newest activity of a simulated team.
func asOf(manifest exporter.Manifest) time.Time {
	if newest := manifest.Window.NewestActivity; manifest.Simulated && newest != nil {
		return *newest
	}
	return manifest.Window.FinishedAt
}

func (f *facts) add(rec arrow.Record) error {
	if int(rec.NumCols()) != len(f.filled) {
		return errors.New("its columns are not the table's")
	}
	for i := range f.filled {
		f.filled[i] += rec.NumRows() - int64(rec.Column(i).NullN())
	}
	b := newBatch(f.table, rec)
	for row := range int(rec.NumRows()) {
		f.rows++
		f.row(b, row)
		if err := countUnknown(&f.unknown, b.extra, row); err != nil {
			return fmt.Errorf("%s: %w", f.table.NameOf(schema.RoleExtra), err)
		}
	}
	return nil
}

func (f *facts) row(b batch, row int) {
	f.replied.add(b.haveReplies, row)
	f.turn.add(b.turn, row)
	ours := isTrue(b.turn, row)
	f.times(b, row, ours)
	f.channel(b, row)
	f.people(b, row, ours)
	for i := range b.tasks.at(row) {
		kind, _ := text(b.taskType, i)
		if isTrue(b.taskDone, i) {
			f.tasks.at(kind).done++
		} else {
			f.tasks.at(kind).open++
		}
	}
}

func (f *facts) times(b batch, row int, ours bool) {
	reply, hasReply := moment(b.repliedAt, row)
	sent, hasSent := moment(b.sentAt, row)
	created, hasCreated := moment(b.createdAt, row)
	if at, ok := moment(b.activeAt, row); ok {
		f.moments.add(seriesActive, at)
	}
	if hasCreated {
		f.moments.add(seriesCreated, created)
	}
	if !hasReply {
		return
	}
	f.moments.add(seriesReplied, reply)
	f.replyTimes.add(reply)
	if ours {
		f.waiting.add(f.asOf.Sub(reply))
	}
	if hasCreated && !reply.Before(created) {
		f.since.add(reply.Sub(created))
	}
	switch {
	case !hasSent:
	case reply.After(sent):
		f.after.add(reply.Sub(sent))
	default:
		f.teamLast++
	}
}

func (f *facts) channel(b batch, row int) {
	found := false
	for i := range b.channels.at(row) {
		found = true
		channel, _ := text(b.channelNames, i)
		counts := f.channels.at(channel)
		counts.rows++
		counts.replied.add(b.haveReplies, row)
	}
	if !found {
		f.noChannel++
	}
}

func (f *facts) people(b batch, row int, ours bool) {
	found, known, unread := false, false, false
	for i := range b.users.at(row) {
		found = true
		isUnread := b.userRead != nil && b.userRead.IsValid(i) && !b.userRead.Value(i)
		known = known || b.userRead != nil && b.userRead.IsValid(i)
		unread = unread || isUnread
		id, ok := text(b.userID, i)
		if !ok {
			continue
		}
		counts := f.users.at(id)
		counts.rows++
		counts.replied.add(b.haveReplies, row)
		if isTrue(b.userSender, i) {
			counts.sender++
		}
		if isUnread {
			counts.unread++
		}
		if ours {
			counts.turn++
		}
	}
	if !found {
		f.noUser++
	}
	if known {
		f.readKnown++
	}
	if unread {
		f.unread++
	}
}
