package parent

import (
	"context"
	"time"
)

// pause is the time between two looks. No system tells of a parent's end by
// itself in a way that is the same for every kind of parent: Linux's signal for
// it is about threads.
const pause = 250 * time.Millisecond

// watch looks again and again. It returns true once the other process is gone, false when
// ctx has ended.
func watch(ctx context.Context, gone func() bool) bool {
	looks := time.NewTicker(pause)
	defer looks.Stop()
	for {
		select {
		case <-ctx.Done():
			return false
		case <-looks.C:
			if gone() {
				return true
			}
		}
	}
}
