package store

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// ledgerFolder makes a test of this file a process that uses the ledger there.
const ledgerFolder = "LEMEXPORT_LEDGER_FOLDER"

// startLedger runs the calling test once more, in a process of its own.
func startLedger(t *testing.T, dir string) (*exec.Cmd, *bufio.Scanner) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), ledgerFolder+"="+dir)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, bufio.NewScanner(stdout)
}

// increment adds one to the number in the ledger.
func increment(text []byte) []byte {
	number, _ := strconv.Atoi(string(text))
	return strconv.AppendInt(nil, int64(number+1), 10)
}

// text is what the ledger holds.
func text(t *testing.T, l *Ledger) (got string) {
	t.Helper()
	if err := l.Update(t.Context(), func(text []byte) []byte { got = string(text); return text }); err != nil {
		t.Fatal(err)
	}
	return got
}

// swap writes a text and returns the one before.
func swap(t *testing.T, l *Ledger, next string) (got string) {
	t.Helper()
	if err := l.Update(t.Context(), func(text []byte) []byte { got = string(text); return []byte(next) }); err != nil {
		t.Fatal(err)
	}
	return got
}

func ledgerIn(t *testing.T, dir, name string) *Ledger {
	l := NewLedger(dir, name)
	t.Cleanup(func() { _ = l.Close() })
	return l
}

func TestNoUpdateOfALedgerIsLost(t *testing.T) {
	const processes, each = 4, 300
	if dir := os.Getenv(ledgerFolder); dir != "" {
		l := ledgerIn(t, dir, "counter")
		began := time.Now()
		for range each {
			if err := l.Update(t.Context(), increment); err != nil {
				t.Fatal(err)
			}
		}
		t.Logf("%s an update", time.Since(began)/each)
		return
	}
	dir := t.TempDir()
	var all sync.WaitGroup
	for range processes {
		all.Go(func() {
			cmd, lines := startLedger(t, dir)
			for lines.Scan() {
			}
			if err := cmd.Wait(); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if got := text(t, ledgerIn(t, dir, "counter")); got != strconv.Itoa(processes*each) {
		t.Errorf("%s updates are left of %d", got, processes*each)
	}
}

// A process that is killed within an update leaves the old text or the new one,
// and frees the lock; the others learn that it is gone.
func TestAKilledProcessIsKnownToBeGone(t *testing.T) {
	if dir := os.Getenv(ledgerFolder); dir != "" {
		l := ledgerIn(t, dir, "counter")
		if err := l.Update(t.Context(), increment); err != nil {
			t.Fatal(err)
		}
		fmt.Println(l.ID())
		for {
			if err := l.Update(t.Context(), increment); err != nil {
				t.Fatal(err)
			}
		}
	}
	dir := t.TempDir()
	l := ledgerIn(t, dir, "counter")
	alive := func(id string) (alive bool) {
		if err := l.Update(t.Context(), func(text []byte) []byte { alive = l.Alive(id); return text }); err != nil {
			t.Fatal(err)
		}
		return alive
	}
	before := 0
	for range 5 {
		cmd, lines := startLedger(t, dir)
		lines.Scan()
		id := lines.Text()
		if !alive(id) || !alive(l.ID()) {
			t.Errorf("%s is taken for dead", id)
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := cmd.Wait(); err == nil {
			t.Fatal("it ended by itself")
		}
		if alive(id) || alive("../"+id) || alive("nobody") {
			t.Errorf("%s is taken for alive", id)
		}
		after, err := strconv.Atoi(text(t, l))
		if err != nil || after <= before {
			t.Errorf("%d, %v after %d", after, err, before)
		}
		before = after
	}
	if left := names(t, dir); len(left) > 3 { // of ours: text, lock, alive
		t.Errorf("left %q", left)
	}
}

func TestALedgerIsForTheUserAlone(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "folder")
	l := ledgerIn(t, dir, "a")
	if err := l.Update(t.Context(), func([]byte) []byte { return []byte("one") }); err != nil {
		t.Fatal(err)
	}
	for _, name := range append(names(t, dir), ".") {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if open := info.Mode().Perm() & 0o077; open != 0 && filepath.Separator == '/' {
			t.Errorf("%s has permission %o", name, info.Mode().Perm())
		}
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if got := text(t, ledgerIn(t, dir, "a")); got != "one" {
		t.Errorf("another ledger of the name says %q", got)
	}
	if info, err := os.Stat(dir); err != nil || info.Mode().Perm() != 0o700 && filepath.Separator == '/' {
		t.Errorf("an open folder has %s, %v", info.Mode(), err)
	}
}

func TestALedgerWithoutAFolderIsAnError(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	inTheWay := t.TempDir()
	if err := os.Mkdir(filepath.Join(inTheWay, "a"+ledgerLock), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, dir := range map[string]string{
		"a file": file, "below a file": filepath.Join(file, "caches"), "a folder in the lock's place": inTheWay,
	} {
		t.Run(name, func(t *testing.T) {
			l := NewLedger(dir, "a")
			if err := l.Update(t.Context(), func([]byte) []byte { t.Error("it was changed"); return nil }); err == nil {
				t.Error("no error")
			}
			if err := l.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestTheUsersCachesHoldTheLedgers(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("HOME", t.TempDir())
	t.Setenv("LocalAppData", t.TempDir())
	caches, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	l := ledgerIn(t, "", "a")
	if got := text(t, l); got != "" {
		t.Errorf("text %q", got)
	}
	if !strings.HasPrefix(l.path("a"), filepath.Join(caches, "lemexport")) {
		t.Errorf("it is at %s", l.path("a"))
	}
}

// Whatever stands in for a text is replaced.
func TestADamagedLedgerIsReplaced(t *testing.T) {
	for name, damage := range map[string]func(body []byte) []byte{
		"empty":              func([]byte) []byte { return nil },
		"another's":          func([]byte) []byte { return []byte(`{"hello":"world"}`) },
		"another's, long":    func([]byte) []byte { return make([]byte, 2*ledgerSize) },
		"cut":                func(body []byte) []byte { return body[:len(body)-1] },
		"half overwritten":   func(body []byte) []byte { copy(body[len(body)/2:], "????"); return body },
		"a senseless length": func([]byte) []byte { return []byte("00000000 -1\n") },
		"a length too long":  func([]byte) []byte { return []byte("00000000 99999999999999999999\n") },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			l := ledgerIn(t, dir, "a")
			swap(t, l, "before the damage")
			path := filepath.Join(dir, "a"+ledgerText)
			body, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, damage(body), 0o600); err != nil {
				t.Fatal(err)
			}
			if got := swap(t, l, "after"); got != "" {
				t.Errorf("text %.40q", got)
			}
			if got := text(t, l); got != "after" {
				t.Errorf("text %.40q", got)
			}
		})
	}
}

// A text is what was written last, however long the ones before were.
func TestALedgerHoldsTheLastText(t *testing.T) {
	l := ledgerIn(t, t.TempDir(), "a")
	last := ""
	for _, length := range []int{10, 1000, 0, 5, 20_000, 3} {
		next := strings.Repeat(strconv.Itoa(length), length)
		if got := swap(t, l, next); got != last {
			t.Errorf("%.40q came before %d, want %.40q", got, length, last)
		}
		last = next
	}
}

// Ledgers of keys and simulations of old do not pile up.
func TestLedgersThatNobodyUsesAreRemoved(t *testing.T) {
	dir := t.TempDir()
	old, used, young := NewLedger(dir, "old"), ledgerIn(t, dir, "used"), NewLedger(dir, "young")
	for _, l := range []*Ledger{old, used, young} {
		if err := l.Update(t.Context(), increment); err != nil {
			t.Fatal(err)
		}
	}
	for _, l := range []*Ledger{old, young} {
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
	long := time.Now().Add(-2 * ledgerKept)
	for _, name := range []string{"old", "used"} {
		if err := os.Chtimes(filepath.Join(dir, name+ledgerText), long, long); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "notes.txt"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := ledgerIn(t, dir, "new").Update(t.Context(), increment); err != nil {
		t.Fatal(err)
	}
	left := strings.Join(names(t, dir), " ")
	for name, want := range map[string]bool{"old.": false, "used.ledger": true, "used.lock": true, "young.ledger": true, "new.ledger": true, "notes.txt": true} {
		if strings.Contains(left, name) != want {
			t.Errorf("%s: left are %s", name, left)
		}
	}
}

// A ledger keeps its files open; that one of them is removed, by a process that
// found it old or by a person, parts nobody.
func TestALedgerWhoseFilesAreRemovedIsStillOne(t *testing.T) {
	for name, remove := range map[string][]string{"the text": {ledgerText}, "the lock": {ledgerLock}, "both": {ledgerText, ledgerLock}} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			first, second := ledgerIn(t, dir, "a"), ledgerIn(t, dir, "a")
			swap(t, first, "before")
			for _, ending := range remove {
				if err := os.Remove(filepath.Join(dir, "a"+ending)); err != nil {
					t.Skip("this system removes no open file:", err)
				}
			}
			swap(t, second, "second")
			if got := swap(t, first, "first"); got != "second" {
				t.Errorf("the first reads %q", got)
			}
			if got := text(t, second); got != "first" {
				t.Errorf("the second reads %q", got)
			}
			err := first.Update(t.Context(), func(text []byte) []byte {
				lock, err := second.lock(t.Context(), "a", time.Millisecond)
				if err == nil {
					t.Error("two hold the lock", lock.close())
				}
				return text
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
}

// An update never waits for a stopped process for ever.
func TestALedgerThatStaysLockedIsAnError(t *testing.T) {
	l := ledgerIn(t, t.TempDir(), "a")
	if err := l.Update(t.Context(), increment); err != nil {
		t.Fatal(err)
	}
	lock, err := l.lock(t.Context(), "a", time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = lock.close() }()
	if second, err := l.lock(t.Context(), "a", 20*time.Millisecond); err == nil {
		t.Error("two hold the lock", second.close())
	}
}

// An update costs no file that is opened, nor memory: there are several a request.
func TestAnUpdateOfALedgerTakesNoMemory(t *testing.T) {
	l := ledgerIn(t, t.TempDir(), "a")
	body := []byte(strings.Repeat("x", 4<<10))
	got := testing.AllocsPerRun(100, func() {
		if err := l.Update(t.Context(), func([]byte) []byte { return body }); err != nil {
			t.Fatal(err)
		}
	})
	if got > 5 { // two looks at names
		t.Errorf("%.0f allocations", got)
	}
}

func names(t *testing.T, dir string) (found []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		found = append(found, entry.Name())
	}
	return found
}

func BenchmarkLedgerUpdate(b *testing.B) {
	l := NewLedger(b.TempDir(), "a")
	defer func() { _ = l.Close() }()
	body := []byte(strings.Repeat("x", 4<<10))
	for b.Loop() {
		if err := l.Update(b.Context(), func([]byte) []byte { return body }); err != nil {
			b.Fatal(err)
		}
	}
}
