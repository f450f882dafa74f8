package folder

import (
	"testing"

	"github.com/lemexport/lemexport/exporter"
	"github.com/lemexport/lemexport/internal/test/storecontract"
)

func TestTheFolderKeepsTheContract(t *testing.T) {
	storecontract.Run(t, storecontract.Kind{Locks: true}, func(t *testing.T) func() exporter.Destination {
		dir := t.TempDir()
		return func() exporter.Destination { return New(dir) }
	})
}

// beginNew uploads "new", which is not committed yet.
func beginNew(t *testing.T, to exporter.Destination) exporter.Upload {
	t.Helper()
	return storecontract.Begin(t, to, "new", storecontract.Look(t, to, dataName))
}
