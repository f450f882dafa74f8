package main

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

	"github.com/lemexport/lemexport/exporter/lemlist/sim"
)

// pageSize is the number of conversations on a page.
const pageSize = 100

// makePages writes the inbox of a simulated user as the API gives it, one page a
// line. A file that is there is taken as it is.
func makePages(ctx context.Context, path string, conversations int) (err error) {
	if _, err := os.Stat(path); err == nil {
		return nil
	}
	server, err := sim.New(sim.Options{Users: 1, Conversations: conversations, Unlimited: true})
	if err != nil {
		return err
	}
	file, err := os.Create(path + ".part")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	out := bufio.NewWriterSize(file, 1<<20)
	user := server.UserIDs()[0]
	for page := 1; page <= (conversations+pageSize-1)/pageSize; page++ {
		request := httptest.NewRequestWithContext(ctx, http.MethodGet,
			"/api/inbox?limit="+strconv.Itoa(pageSize)+"&page="+strconv.Itoa(page)+"&userId="+user, nil)
		request.SetBasicAuth("", server.Key())
		answer := httptest.NewRecorder()
		server.ServeHTTP(answer, request)
		body := bytes.TrimSpace(answer.Body.Bytes())
		if answer.Code != http.StatusOK || bytes.IndexByte(body, '\n') >= 0 {
			return fmt.Errorf("page %d: status %d", page, answer.Code)
		}
		if _, err := out.Write(append(body, '\n')); err != nil {
			return err
		}
	}
	return errors.Join(out.Flush(), os.Rename(path+".part", path))
}
