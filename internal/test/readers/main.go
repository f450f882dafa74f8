// Readers compares what other programs read of our files with what we read ourselves.
//
//	go run ./internal/test/readers make FOLDER                    # files, our rows, questions
//	go run ./internal/test/readers judge -expected FILE FOLDER    # the matrix of docs/readers.md
//
// In between the scripts in the folders beside this file run the readers: see run.
// A reader leaves a folder in FOLDER/seen with a result.json and, for each file that it
// could open, its rows as JSON lines. The exit status is 1 when a reader saw something
// other than expected.json says.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "readers:", err)
		stop()
		os.Exit(1) //nolint:gocritic // stop has been called
	}
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("readers", flag.ContinueOnError)
	page := flags.String("page", "", "compare the matrix with the one in `FILE`")
	all := flags.Bool("all", false, "every reader was run: the page has no others")
	write := flags.Bool("write", false, "write the matrix into the file of -page")
	expected := flags.String("expected", "", "`FILE` with the differences that are known")
	if len(args) == 0 {
		return errors.New("say what to do: make or judge")
	}
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	if flags.NArg() != 1 {
		return errors.New("name one folder")
	}
	switch args[0] {
	case "make":
		return makeFiles(ctx, flags.Arg(0))
	case "judge":
		return judge(flags.Arg(0), *expected, *page, *write, *all)
	default:
		return fmt.Errorf("invalid command %q: use make or judge", args[0])
	}
}
