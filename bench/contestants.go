package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
)

// contestant converts pages into a Parquet file.
type contestant struct {
	name    string
	convert func(ctx context.Context, pages, out string) error
}

func contestants() []contestant {
	return []contestant{
		{"lemexport-1", func(ctx context.Context, pages, out string) error { return lemexport(ctx, pages, out, 1) }},
		{"lemexport-2", func(ctx context.Context, pages, out string) error { return lemexport(ctx, pages, out, 2) }},
		{"duckdb-1", func(ctx context.Context, pages, out string) error { return duckdb(ctx, pages, out, 1) }},
		{"duckdb-2", func(ctx context.Context, pages, out string) error { return duckdb(ctx, pages, out, 2) }},
		{"pqarrow", pqarrowWriter},
		{"encoding-json", standardLibrary},
	}
}

// yardstick is whom a contestant is compared with.
func yardstick(name string) string {
	if strings.HasSuffix(name, "-2") {
		return "duckdb-2"
	}
	return "duckdb-1"
}

func names() []string {
	var all []string
	for _, one := range contestants() {
		all = append(all, one.name)
	}
	return all
}

// contest runs one contestant in this process.
func contest(name, pages, out string) error {
	for _, one := range contestants() {
		if one.name == name {
			return one.convert(context.Background(), pages, out)
		}
	}
	return fmt.Errorf("no contestant is called %q", name)
}

// fetched is when the pages arrived, for everybody.
func fetched() time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) }

// eachPage reads the pages; a page is the function's only until it returns.
func eachPage(path string, take func(page []byte) error) (err error) {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	lines := bufio.NewScanner(file)
	lines.Buffer(make([]byte, 1<<20), 64<<20)
	for lines.Scan() {
		if err := take(lines.Bytes()); err != nil {
			return err
		}
	}
	return lines.Err()
}
