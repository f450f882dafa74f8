// Duckdb is DuckDB as a contestant of the benchmark, and its referee: it reads what
// the others wrote.
package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"

	_ "github.com/duckdb/duckdb-go/v2" // the driver

	"github.com/lemexport/lemexport/bench/process"
)

func main() {
	process.Main("duckdb", map[string]process.Work{
		"convert": func(ctx context.Context, task process.Task) (time.Duration, error) { return 0, convert(ctx, task) },
		"check":   func(ctx context.Context, task process.Task) (time.Duration, error) { return 0, check(ctx, task) },
	})
}

// apiTypes are the types of a page, so that DuckDB need not guess them. Keys that
// the table does not know are skipped, which is less work than lemexport's extra.
const apiTypes = `{data: 'STRUCT(
	"_id" VARCHAR, "teamId" VARCHAR, "contactId" VARCHAR, "createdBy" VARCHAR, "createdAt" TIMESTAMP, "lastActivityAt" TIMESTAMP,
	"haveReplies" BOOLEAN, "lastRepliedAt" TIMESTAMP, "lastRepliedChannel" VARCHAR, "isYourTurn" BOOLEAN, "lastSentAt" TIMESTAMP,
	"lastSentSubject" VARCHAR, "lastSentMessagePreview" VARCHAR, "lastRepliedSubject" VARCHAR, "lastRepliedMessagePreview" VARCHAR,
	"channels" VARCHAR[], "users" STRUCT("userId" VARCHAR, "sender" BOOLEAN, "read" BOOLEAN)[],
	"opportunities" STRUCT("id" VARCHAR, "type" VARCHAR, "done" BOOLEAN)[],
	"contact" STRUCT("_id" VARCHAR, "fullName" VARCHAR, "email" VARCHAR))[]'}`

// convert keeps the rows in order, as lemexport does. Without that order, which
// DuckDB advises for large files, its time is the same within a few percent.
func convert(ctx context.Context, task process.Task) error {
	return with(func(db *sql.DB) error {
		for _, statement := range []string{
			fmt.Sprintf("SET threads = %d", task.Workers),
			fmt.Sprintf(`COPY (
				SELECT unnest(data, max_depth := 2), TIMESTAMP '2026-03-01 00:00:00' AS fetched_at
				FROM read_json('%s', format = 'newline_delimited', columns = %s)
			) TO '%s' (FORMAT parquet, COMPRESSION zstd)`, quote(task.Pages), apiTypes, quote(task.Out)),
		} {
			if _, err := db.ExecContext(ctx, statement); err != nil {
				return err
			}
		}
		return nil
	})
}

func with(use func(*sql.DB) error) (err error) {
	db, err := sql.Open("duckdb", "")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	return use(db)
}

func quote(text string) string { return strings.ReplaceAll(text, "'", "''") }

// check counts the rows of a contestant's file.
func check(ctx context.Context, task process.Task) error {
	column := "id"
	if strings.HasPrefix(task.Name, "duckdb") {
		column = "_id"
	}
	return with(func(db *sql.DB) error {
		var rows, ids int
		query := fmt.Sprintf(`SELECT count(*), count(DISTINCT %q) FROM '%s'`, column, quote(task.Out))
		if err := db.QueryRowContext(ctx, query).Scan(&rows, &ids); err != nil {
			return err
		}
		if rows != task.Conversations || ids != rows {
			return fmt.Errorf("the file of %s has %d rows with %d ids, not %d", task.Name, rows, ids, task.Conversations)
		}
		return nil
	})
}
