package cli

import (
	"bufio"
	"context"
	"strings"

	"github.com/lemexport/lemexport/exporter"
)

// consent asks for the word yes. The error says that it was not given.
func consent(ctx context.Context, app App, show view) error {
	show.question()
	line, err := answer(ctx, app)
	switch {
	case err != nil:
		return err
	case line == "yes":
		return nil
	case line == "":
		show.declined("no answer was given. Use -auto-approve where nobody can answer.")
	default:
		show.declined("the answer was not 'yes'.")
	}
	return ended{exporter.ExitError}
}

// answer reads one line from standard input, without white space around it. The end of the
// input counts as an empty line.
func answer(ctx context.Context, app App) (string, error) {
	// A read from a terminal cannot be cancelled, so after an interrupt this goroutine
	// runs until the process ends, which is soon.
	answers := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(app.Stdin).ReadString('\n') // an error counts as no answer
		answers <- line
	}()
	select {
	case <-ctx.Done():
		return "", ctx.Err()
	case line := <-answers:
		return strings.TrimSpace(line), nil
	}
}
