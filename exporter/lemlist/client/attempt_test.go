package client

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/lemlist/sim"
	"github.com/lemexport/lemexport/internal/test/apitest"
)

func TestARequestIsAPlainGetWithTheKeyInOneHeader(t *testing.T) {
	requests := make(chan *http.Request, 1)
	endpoint := apitest.Serve(t, func(w http.ResponseWriter, r *http.Request) {
		requests <- r
		_, _ = w.Write([]byte(apitest.EmptyPage))
	})
	c, _ := open(t, endpoint+"/") // a final slash does no harm
	if _, err := list(t.Context(), c, "usr_1", 7); err != nil {
		t.Fatal(err)
	}
	r := <-requests
	if r.Method != http.MethodGet || r.RequestURI != "/api/inbox?page=7&userId=usr_1" || r.ContentLength != 0 || r.TransferEncoding != nil {
		t.Errorf("%s %s, %d bytes", r.Method, r.RequestURI, r.ContentLength)
	}
	want := map[string]string{
		"Authorization":   "Basic " + base64.StdEncoding.EncodeToString([]byte(":"+apitest.Key)),
		"Accept":          "application/json",
		"Accept-Encoding": "gzip",
		"User-Agent":      "lemexport/test",
	}
	for name, values := range r.Header {
		if want[name] != values[0] || len(values) != 1 {
			t.Errorf("%s: %q", name, values)
		}
		delete(want, name)
	}
	if len(want) > 0 {
		t.Errorf("missing: %v", want)
	}
}

func TestCompressedAndPlainAnswersAreTheSame(t *testing.T) {
	var rows []string
	for _, zip := range []bool{false, true} {
		server, endpoint := apitest.Simulate(t, sim.Options{Unlimited: true, Gzip: zip})
		c, w := open(t, endpoint)
		got, err := list(t.Context(), c, server.UserIDs()[0], 1)
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, fmt.Sprintf("%s", got.Data))
		if retried := apitest.Seen[exporter.RequestRetried](w); retried != nil {
			t.Errorf("gzip %t: %v", zip, retried)
		}
	}
	if rows[0] != rows[1] || len(rows[0]) < 100 {
		t.Errorf("plain %s\ngzip %s", rows[0], rows[1])
	}
}

func zipped(text string) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, _ = w.Write([]byte(text))
	_ = w.Close()
	return out.Bytes()
}

func TestBodiesThatCannotBeReadAreFailures(t *testing.T) {
	bomb := zipped(apitest.EmptyPage + strings.Repeat(" ", 1<<20))
	cut := zipped(apitest.EmptyPage)
	for name, test := range map[string]struct {
		body     []byte
		encoding string
		problem  problem
		requests int64
		message  string
	}{
		"a decompression bomb":        {bomb, "gzip", problemTooLarge, 1, "read the response: the response is too large: more than 64 KiB"},
		"a flood of tiny values":      {zipped(strings.Replace(apitest.EmptyPage, "[]", "["+strings.Repeat("{},", 513)+"{}]", 1)), "gzip", problemTooLarge, 1, "the response is too large: more than 512 values"},
		"a plain flood":               {[]byte(apitest.EmptyPage + strings.Repeat(" ", 1<<20)), "", problemTooLarge, 1, "the response is too large"},
		"gzip of nothing without end": {bytes.Repeat(zipped(""), 1<<13), "gzip", problemTooLarge, 1, "the response is too large: more than 64 KiB, compressed"},
		"gzip that is cut":            {cut[:len(cut)-6], "gzip", problemBroken, 6, "read the response: unexpected EOF"},
		"gzip with a wrong checksum":  {append(bytes.Clone(cut[:len(cut)-8]), 1, 2, 3, 4, 5, 6, 7, 8), "gzip", problemBroken, 6, "checksum"},
		"no gzip at all":              {[]byte(apitest.EmptyPage), "gzip", problemBroken, 6, "gzip: "},
		"gzip of nothing":             {nil, "gzip", problemGarbled, 6, "empty body"},
		"an encoding not asked for":   {[]byte(apitest.EmptyPage), "br", problemBroken, 6, `compressed with "br", which was not asked for`},
	} {
		t.Run(name, func(t *testing.T) {
			endpoint := apitest.Serve(t, func(w http.ResponseWriter, _ *http.Request) {
				if test.encoding != "" {
					w.Header().Set("Content-Encoding", test.encoding)
				}
				_, _ = w.Write(test.body)
			})
			c, _ := open(t, endpoint)
			c.memory = newMemory(512 << 10)
			got, err := list(t.Context(), c, "usr_1", 1)
			failed, ok := errors.AsType[*Error](err)
			if !ok || failed.problem != test.problem || !strings.Contains(err.Error(), test.message) || got.Cost.Requests != test.requests {
				t.Errorf("error %v, %d requests", err, got.Cost.Requests)
			}
		})
	}
}

func TestALongErrorIsReadOnlyAtItsBeginning(t *testing.T) {
	endpoint := apitest.Serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = w.Write(bytes.Repeat([]byte("no "), 1<<20))
	})
	c, _ := open(t, endpoint)
	_, err := list(t.Context(), c, "usr_1", 1)
	if failed, ok := errors.AsType[*Error](err); !ok || failed.problem != problemKey || len(err.Error()) > 400 {
		t.Errorf("error %.500v", err)
	}
}

func TestTheKeyDoesNotFollowARedirect(t *testing.T) {
	var elsewhere atomic.Int64
	trap := apitest.Serve(t, func(http.ResponseWriter, *http.Request) { elsewhere.Add(1) })
	for _, status := range []int{301, 302, 303, 307, 308} {
		endpoint := apitest.Serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", trap)
			w.WriteHeader(status)
		})
		c, _ := open(t, endpoint)
		if _, err := list(t.Context(), c, "usr_1", 1); err == nil || !strings.Contains(err.Error(), "a redirect to "+trap) {
			t.Errorf("status %d: %v", status, err)
		}
	}
	if elsewhere.Load() != 0 {
		t.Errorf("%d requests went elsewhere", elsewhere.Load())
	}
}

func TestEveryWaitForTheServerEnds(t *testing.T) {
	for name, test := range map[string]struct {
		fault   sim.Fault
		policy  func(*Policy)
		message string
	}{
		"the first byte": {sim.FaultSlow, func(p *Policy) { p.Header = 50 * time.Millisecond }, "no response: net/http: timeout awaiting response headers"},
		"the next byte":  {sim.FaultStall, func(p *Policy) { p.Stall = 50 * time.Millisecond }, ": the response stopped half-way"},
		"everything":     {sim.FaultStall, func(p *Policy) { p.Attempt = 50 * time.Millisecond }, ": the response took too long"},
	} {
		t.Run(name, func(t *testing.T) {
			server, endpoint := apitest.Simulate(t, sim.Options{Unlimited: true, SlowBy: time.Hour, Faults: []sim.FaultRule{{Fault: test.fault}}})
			c, _ := open(t, endpoint, withPolicy(test.policy), withPolicy(func(p *Policy) { p.Attempts = 2 }))
			_, err := list(t.Context(), c, server.UserIDs()[0], 1)
			failed, ok := errors.AsType[*Error](err)
			if !ok || failed.problem != problemBroken || !strings.Contains(err.Error(), test.message) {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestASlowBodyIsNoStalledBody(t *testing.T) {
	endpoint := apitest.Serve(t, func(w http.ResponseWriter, r *http.Request) {
		for _, part := range strings.SplitAfter(apitest.EmptyPage, ",") {
			_, _ = w.Write([]byte(part))
			_ = http.NewResponseController(w).Flush()
			select {
			case <-time.After(100 * time.Millisecond):
			case <-r.Context().Done():
			}
		}
	})
	c, _ := open(t, endpoint, withPolicy(func(p *Policy) { p.Stall = 500 * time.Millisecond }))
	got, err := list(t.Context(), c, "usr_1", 1)
	if err != nil {
		t.Fatal(err)
	}
	if took := got.Arrived.Sub(got.Sent); got.Cost.Requests != 1 || took < 500*time.Millisecond {
		t.Errorf("%d requests, %s", got.Cost.Requests, took)
	}
}

// blanks is a body without end.
type blanks struct{ read int }

func (b *blanks) Read(p []byte) (int, error) {
	b.read += len(p)
	return copy(p, bytes.Repeat([]byte{' '}, len(p))), nil
}

func (b *blanks) Close() error { return nil }

func TestNoMoreIsReadThanTheLimit(t *testing.T) {
	endless := &blanks{}
	got := new(body)
	entered := 0
	err := got.read(&http.Response{Body: endless}, bounds{limit: 1000, small: 100, reserve: func() (*Place, error) { entered++; return new(Place), nil }, alive: func() {
		if endless.read > 1<<20 {
			t.Fatal("it does not stop")
		}
	}})
	if !errors.Is(err, ErrTooLarge) || got.text.Len() != 1000 || entered != 1 {
		t.Errorf("error %v, %d bytes", err, got.text.Len())
	}
}

func TestABufferIsWipedBeforeItIsUsedAgain(t *testing.T) {
	pool := newBodies()
	one := pool.take()
	one.text.WriteString("secret-hook")
	one.gzip = append(one.gzip, "secret-hook, compressed"...)
	text, gzip := one.text.Bytes(), one.gzip
	pool.give(one)
	if wiped := append(text, gzip...); string(wiped) != strings.Repeat("\x00", len(wiped)) {
		t.Errorf("still there: %q", wiped)
	}
	if pool.take() != one {
		t.Error("it is not used again")
	}
}

func TestAnEndpointThatIsNotThereIsSaidSo(t *testing.T) {
	c, _ := open(t, "http://127.0.0.1:1/api")
	got, err := list(t.Context(), c, "usr_1", 1)
	failed, ok := errors.AsType[*Error](err)
	if !ok || failed.problem != problemUnreachable || got.Cost.Requests != 3 || !strings.Contains(err.Error(), "connection refused") || !strings.Contains(exporter.Hint(err), "network") {
		t.Errorf("error %v, hint %q, cost %+v", err, exporter.Hint(err), got.Cost)
	}
}

func TestTheKeyIsNotSentToAServerWithoutAGoodCertificate(t *testing.T) {
	var asked atomic.Int64
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	c, _ := open(t, server.URL+"/api")
	got, err := list(t.Context(), c, "usr_1", 1)
	failed, ok := errors.AsType[*Error](err)
	if !ok || failed.problem != problemCert || got.Cost.Requests != 1 || asked.Load() != 0 || !strings.Contains(exporter.Hint(err), "the key was not sent") {
		t.Errorf("error %v, hint %q, cost %+v", err, exporter.Hint(err), got.Cost)
	}
}

// net/http repeats a GET by itself when a kept connection is closed instead of
// answered. The server may count both.
func TestARequestThatNetHTTPRepeatsIsCountedTwice(t *testing.T) {
	var asked atomic.Int64
	endpoint := apitest.Serve(t, func(w http.ResponseWriter, _ *http.Request) {
		if asked.Add(1) == 2 {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err == nil {
				_ = conn.Close()
			}
			return
		}
		w.Header().Set("Content-Length", strconv.Itoa(len(apitest.EmptyPage)))
		_, _ = w.Write([]byte(apitest.EmptyPage))
	})
	c, _ := open(t, endpoint, limited)
	var spent int64
	for page := range 2 {
		got, err := list(t.Context(), c, "usr_1", int64(page))
		if err != nil {
			t.Fatal(err)
		}
		spent += got.Cost.Requests
	}
	if spent != 3 || asked.Load() != 3 {
		t.Errorf("%d requests counted, %d arrived", spent, asked.Load())
	}
}
