"""Loads the inbox of a lemlist team into a dlt destination.

The destination has to support merge: a filesystem without a table format does not, and dlt
appends there, so rows that come again are there twice.
"""

import json
import subprocess
import tempfile

import dlt
import pyarrow as pa


@dlt.resource(primary_key="id")
def inbox_conversations(configuration="."):
    """Reads everything at first, then what is new or changed since the position in dlt's state."""
    state = dlt.current.resource_state()
    command = ["lemexport", "read", "inbox_conversations", configuration]
    broken = None
    with tempfile.TemporaryFile() as position, tempfile.TemporaryFile() as log:
        if "position" in state:
            command.append("-since=-")
            position.write(state["position"].encode())
            position.seek(0)
        with subprocess.Popen(command, stdin=position, stdout=subprocess.PIPE, stderr=log) as reading:
            try:
                stream = pa.ipc.open_stream(reading.stdout)
                metadata = stream.schema.metadata
                # Rows that do not come in a full reading are gone.
                full = json.loads(metadata[b"lemexport.proof"])["full"]
                hints = dlt.mark.make_hints(write_disposition="replace" if full else "merge")
                yield dlt.mark.with_hints(stream.schema.empty_table(), hints)
                yield from stream
            except (pa.ArrowInvalid, OSError) as error:  # no stream, or one without its end
                broken = error
        if reading.returncode != 0 or broken:
            log.seek(0)
            raise RuntimeError(f"lemexport read ended with status {reading.returncode}: {log.read().decode()}") from broken
    state["position"] = metadata[b"lemexport.position"].decode()


if __name__ == "__main__":
    print(dlt.pipeline("lemlist_inbox", destination="duckdb", dataset_name="lemlist").run(inbox_conversations()))
