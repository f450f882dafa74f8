package cloudquery

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/lemexport/lemexport/exporter"
	pluginv3 "github.com/lemexport/lemexport/plugin/cloudquery/proto/cloudquery/plugin/v3"
	"github.com/lemexport/lemexport/plugin/door"
)

// wanted checks a request and selects its tables.
func wanted(ctx context.Context, request *pluginv3.SyncRequest) ([]table, error) {
	configured, err := sessionOf(ctx).configured()
	if err != nil {
		return nil, err
	}
	if backend := request.GetBackend(); backend.GetTableName() != "" || backend.GetConnection() != "" {
		return nil, &door.InputError{Err: exporter.WithHint(
			errors.New("backend_options is not supported: CloudQuery stores the state before the rows that belong to it, and a crash between them would lose rows"),
			"Remove backend_options from the source: every sync reads everything.")}
	}
	return configured.tables(request.GetTables(), request.GetSkipTables())
}

// sendRows reads the tables and sends their rows. The first batch of a reading comes after its
// proof, so that no row is sent before the first batch of every table is there.
func sendRows(to pluginv3.Plugin_SyncServer, engine door.Engine, selected []table) error {
	readings := make([]reading, len(selected))
	for i, one := range selected {
		batches := engine.Read(one.Job, one.Table.Name, nil).Batches(to.Context())
		next, stop := iter.Pull2(batches)
		defer stop()
		readings[i] = reading{table: one, next: next}
		if err := readings[i].advance(); err != nil {
			return err
		}
	}
	for i := range readings {
		if err := readings[i].sendTo(to); err != nil {
			return err
		}
	}
	return nil
}

// reading is a table with its next batch.
type reading struct {
	table table
	next  func() (arrow.Record, error, bool)
	batch arrow.Record // nil at the end
}

// advance takes the next batch.
func (r *reading) advance() (err error) {
	r.batch, err, _ = r.next()
	if err != nil {
		return fmt.Errorf("table %s: %w", r.table.Table.Name, err)
	}
	return nil
}

// sendTo sends all batches.
func (r *reading) sendTo(to pluginv3.Plugin_SyncServer) error {
	for r.batch != nil {
		rec, err := r.table.record(r.batch)
		if err != nil {
			return err
		}
		err = sendRecord(to, rec)
		rec.Release()
		if err != nil {
			return err
		}
		if err := r.advance(); err != nil {
			return err
		}
	}
	return nil
}

func sendRecord(to pluginv3.Plugin_SyncServer, rec arrow.Record) error {
	for stream, err := range streams(rec) {
		if err == nil {
			err = to.Send(&pluginv3.SyncResponse{Message: &pluginv3.SyncResponse_Insert{Insert: &pluginv3.Insert{Record: stream}}})
		}
		if err != nil {
			return err
		}
	}
	return nil
}
