package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	_ "github.com/duckdb/duckdb-go/v2" // the driver
)

// apiTypes are the types of a page, so that DuckDB need not guess them. Keys that
// the table does not know are skipped, which is less work than lemexport's extra.
const apiTypes = `{data: 'STRUCT(
	"_id" VARCHAR, "teamId" VARCHAR, "contactId" VARCHAR, "createdBy" VARCHAR, "createdAt" TIMESTAMP, "lastActivityAt" TIMESTAMP,
	"haveReplies" BOOLEAN, "lastRepliedAt" TIMESTAMP, "lastRepliedChannel" VARCHAR, "isYourTurn" BOOLEAN, "lastSentAt" TIMESTAMP,
	"lastSentSubject" VARCHAR, "lastSentMessagePreview" VARCHAR, "lastRepliedSubject" VARCHAR, "lastRepliedMessagePreview" VARCHAR,
	"channels" VARCHAR[], "users" STRUCT("userId" VARCHAR, "sender" BOOLEAN, "read" BOOLEAN)[],
	"opportunities" STRUCT("id" VARCHAR, "type" VARCHAR, "done" BOOLEAN)[],
	"contact" STRUCT("_id" VARCHAR, "fullName" VARCHAR, "email" VARCHAR))[]'}`

func duckdb(ctx context.Context, pages, out string, threads int) (err error) {
	db, err := sql.Open("duckdb", "")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	query := fmt.Sprintf(`COPY (
		SELECT unnest(data, max_depth := 2), TIMESTAMP '2026-01-01 00:00:00' AS fetched_at
		FROM read_json('%s', format = 'newline_delimited', columns = %s)
	) TO '%s' (FORMAT parquet, COMPRESSION zstd)`, quote(pages), apiTypes, quote(out))
	for _, statement := range []string{fmt.Sprintf("SET threads = %d", threads), query} {
		if _, err := db.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	return nil
}

func quote(text string) string { return strings.ReplaceAll(text, "'", "''") }

// check counts the rows of every file with DuckDB.
func check(ctx context.Context, options options, dir string) (err error) {
	db, err := sql.Open("duckdb", "")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	for _, name := range options.names {
		var rows, ids int
		column := map[bool]string{true: "_id", false: "id"}[strings.HasPrefix(name, "duckdb")]
		query := fmt.Sprintf(`SELECT count(*), count(DISTINCT %q) FROM '%s/%s.parquet'`, column, quote(dir), name)
		if err := db.QueryRowContext(ctx, query).Scan(&rows, &ids); err != nil {
			return err
		}
		if rows != options.conversations || ids != rows {
			return fmt.Errorf("the file of %s has %d rows with %d ids, not %d", name, rows, ids, options.conversations)
		}
	}
	return nil
}
