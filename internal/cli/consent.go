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
	// A read from a terminal cannot be cancelled, so after an interrupt this goroutine
	// runs until the process ends, which is soon.
	answers := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(app.Stdin).ReadString('\n') // an error counts as no answer
		answers <- line
	}()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case answer := <-answers:
		switch strings.TrimSpace(answer) {
		case "yes":
			return nil
		case "":
			show.declined("no answer was given. Use -auto-approve where nobody can answer.")
		default:
			show.declined("the answer was not 'yes'.")
		}
		return ended{exporter.ExitError}
	}
}
