package lemlist

import (
	"testing"

	"go.uber.org/goleak"
)

// No test, of the walk or of the client, leaves a goroutine behind.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
