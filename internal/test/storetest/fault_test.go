package storetest

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/store"
	"github.com/lemexport/lemexport/exporter/store/scratch"
)

// fault is a way in which the network breaks. The zero limit is no limit.
type fault struct {
	name, kind, stream string
	attributes         string // JSON
	// lasts is how long, from the beginning of the commit; 0 is to its end.
	lasts time.Duration
	// fails says that the commit may not succeed.
	fails bool
}

func faults() []fault {
	return []fault{
		{name: "cut mid-upload", kind: "limit_data", stream: "upstream", attributes: `{"bytes": 700000}`, lasts: 700 * time.Millisecond},
		{name: "cut mid-upload, for good", kind: "limit_data", stream: "upstream", attributes: `{"bytes": 700000}`, fails: true},
		{name: "reset", kind: "reset_peer", stream: "upstream", attributes: `{"timeout": 0}`, lasts: 300 * time.Millisecond},
		{name: "lost response", kind: "limit_data", stream: "downstream", attributes: `{"bytes": 0}`, lasts: 300 * time.Millisecond},
		{name: "lost responses, for good", kind: "limit_data", stream: "downstream", attributes: `{"bytes": 0}`, fails: true},
		{name: "stall", kind: "timeout", stream: "upstream", attributes: `{"timeout": 0}`, lasts: 700 * time.Millisecond},
		{name: "slow link", kind: "bandwidth", stream: "upstream", attributes: `{"rate": 6000}`},
		{name: "small packets", kind: "slicer", stream: "upstream", attributes: `{"average_size": 20000, "size_variation": 5000, "delay": 10}`},
	}
}

// patient makes enough attempts to outlive the faults that end.
func patient(t testing.TB) store.Options {
	return store.Options{Scratch: scratch.New(t.TempDir()), Attempts: 12, Idle: 3 * time.Second, MaxDelay: 250 * time.Millisecond, PartSize: partSize}
}

// Whatever the network does, the old version is there or the new one, whole, and
// a commit that says that it succeeded did.
func TestAnUploadOverABrokenNetwork(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		for _, fault := range faults() {
			for kind, size := range map[string]int{"one request": 2 << 20, "parts": size} {
				t.Run(fault.name+", "+kind, func(t *testing.T) { uploadThrough(t, s, fault, size) })
			}
		}
	})
}

func uploadThrough(t *testing.T, s *server, fault fault, size int) {
	folder := folder()
	direct := open(t, s.at(s.direct, folder), quick(t))
	if err := replace(t.Context(), direct, 1, size); err != nil {
		t.Fatal(err)
	}
	stop := watch(t, s, folder)
	options := patient(t)
	if fault.kind == "timeout" {
		options.Idle = 500 * time.Millisecond
	}
	if fault.fails {
		options.Attempts = 3
	}
	through := open(t, s.at(s.proxied, folder), options)
	object, err := through.Open(t.Context(), dataName)
	if err != nil {
		t.Fatal(err)
	}
	upload, err := through.Create(t.Context(), dataName, object.Version())
	if err != nil {
		t.Fatal(err)
	}
	if err := object.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := upload.Write(content(2, size)); err != nil {
		t.Fatal(err)
	}
	end := s.inflict(t.Context(), t, fault)
	err = upload.Commit(t.Context())
	end()
	there, readErr := readVersion(t.Context(), direct)
	switch {
	case readErr != nil:
		t.Errorf("what is there cannot be read: %v", readErr)
	case err == nil && there != 2:
		t.Errorf("the commit succeeded and version %d is there", there)
	case err != nil && !fault.fails:
		t.Errorf("the commit failed: %v", err)
	case err != nil && errors.Is(err, exporter.ErrConflict):
		t.Errorf("the run took itself for another one: %v", err)
	case err != nil && exporter.Hint(err) == "":
		t.Errorf("no hint: %v", err)
	}
	stop()
	if fault.fails {
		t.Logf("version %d is there: %v", there, err)
	}
}

// inflict starts a fault; end ends it and waits until it has ended.
func (s *server) inflict(ctx context.Context, t *testing.T, fault fault) (end func()) {
	t.Helper()
	body := `{"name": "fault", "type": "` + fault.kind + `", "stream": "` + fault.stream + `", "attributes": ` + fault.attributes + `}`
	if _, err := s.proxy.Toxics.AddToxicJson(strings.NewReader(body)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(ctx)
	if fault.lasts > 0 {
		ctx, cancel = context.WithTimeout(ctx, fault.lasts)
	}
	ended := make(chan error, 1)
	go func() {
		<-ctx.Done()
		ended <- s.proxy.Toxics.RemoveToxic(context.WithoutCancel(ctx), "fault")
	}()
	return func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

// A download goes on where it broke; one that does not get on says so.
func TestADownloadOverABrokenNetwork(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		folder := folder()
		if err := replace(t.Context(), open(t, s.at(s.direct, folder), quick(t)), 1, size); err != nil {
			t.Fatal(err)
		}
		for _, fault := range []fault{
			{name: "cut mid-download", kind: "limit_data", stream: "downstream", attributes: `{"bytes": 2000000}`},
			{name: "cut for a while", kind: "limit_data", stream: "downstream", attributes: `{"bytes": 300}`, lasts: 300 * time.Millisecond},
			{name: "reset", kind: "reset_peer", stream: "downstream", attributes: `{"timeout": 20}`, lasts: 300 * time.Millisecond},
			{name: "stall", kind: "timeout", stream: "downstream", attributes: `{"timeout": 0}`, lasts: 700 * time.Millisecond},
			{name: "slow link", kind: "bandwidth", stream: "downstream", attributes: `{"rate": 8000}`},
			{name: "cut for good", kind: "limit_data", stream: "downstream", attributes: `{"bytes": 300}`, fails: true},
		} {
			t.Run(fault.name, func(t *testing.T) {
				options := patient(t)
				if fault.fails {
					options.Attempts = 3
				}
				end := s.inflict(t.Context(), t, fault)
				version, err := readVersion(t.Context(), open(t, s.at(s.proxied, folder), options))
				end()
				switch {
				case !fault.fails && (err != nil || version != 1):
					t.Errorf("read version %d (%v)", version, err)
				case fault.fails && (err == nil || exporter.Hint(err) == ""):
					t.Errorf("read gave %v, hint %q", err, exporter.Hint(err))
				}
			})
		}
	})
}

// A burst of 503 is waited out, in the middle of everything.
func TestABurstOf503(t *testing.T) {
	each(t, func(t *testing.T, s *server) {
		// Of five requests three fail.
		var requests, failed atomic.Int64
		proxy := forward(s.direct)
		front := &http.Server{Addr: freeAddress(), ReadHeaderTimeout: time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if requests.Add(1)%5 > 1 {
				failed.Add(1)
				http.Error(w, "slow down", http.StatusServiceUnavailable)
				return
			}
			proxy.ServeHTTP(w, r)
		})}
		served := make(chan error, 1)
		go func() { served <- front.ListenAndServe() }()
		defer func() {
			if err := front.Close(); err != nil {
				t.Error(err)
			}
			<-served
		}()
		if err := waitFor(front.Addr); err != nil {
			t.Fatal(err)
		}
		folder := folder()
		stop := watch(t, s, folder)
		to := open(t, s.at(front.Addr, folder), patient(t))
		for version := range 2 {
			if err := replace(t.Context(), to, version, size); err != nil {
				t.Fatal(err)
			}
			if there, err := readVersion(t.Context(), to); err != nil || there != version {
				t.Errorf("version %d is there (%v), not %d", there, err, version)
			}
		}
		stop()
		if failed.Load() == 0 {
			t.Error("no request failed: the test does not test")
		}
		t.Logf("%d requests, %d failed", requests.Load(), failed.Load())
	})
}
