package main

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/duckdb/duckdb-go/v2"

	"github.com/lemexport/lemexport/plugin/client"
)

// sink is a DuckDB database. The rows of pages go into the table
// inbox_conversations_pages, where a conversation can be more than once; the view
// inbox_conversations has each of them once.
type sink struct {
	db       *sql.DB
	conn     *sql.Conn
	appender *duckdb.Appender
	// checkpoint is that of the run that was cut short; nil when there is none.
	checkpoint []byte
	// failed is what went wrong in keep, which cannot say so itself.
	failed error
}

func openSink(ctx context.Context, path string, schema *arrow.Schema, info client.TableInfo) (s *sink, err error) {
	s = new(sink)
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close(ctx))
		}
	}()
	if s.db, err = sql.Open("duckdb", path); err != nil {
		return s, err
	}
	if s.conn, err = s.db.Conn(ctx); err != nil {
		return s, err
	}
	pages := info.Name + "_pages"
	// Of rows with one key and one version the last one counts, hence rowid.
	view := fmt.Sprintf(`CREATE OR REPLACE VIEW %s AS SELECT * FROM %s QUALIFY row_number() OVER (PARTITION BY %s ORDER BY %s DESC NULLS LAST, rowid DESC) = 1`,
		info.Name, pages, strings.Join(info.PrimaryKey, ", "), info.VersionColumn)
	for _, statement := range []string{
		"CREATE TABLE IF NOT EXISTS checkpoint (token BLOB)",
		fmt.Sprintf("CREATE TABLE IF NOT EXISTS %s (%s)", pages, columns(schema)),
		view,
	} {
		if _, err = s.conn.ExecContext(ctx, statement); err != nil {
			return s, err
		}
	}
	err = s.conn.QueryRowContext(ctx, "SELECT token FROM checkpoint").Scan(&s.checkpoint)
	if errors.Is(err, sql.ErrNoRows) {
		// A new reading: what an earlier one has left is not part of it.
		_, err = s.conn.ExecContext(ctx, "DELETE FROM "+pages)
	}
	if err != nil {
		return s, err
	}
	if _, err = s.conn.ExecContext(ctx, "BEGIN"); err != nil {
		return s, err
	}
	err = s.conn.Raw(func(conn any) error {
		s.appender, err = duckdb.NewAppenderFromConn(conn.(driver.Conn), "", pages)
		return err
	})
	return s, err
}

// write appends a record's rows to the open transaction.
func (s *sink) write(record arrow.Record) error {
	row := make([]driver.Value, record.NumCols())
	for i := range int(record.NumRows()) {
		for column := range row {
			row[column] = value(record.Column(column), i)
		}
		if err := s.appender.AppendRow(row...); err != nil {
			return errors.Join(err, s.failed)
		}
	}
	return s.failed
}

// keep commits the rows so far together with the checkpoint that covers them.
func (s *sink) keep(ctx context.Context, token []byte) {
	if s.failed == nil {
		s.failed = s.commit(ctx, token)
	}
}

// finish commits the last rows. There is nothing to resume any more.
func (s *sink) finish(ctx context.Context) error {
	if s.failed != nil {
		return s.failed
	}
	return s.commit(ctx, nil)
}

// commit commits the rows so far and the checkpoint, if there is one, in one
// transaction and begins the next.
func (s *sink) commit(ctx context.Context, token []byte) error {
	if err := s.appender.Flush(); err != nil {
		return err
	}
	if _, err := s.conn.ExecContext(ctx, "DELETE FROM checkpoint"); err != nil {
		return err
	}
	if token != nil {
		if _, err := s.conn.ExecContext(ctx, "INSERT INTO checkpoint VALUES (?)", token); err != nil {
			return err
		}
	}
	_, err := s.conn.ExecContext(ctx, "COMMIT; BEGIN")
	return err
}

// close ends the transaction: what no checkpoint covers is not kept.
func (s *sink) close(ctx context.Context) error {
	var failed []error
	if s.appender != nil {
		_, err := s.conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
		failed = append(failed, err)
		_ = s.appender.Close() // what it still holds was rolled back
	}
	if s.conn != nil {
		failed = append(failed, s.conn.Close())
	}
	if s.db != nil {
		failed = append(failed, s.db.Close())
	}
	return errors.Join(failed...)
}
