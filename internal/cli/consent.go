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
	// Nothing can end a read from a terminal, so an interrupted question leaves
	// this goroutine to the end of the process, which is near.
	answers := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(app.Stdin).ReadString('\n') // an error is no answer
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
			show.declined("there was no answer. Use -auto-approve where nobody can give one.")
		default:
			show.declined("the answer was not 'yes'.")
		}
		return ended{exporter.ExitError}
	}
}
