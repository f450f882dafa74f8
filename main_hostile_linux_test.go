package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// hostile is an API that answers what it likes: team and page write the whole answer.
type hostile struct {
	team func(http.ResponseWriter)
	page func(w http.ResponseWriter, user, page string)
}

func (h hostile) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/api/team" {
		h.team(w)
		return
	}
	h.page(w, r.URL.Query().Get("userId"), r.URL.Query().Get("page"))
}

// teamOf is a team of that many users.
func teamOf(users int) func(http.ResponseWriter) {
	var body strings.Builder
	body.WriteString(`{"_id":"tea_1","userIds":[`)
	for i := range users {
		if i > 0 {
			body.WriteByte(',')
		}
		fmt.Fprintf(&body, `"usr_%017d"`, i)
	}
	body.WriteString("]}")
	return func(w http.ResponseWriter) { io.WriteString(w, body.String()) }
}

// says is a whole answer.
func says(body string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) { io.WriteString(w, body) }
}

// rowsOf is a page whose rows are written in JSON.
func rowsOf(rows string) func(http.ResponseWriter, string, string) {
	return pageSaying(rows, `"totalItems":1,"currentPage":1,"nextPage":null,"perPage":100,"totalPages":1`)
}

func pageSaying(rows, pagination string) func(http.ResponseWriter, string, string) {
	body := `{"data":[` + rows + `],"pagination":{` + pagination + `}}`
	return func(w http.ResponseWriter, _, _ string) { io.WriteString(w, body) }
}

// rowWith is a row with more members.
func rowWith(members string) string {
	return `{"_id":"ibx_1","lastActivityAt":"2026-01-01T00:00:00Z",` + members + `}`
}

// numbered is many times a piece that has a number in it.
func numbered(piece string, times int) string {
	var out strings.Builder
	for i := range times {
		if i > 0 {
			out.WriteByte(',')
		}
		fmt.Fprintf(&out, piece, i)
	}
	return out.String()
}

// onEveryPage is a list of that many pages, each with one row that the callback makes.
func onEveryPage(pages int, row func(page int) string) func(http.ResponseWriter, string, string) {
	return func(w http.ResponseWriter, _, page string) {
		number, _ := strconv.Atoi(page)
		next := "null"
		if number < pages {
			next = strconv.Itoa(number + 1)
		}
		at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(-time.Duration(number) * time.Hour)
		fmt.Fprintf(w, `{"data":[{"_id":"ibx_%d","lastActivityAt":%q,%s}],"pagination":{"totalItems":%d,"currentPage":%d,"nextPage":%s,"perPage":1,"totalPages":%d}}`,
			number, at.Format(time.RFC3339), row(number), pages, number, next, pages)
	}
}

// randomTexts is a list for each user that has one row, with a text that no other has.
func randomTexts(users, size int) func(http.ResponseWriter, string, string) {
	random := rand.NewChaCha8([32]byte{})
	texts := make(map[string]string, users)
	for i := range users {
		half := make([]byte, size/2)
		random.Read(half)
		texts[fmt.Sprintf("usr_%017d", i)] = hex.EncodeToString(half)
	}
	return func(w http.ResponseWriter, user, page string) {
		rowsOf(`{"_id":"ibx_`+user+`","lastActivityAt":"2026-01-01T00:00:00Z","lastSentSubject":"`+texts[user]+`"}`)(w, user, page)
	}
}

// raw takes the connection and writes what no handler could.
func raw(write func(to *bufio.Writer)) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		conn, to, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		defer conn.Close()
		conn.SetDeadline(time.Now().Add(10 * time.Second))
		write(to.Writer)
		to.Flush()
	}
}

func page(of func(http.ResponseWriter)) func(http.ResponseWriter, string, string) {
	return func(w http.ResponseWriter, _, _ string) { of(w) }
}

// zipped compresses a text that many times.
func zipped(text string, layers int) string {
	for range layers {
		var to bytes.Buffer
		writer := gzip.NewWriter(&to)
		io.WriteString(writer, text)
		writer.Close()
		text = to.String()
	}
	return text
}

func withHeader(name, value string, of func(http.ResponseWriter)) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		w.Header().Set(name, value)
		of(w)
	}
}

func withStatus(status int, of func(http.ResponseWriter)) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		w.WriteHeader(status)
		of(w)
	}
}

// limitedBy runs the program under a limit of its data, so that the kernel stops it
// where the bounds do not.
func limitedBy(ctx context.Context, limit int64, program string, args ...string) *exec.Cmd {
	script := fmt.Sprintf(`ulimit -d %d; exec "$0" "$@"`, limit>>10)
	return exec.CommandContext(ctx, "sh", append([]string{"-c", script, program}, args...)...)
}

// impatientFor is configFor without the patience for an outage.
func impatientFor(t *testing.T, endpoint string) (dir string) {
	t.Helper()
	dir = configFor(t, endpoint)
	file := filepath.Join(dir, "main.hcl")
	body, err := os.ReadFile(file)
	if err == nil {
		err = os.WriteFile(file, bytes.Replace(body, []byte("\n}"), []byte("\n  retry {\n    max_elapsed = \"1s\"\n  }\n}"), 1), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestHostileAnswersStayWithinTheDocumentedMemory(t *testing.T) {
	t.Parallel()
	program := built(t)
	one := teamOf(1)
	empty := rowsOf("")
	long := strings.Repeat("x", 100<<20)
	deep := strings.Repeat("[", 5_000) + strings.Repeat("]", 5_000)
	for name, test := range map[string]struct {
		command string
		hostile
		status  int
		message string
	}{
		"pages of 15 MB, several users": {"apply -auto-approve", hostile{teamOf(8), twoPages(150_000)}, 0, ""},
		"pages of 50 MB, many users":    {"plan", hostile{teamOf(20), twoPages(500_000)}, 1, "more than 16 MiB"},
		"a gzip bomb of 1 GiB":          {"apply -auto-approve", hostile{one, zippedPage(`"lastSentSubject":"`, "aaaaaaaa", `"`, 1<<27)}, 1, "more than 16 MiB"},
		"bodies without end":            {"plan", hostile{teamOf(20), endless}, 1, "more than 16 MiB"},
		"as many elements as are taken": {"apply -auto-approve", hostile{one, zippedPage(`"users":[{"userId":"usr_00"},`, `{"x":1},`, "{}]", 125_000)}, 0, ""},
		"many users, elements":          {"plan", hostile{teamOf(20), zippedPage(`"users":[`, "1,", "1]", 125_000)}, 0, ""},
		"a name of 15 MB":               {"apply -auto-approve", hostile{one, rowsOf(rowWith(`"` + long[:15<<20] + `":1`))}, 0, ""},
		"an id of 15 MB":                {"plan", hostile{one, rowsOf(`{"_id":"` + long[:15<<20] + `","lastActivityAt":"2026-01-01T00:00:00Z"}`)}, 1, "has a _id of more than 4,096 bytes"},
		"5 million empty strings":       {"plan", hostile{one, zippedPage(`"channels":[`, `"",`, `""]`, 5_000_000)}, 1, "more than 131,072 values"},
		"rows nested deep":              {"apply -auto-approve", hostile{one, rowsOf(rowWith(numbered(`"x%d":`+deep, 500)))}, 0, ""},
		"nested too deep":               {"plan", hostile{one, rowsOf(rowWith(`"x":` + strings.Repeat(`{"a":`, 1_000_000)))}, 1, "nested 10,000 levels deep or more"},
		"a number of 10 million digits": {"apply -auto-approve", hostile{one, rowsOf(rowWith(`"x":` + strings.Repeat("9", 10_000_000)))}, 0, ""},
		"a total of 10 million digits":  {"plan", hostile{one, pageSaying("", `"totalItems":`+strings.Repeat("9", 10_000_000)+`,"currentPage":1,"nextPage":null,"perPage":100,"totalPages":1`)}, 1, "pagination.totalItems is not a whole number"},
		"a time of 10 million digits":   {"apply -auto-approve", hostile{one, rowsOf(`{"_id":"ibx_1","lastActivityAt":` + strings.Repeat("9", 10_000_000) + `}`)}, 3, ""},
		"100,000 unknown names":         {"apply -auto-approve", hostile{one, rowsOf(rowWith(numbered(`"name%d":1`, 100_000)))}, 0, ""},
		"100,000 times one name":        {"apply -auto-approve", hostile{one, rowsOf(rowWith(numbered(`"name":%d`, 100_000)))}, 0, ""},
		"large names on every page":     {"apply -auto-approve", hostile{one, onEveryPage(6, func(page int) string { return numbered(`"`+strconv.Itoa(page)+"_%d_"+long[:200<<10]+`":1`, 60) })}, 0, ""},
		"small pages with large names":  {"apply -auto-approve", hostile{one, onEveryPage(30, func(page int) string { return numbered(`"`+strconv.Itoa(page)+"_%d_"+long[:30<<10]+`":1`, 8) })}, 0, ""},
		"20 users with 15 MB of extra":  {"plan", hostile{teamOf(20), rowsOf(rowWith(`"x":"` + long[:15<<20] + `"`))}, 0, ""},
		"8 texts that do not compress":  {"apply -auto-approve", hostile{teamOf(8), randomTexts(8, 13<<20)}, 0, ""},
		"100,000 rows on a page":        {"apply -auto-approve", hostile{one, rowsOf(numbered(`{"_id":"%d"}`, 100_000))}, 0, ""},
		"one row 100,000 times":         {"apply -auto-approve", hostile{one, rowsOf(numbered(`{"_id":"1","x":%d}`, 60_000))}, 0, ""},
		"a bomb in three layers":        {"plan", hostile{one, page(withHeader("Content-Encoding", "gzip", says(zipped(long, 3))))}, 1, "not a page"},
		"two codings":                   {"plan", hostile{one, page(withHeader("Content-Encoding", "gzip, gzip", says(zipped(long, 2))))}, 1, "which was not asked for"},
		"something behind the page":     {"plan", hostile{one, func(w http.ResponseWriter, user, page string) { empty(w, user, page); io.WriteString(w, long[:1<<20]) }}, 1, "something follows the JSON object"},
		"a large error":                 {"plan", hostile{one, page(withStatus(400, says(`{"error":"`+long+`"}`)))}, 1, "xxxx"},
		"a large error page":            {"plan", hostile{one, page(withStatus(403, says("<title>"+long)))}, 1, "an HTML page"},
		"an error that is a bomb":       {"plan", hostile{one, page(withHeader("Content-Encoding", "gzip", withStatus(400, says(zipped(long, 1)))))}, 1, "400 Bad Request"},
		"a redirect to a long address":  {"plan", hostile{one, page(withHeader("Location", "https://example.org/"+long[:20<<10], withStatus(302, says(""))))}, 1, "a redirect to https://example.org/xxx"},
		"headers without end": {"plan", hostile{teamOf(20), page(raw(func(to *bufio.Writer) {
			io.WriteString(to, "HTTP/1.1 200 OK\r\n")
			for i := range 5_000_000 {
				fmt.Fprintf(to, "a%d:\r\n", i)
			}
		}))}, 1, "headers exceeded"},
		"hints without end": {"plan", hostile{one, page(raw(func(to *bufio.Writer) {
			for range 2_000_000 {
				io.WriteString(to, "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
			}
		}))}, 1, "headers exceeded"},
		"trailers without end": {"plan", hostile{one, page(raw(func(to *bufio.Writer) {
			io.WriteString(to, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n")
			for i := range 2_000_000 {
				fmt.Fprintf(to, "a%d: b\r\n", i)
			}
		}))}, 1, "trailer"},
		"chunks of one byte": {"plan", hostile{one, page(raw(func(to *bufio.Writer) {
			io.WriteString(to, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
			for range 20_000_000 {
				io.WriteString(to, "1\r\n \r\n")
			}
		}))}, 1, ""},
		"a team of 100 MB":            {"plan", hostile{says(`{"_id":"tea_1","userIds":["` + long + `"]}`), empty}, 1, "more than 16 MiB"},
		"a team with an id of 15 MB":  {"plan", hostile{says(`{"_id":"tea_1","userIds":["` + long[:15<<20] + `"]}`), empty}, 1, "has a userId of more than 4,096 bytes"},
		"a team whose id has 15 MB":   {"plan", hostile{says(`{"_id":"` + long[:15<<20] + `","userIds":["usr_1"]}`), empty}, 1, "it has an _id of more than 200 bytes"},
		"a team of 5 million strings": {"plan", hostile{says(`{"_id":"tea_1","userIds":[` + strings.Repeat(`"",`, 5_000_000) + `""]}`), empty}, 1, "more than 524,288 values"},
		"a team of 500,000 users":     {"plan", hostile{says(`{"_id":"tea_1","users":[` + numbered(`{"userId":"%d"}`, 500_000) + `]} x`), empty}, 1, "not a team"},
		"a team nested deep":          {"plan", hostile{says(`{"_id":"tea_1","userIds":` + strings.Repeat("[", 10_000_000)), empty}, 1, "not a team"},
		"a team with many values":     {"plan", hostile{says(`{"_id":"tea_1","userIds":["usr_1"],` + numbered(`"name%d":{}`, 500_000) + `}`), empty}, 0, ""},
		"a team with headers without end": {"plan", hostile{raw(func(to *bufio.Writer) {
			io.WriteString(to, "HTTP/1.1 200 OK\r\n")
			for i := range 5_000_000 {
				fmt.Fprintf(to, "a%d:\r\n", i)
			}
		}), empty}, 1, "headers exceeded"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			api := httptest.NewServer(test.hostile)
			t.Cleanup(api.Close)
			ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute) // the race detector takes ten times the time
			defer cancel()
			command := limitedBy(ctx, 2*container, program, strings.Fields(test.command)...)
			command.Dir = impatientFor(t, api.URL+"/api")
			command.Env = append(os.Environ(), "XDG_CACHE_HOME="+t.TempDir())
			var shown bytes.Buffer
			command.Stdout, command.Stderr = &shown, &shown
			began := time.Now()
			bytes, status := peak(t, command)
			t.Logf("%d MiB at the peak, %s, %d bytes shown", bytes>>20, time.Since(began).Round(time.Millisecond), shown.Len())
			if bytes > container {
				t.Errorf("%d MiB at the peak", bytes>>20)
			}
			if status != test.status || !strings.Contains(shown.String(), test.message) || shown.Len() > 20_000 {
				t.Errorf("exit %d, %d bytes: %.3000s", status, shown.Len(), shown.String())
			}
			if test.message == "more than 16 MiB" && !strings.Contains(shown.String(), "raise the budget with -memory or LEMEXPORT_MEMORY") {
				t.Errorf("no hint: %.3000s", shown.String())
			}
		})
	}
}
