package plugin

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"

	"github.com/hashicorp/go-hclog"
	goplugin "github.com/hashicorp/go-plugin"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/lemexport/lemexport/exporter"
)

// ErrPluginGone is wrapped by the error of a call whose plugin process has ended.
var ErrPluginGone = errors.New("the plugin process has ended")

// explainStart says what an error of the handshake means.
func (c *Client) explainStart(err error) error {
	if errors.Is(err, goplugin.ErrChecksumsDoNotMatch) {
		return exporter.WithHint(errors.New("the binary does not have the SHA-256 digest that was asked for; it was not started"),
			"Install the binary again from where the digest came from.")
	}
	said := c.stderr.quote()
	if ended := c.command.ProcessState; said != "" && ended != nil && ended.ExitCode() > 0 { //nolint:forbidigo // of the process that this client started
		// It ended by itself: it knows why, where go-plugin guesses.
		err = fmt.Errorf("the plugin ended before it answered%s%s", c.state(), said)
	} else {
		err = fmt.Errorf("%w%s", err, said)
	}
	return exporter.WithHint(err,
		"Is it a lemexport binary for this machine, whose protocol has the version of this host's?")
}

// explain says what an error of the transport means.
func (c *Client) explain(err error) error {
	switch {
	case err == nil:
		return nil
	case c.process.Exited() || status.Code(err) == codes.Unavailable:
		return exporter.WithHint(fmt.Errorf("%w%s: %w%s", ErrPluginGone, c.state(), err, c.stderr.quote()),
			"Start it again; a reading goes on from its last checkpoint.")
	}
	return err
}

// state is how the process ended, once that is known.
func (c *Client) state() string {
	if !c.process.Exited() || c.command.ProcessState == nil {
		return ""
	}
	return " (" + c.command.ProcessState.String() + ")" //nolint:forbidigo // of the process that this client started
}

func secureConfig(digest []byte) (*goplugin.SecureConfig, error) {
	switch len(digest) {
	case 0:
		return nil, nil //nolint:nilnil // none is asked for
	case sha256.Size:
		return &goplugin.SecureConfig{Checksum: digest, Hash: sha256.New()}, nil
	}
	return nil, fmt.Errorf("a SHA-256 digest has %d bytes, not %d", sha256.Size, len(digest))
}

// tail keeps the end of what a process has written to standard error.
type tail struct {
	to io.Writer

	mu   sync.Mutex
	last []byte
}

// mostTail is how much of it an error quotes.
const mostTail = 2 << 10

// Write implements io.Writer.
func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.last = append(t.last, p...)
	t.last = t.last[max(0, len(t.last)-mostTail):]
	if t.to != nil {
		return t.to.Write(p)
	}
	return len(p), nil
}

// quote is what was written last, for the end of a message. Log records are left
// out: the host's log has them.
func (t *tail) quote() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	lines := slices.DeleteFunc(strings.Split(strings.TrimSpace(string(t.last)), "\n"), func(line string) bool {
		return line == "" || strings.Contains(line, `"@message":`)
	})
	if len(lines) == 0 {
		return ""
	}
	return "; it wrote last:\n" + strings.Join(lines, "\n")
}

// hostLog gives go-plugin's records, and the plugin's, to the host's log.
func hostLog(log *slog.Logger) hclog.Logger {
	if log == nil {
		return hclog.NewNullLogger()
	}
	// What a record means is in its level: hclog only passes it on.
	logger := hclog.NewInterceptLogger(&hclog.LoggerOptions{Name: "lemexport", Level: hclog.Trace, Output: io.Discard})
	logger.RegisterSink(slogSink{log})
	return logger
}
