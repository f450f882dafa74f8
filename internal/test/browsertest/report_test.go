package browsertest

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// deadline ends a browser that hangs.
const deadline = 2 * time.Minute

// makeReport exports a simulated team and makes the page of it, as a user would.
func makeReport(t *testing.T, conversations int) (page string) {
	t.Helper()
	root, err := filepath.Abs(filepath.Join("..", "..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	program := filepath.Join(dir, "lemexport")
	run := func(in string, command ...string) {
		t.Helper()
		one := exec.CommandContext(t.Context(), command[0], command[1:]...)
		one.Dir = in
		if output, err := one.CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", command, err, output)
		}
	}
	run(root, "go", "build", "-o", program, ".")
	config := fmt.Sprintf("source \"lemlist\" {\n  simulate { conversations = %d }\n}\nexport \"inbox_conversations\" {\n  destination = \"out\"\n}\n", conversations)
	if err := os.WriteFile(filepath.Join(dir, "main.hcl"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	run(dir, program, "apply", "-auto-approve")
	run(dir, program, "report", "out")
	return filepath.Join(dir, "inbox_conversations.html")
}

// look is one way to look at a page.
type look struct {
	name          string
	width, height int64
	phone         bool
	scheme        string
}

func looks() []look {
	var all []look
	for _, scheme := range []string{"light", "dark"} {
		all = append(all, look{"375-" + scheme, 375, 740, true, scheme}, look{"768-" + scheme, 768, 1024, true, scheme}, look{"1440-" + scheme, 1440, 900, false, scheme})
	}
	return all
}

// A page renders, and its charts are readable, on a phone and on a desktop, by
// day and by night; it asks no network for anything and complains of nothing.
func TestReport(t *testing.T) {
	page := url.URL{Scheme: "file", Path: makeReport(t, 400)}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.NoSandbox, // tests run as root in containers
		chromedp.UserDataDir(t.TempDir()))
	if path, err := exec.LookPath("chromium"); err == nil {
		options = append(options, chromedp.ExecPath(path))
	}
	ctx, cancel := context.WithTimeout(t.Context(), deadline)
	defer cancel()
	ctx, stop := chromedp.NewExecAllocator(ctx, options...)
	defer stop()
	ctx, closeBrowser := chromedp.NewContext(ctx)
	defer closeBrowser()
	if err := chromedp.Run(ctx); err != nil {
		t.Fatalf("chromium does not start (Debian's package is called chromium): %v", err)
	}
	for _, look := range looks() {
		t.Run(look.name, func(t *testing.T) { show(ctx, t, page.String(), look) })
	}
	if err := chromedp.Cancel(ctx); err != nil {
		t.Error(err)
	}
}

// watch notes what a page asks for and what it complains of.
type watch struct {
	mu         sync.Mutex
	requests   []string
	complaints []string
}

func (w *watch) event(event any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch event := event.(type) {
	case *network.EventRequestWillBeSent:
		w.requests = append(w.requests, event.Request.URL)
	case *runtime.EventConsoleAPICalled:
		w.complaints = append(w.complaints, fmt.Sprintf("console.%s %v", event.Type, event.Args))
	case *runtime.EventExceptionThrown:
		w.complaints = append(w.complaints, event.ExceptionDetails.Error())
	case *log.EventEntryAdded:
		w.complaints = append(w.complaints, event.Entry.Text)
	}
}

// seen is what the script finds in the page.
type seen struct {
	Charts, Empty           int
	Outside, Overlap, Faint []string
	Clipped                 []string
	Scroll, Width           int
	Background              float64
}

func show(browser context.Context, t *testing.T, page string, look look) {
	ctx, closeTab := chromedp.NewContext(browser)
	defer closeTab()
	var watched watch
	chromedp.ListenTarget(ctx, watched.event)
	script, err := os.ReadFile("look.js")
	if err != nil {
		t.Fatal(err)
	}
	var found seen
	var picture []byte
	err = chromedp.Run(ctx,
		network.Enable(), log.Enable(), runtime.Enable(),
		emulation.SetDeviceMetricsOverride(look.width, look.height, 1, look.phone),
		emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: look.scheme}}),
		chromedp.Navigate(page),
		chromedp.Evaluate(string(script), &found),
		chromedp.FullScreenshot(&picture, 100),
	)
	if err != nil {
		t.Fatal(err)
	}
	watched.mu.Lock()
	defer watched.mu.Unlock()
	for _, request := range watched.requests {
		if request != page && !strings.HasPrefix(request, "data:") {
			t.Errorf("the page asks for %s", request)
		}
	}
	if len(watched.requests) == 0 {
		t.Error("not even the page itself was seen to be asked for")
	}
	for _, complaint := range watched.complaints {
		t.Errorf("the browser complains: %s", complaint)
	}
	if found.Charts < 11 || found.Empty > 0 {
		t.Errorf("%d charts, %d of them empty", found.Charts, found.Empty)
	}
	for what, texts := range map[string][]string{"outside of its chart": found.Outside, "over another text": found.Overlap, "too faint": found.Faint, "clipped or scrolling sideways": found.Clipped} {
		for _, text := range texts {
			t.Errorf("%s: %s", what, text)
		}
	}
	if found.Scroll > found.Width {
		t.Errorf("the page is %d wide on a screen of %d", found.Scroll, found.Width)
	}
	if dark := found.Background < 0.1; dark != (look.scheme == "dark") {
		t.Errorf("the background's luminance is %.2f", found.Background)
	}
	checkPicture(t, picture, look)
}

// checkPicture looks for the colours of charts, and keeps the picture in the
// folder that SCREENSHOTS names.
func checkPicture(t *testing.T, picture []byte, look look) {
	t.Helper()
	drawn, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		t.Fatal(err)
	}
	if n := colours(drawn); n < 20 {
		t.Errorf("the picture has %d colours", n)
	}
	if dir := os.Getenv("SCREENSHOTS"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, look.name+".png"), picture, 0o600); err != nil {
			t.Error(err)
		}
	}
}

func colours(drawn image.Image) int {
	found := map[[3]uint32]struct{}{}
	area := drawn.Bounds()
	for y := area.Min.Y; y < area.Max.Y; y += 3 {
		for x := area.Min.X; x < area.Max.X; x += 3 {
			r, g, b, _ := drawn.At(x, y).RGBA()
			found[[3]uint32{r, g, b}] = struct{}{}
		}
	}
	return len(found)
}
