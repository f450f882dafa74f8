package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
)

// program does tasks. There are several, since the pages of a program count as
// memory of every process that runs it, and those of DuckDB are many.
type program string

const (
	self   program = "bench"
	duckdb program = "duckdb"
	engine program = "engine"
)

// release are the flags of the product's release.
func release() []string { return []string{"-trimpath"} }

// build makes the programs that contestants are in.
func build(ctx context.Context, dir string) (programs map[program]string, err error) {
	programs = make(map[program]string)
	if programs[self], err = os.Executable(); err != nil {
		return nil, err
	}
	programs[duckdb], programs[engine] = filepath.Join(dir, string(duckdb)), filepath.Join(dir, string(engine))
	return programs, errors.Join(
		goBuild(ctx, "./duckdb", programs[duckdb], "CGO_ENABLED=1"),
		goBuild(ctx, "./engine", programs[engine], "CGO_ENABLED=0", release()...),
	)
}

// goBuild builds the program of a folder.
func goBuild(ctx context.Context, folder, path, cgo string, flags ...string) error {
	command := exec.CommandContext(ctx, "go", slices.Concat([]string{"-C", folder, "build", "-o", path}, flags, []string{"."})...)
	command.Env = append(os.Environ(), cgo)
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s (the folder bench has to be the working folder): %w\n%s", folder, err, output)
	}
	return nil
}
