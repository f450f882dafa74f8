"""Runs lemexport on the machine of this process."""

import ctypes
import dataclasses
import json
import signal
import subprocess
import sys
import tempfile

import pyarrow as pa

if sys.platform == "linux":
    _PR_SET_PDEATHSIG = 1
    _LIBC = ctypes.CDLL(None)


@dataclasses.dataclass(frozen=True)
class Program:
    """A lemexport, and what it reads. The keys are in the configuration: nothing here is secret."""

    path: str
    configuration: str
    table: str

    def teams(self):
        """Returns the names of the teams in the configuration."""
        finished = subprocess.run([self.path, "validate", "-json", self.configuration], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        result = json.loads(finished.stdout)
        if finished.returncode != 0:
            raise RuntimeError(_explain("validate", finished.returncode, result["diagnostics"]))
        return result.get("teams", [])

    def schema(self):
        """Returns the Arrow schema of the table."""
        finished = subprocess.run([self.path, "schema", "-format=arrow", self.table], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if finished.returncode != 0:
            raise RuntimeError(f"lemexport schema ended with status {finished.returncode}: {finished.stderr.decode()}")
        return pa.ipc.open_stream(finished.stdout).schema

    def read(self, team, since=None):
        """Yields a batch without rows, whose schema has the proof and the next position as metadata, then the rows.

        lemexport writes nothing before the rows are proven complete. It may fail later: the rows are
        whole when the iterator ends, and an error takes back those that it has yielded.
        """
        command = [self.path, "read", "-json", f"-only={team}", self.table, self.configuration]
        broken = None
        with tempfile.TemporaryFile() as position, tempfile.TemporaryFile() as log:
            if since is not None:
                command.insert(2, "-since=-")
                position.write(since.encode())
                position.seek(0)
            process = subprocess.Popen(command, stdin=position, stdout=subprocess.PIPE, stderr=log, preexec_fn=_end_with_parent)
            try:
                try:
                    stream = pa.ipc.open_stream(process.stdout)
                    yield pa.RecordBatch.from_pylist([], schema=stream.schema)
                    yield from stream
                except (pa.ArrowInvalid, OSError) as error:  # no stream, or one without its end
                    broken = error
                status = process.wait()
            finally:
                process.terminate()
                process.stdout.close()
                process.wait()
            if status != 0 or broken:
                log.seek(0)
                raise RuntimeError(f"team {team}: " + _explain("read", status, _errors(log))) from broken


def _end_with_parent():
    """Has Linux end lemexport when the process that reads from it is killed: another one may read the team already."""
    if sys.platform == "linux":
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _errors(log):
    for line in log:
        try:
            message = json.loads(line)
        except ValueError:  # the runtime speaks plain text when it ends lemexport
            yield {"summary": line.decode(errors="replace").strip()}
            continue
        if message["@level"] == "error":
            yield message.get("diagnostic", {"summary": message["@message"]})


def _explain(command, status, diagnostics):
    sentences = [f"{one['summary']}. {one.get('detail', '')}" for one in diagnostics]
    return f"lemexport {command} ended with status {status}: " + " ".join(sentences)
