package schema

import (
	"bytes"
	"fmt"

	"github.com/apache/arrow/go/v15/arrow/ipc"
)

// arrowIPC implements Table.ArrowIPC.
func arrowIPC(t *Table) ([]byte, error) {
	var stream bytes.Buffer
	if err := ipc.NewWriter(&stream, ipc.WithSchema(t.Arrow())).Close(); err != nil {
		return nil, fmt.Errorf("writing the schema of %s as Arrow IPC: %w", t.Name, err)
	}
	return stream.Bytes(), nil
}
