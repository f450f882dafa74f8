package storetest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"path"
	"sync"
	"testing"
	"time"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/exporter/store"
	"github.com/lemexport/lemexport/exporter/store/scratch"
)

const dataName = "inbox_conversations.parquet"

// partSize is the smallest that S3 takes; size is a part and a rest.
const (
	partSize = 5 << 20
	size     = partSize + 100<<10
)

// content says which version it is and ends with its own hash, so that a part or
// a mix of two is found.
func content(version, size int) []byte {
	head := fmt.Appendf(nil, "version %d\n", version)
	body := make([]byte, size)
	_, _ = rand.NewChaCha8(sha256.Sum256(head)).Read(body)
	copy(body, head)
	sum := sha256.Sum256(body)
	return hex.AppendEncode(body, sum[:])
}

// whole reads which version a content is.
func whole(content []byte) (version int, err error) {
	cut := len(content) - hex.EncodedLen(sha256.Size)
	if cut < 0 {
		return 0, fmt.Errorf("a part of %d bytes", len(content))
	}
	sum := sha256.Sum256(content[:cut])
	if !bytes.Equal(hex.AppendEncode(nil, sum[:]), content[cut:]) {
		return 0, fmt.Errorf("a part of a version, or a mix of two (%d bytes)", len(content))
	}
	_, err = fmt.Sscanf(string(content[:40]), "version %d\n", &version)
	return version, err
}

// readVersion reads and checks what is committed; -1 is nothing. A server may
// finish what a run that is gone has sent: then it reads again.
func readVersion(ctx context.Context, from exporter.Destination) (version int, err error) {
	for range 10 {
		if version, err = readOnce(ctx, from); !errors.Is(err, exporter.ErrConflict) {
			break
		}
	}
	return version, err
}

func readOnce(ctx context.Context, from exporter.Destination) (int, error) {
	object, err := from.Open(ctx, dataName)
	if errors.Is(err, fs.ErrNotExist) {
		return -1, nil
	}
	if err != nil {
		return 0, err
	}
	body, err := io.ReadAll(io.NewSectionReader(object, 0, object.Size()))
	if err = errors.Join(err, object.Close()); err != nil {
		return 0, err
	}
	return whole(body)
}

// replace is a run: it locks, looks, writes, commits.
func replace(ctx context.Context, to exporter.Destination, version, size int) error {
	unlock, err := to.Lock(ctx, fmt.Sprint("run-", version))
	if err != nil {
		return fmt.Errorf("lock: %w", err)
	}
	over := exporter.Version("")
	object, err := to.Open(ctx, dataName)
	if err == nil {
		over = object.Version()
		err = object.Close()
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return errors.Join(fmt.Errorf("open: %w", err), unlock())
	}
	upload, err := to.Create(ctx, dataName, over)
	if err != nil {
		return errors.Join(err, unlock())
	}
	if _, err := upload.Write(content(version, size)); err != nil {
		return errors.Join(err, upload.Abort(), unlock())
	}
	if err := upload.Commit(ctx); err != nil {
		return errors.Join(fmt.Errorf("commit: %w", err), unlock())
	}
	return unlock()
}

// watch lists a folder until the test ends, and fails it when anything is visible
// there that is no whole version. stop waits for the last look.
func watch(t *testing.T, s *server, folder string) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	options := store.Options{Scratch: scratch.New(t.TempDir()), Attempts: 3, Idle: 30 * time.Second, MaxDelay: 50 * time.Millisecond}
	from := open(t, s.at(s.direct, folder), options)
	looks := 0
	go func() {
		defer close(ended)
		for ; ctx.Err() == nil; looks++ {
			keys, err := s.list(ctx, folder)
			if err != nil && ctx.Err() == nil {
				t.Errorf("watcher: list: %v", err)
				return
			}
			for _, key := range keys {
				if path.Base(key) != dataName {
					t.Errorf("watcher: %s is visible", key)
				}
			}
			if len(keys) > 0 {
				if _, err := readVersion(ctx, from); err != nil && !errors.Is(err, exporter.ErrConflict) && ctx.Err() == nil {
					t.Errorf("watcher: %v", err)
				}
			}
			select {
			case <-ctx.Done():
			case <-time.After(100 * time.Millisecond):
			}
		}
	}()
	stop = sync.OnceFunc(func() {
		cancel()
		<-ended
		if looks < 1 {
			t.Error("the watcher never looked")
		}
	})
	t.Cleanup(stop)
	return stop
}
