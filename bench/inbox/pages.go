// Package inbox makes the pages that the benchmark reads, and reads them.
package inbox

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"time"

	"github.com/lemexport/lemexport/bench/process"
	"github.com/lemexport/lemexport/exporter/lemlist/sim"
)

// PageSize is the number of conversations on a page.
const PageSize = 100

// Fetched is when the pages arrived, for everybody.
func Fetched() time.Time { return sim.Epoch() }

// MakePages writes the inbox of a simulated user as the API gives it, one page a line.
func MakePages(ctx context.Context, task process.Task) error {
	server, err := sim.New(sim.Options{Users: 1, Conversations: task.Conversations, Unlimited: true})
	if err != nil {
		return err
	}
	user := server.UserIDs()[0]
	return writePages(task.Out, func(write func(page []byte) error) error {
		for page := 1; page <= (task.Conversations+PageSize-1)/PageSize; page++ {
			request := httptest.NewRequestWithContext(ctx, http.MethodGet,
				"/api/inbox?limit="+strconv.Itoa(PageSize)+"&page="+strconv.Itoa(page)+"&userId="+user, nil)
			request.SetBasicAuth("", server.Key())
			answer := httptest.NewRecorder()
			server.ServeHTTP(answer, request)
			body := bytes.TrimSpace(answer.Body.Bytes())
			if answer.Code != http.StatusOK || bytes.IndexByte(body, '\n') >= 0 {
				return fmt.Errorf("page %d: status %d", page, answer.Code)
			}
			if err := write(body); err != nil {
				return err
			}
		}
		return nil
	})
}

// writePages makes a file of pages, which is there when it is whole.
func writePages(path string, fill func(write func(page []byte) error) error) (err error) {
	file, err := os.Create(path + ".part")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	out := bufio.NewWriterSize(file, 1<<20)
	err = fill(func(page []byte) error {
		_, err := out.Write(append(page, '\n'))
		return err
	})
	if err := errors.Join(err, out.Flush()); err != nil {
		return err
	}
	return os.Rename(path+".part", path)
}

// Each reads the pages; a page is the function's only until it returns.
func Each(path string, take func(page []byte) error) (err error) {
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
