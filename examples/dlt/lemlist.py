"""Loads the inbox of a lemlist team into a dlt destination."""

import json
import subprocess
import tempfile

import dlt
import pyarrow as pa


@dlt.resource(primary_key="id")
def inbox_conversations(configuration="."):
    """Everything at first, then what is new or changed. The position is part of dlt's state."""
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
                for batch in stream:
                    yield dlt.mark.with_hints(batch, hints)
            except (pa.ArrowInvalid, OSError) as error:  # no stream, or one without its end
                broken = error
        if reading.returncode != 0 or broken:
            log.seek(0)
            raise RuntimeError(f"lemexport read ended with status {reading.returncode}: {log.read().decode()}") from broken
    state["position"] = metadata[b"lemexport.position"].decode()


def pipeline(destination="duckdb", **options):
    # A table is replaced in one transaction, not emptied first.
    dlt.config["destination.replace_strategy"] = "insert-from-staging"
    return dlt.pipeline("lemlist_inbox", destination=destination, dataset_name="lemlist", **options)


if __name__ == "__main__":
    print(pipeline().run(inbox_conversations()))
