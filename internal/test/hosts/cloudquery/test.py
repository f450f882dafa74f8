"""Runs CloudQuery's program with the source, and compares what a destination has received with our own export."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from destination import Destination  # noqa: E402
from documented import block  # noqa: E402
from team import MARGIN, PROGRAM, TABLE, Team, differing, report  # noqa: E402

CLOUDQUERY = os.environ["CLOUDQUERY"]
WAIT = 60  # seconds that anything may take


class Project:
    """The configuration of CloudQuery in a folder, with a link to the program to find its processes by."""

    def __init__(self, folder, destination):
        folder.mkdir()
        self.folder = folder
        self.destination = destination
        self.source = folder / "lemexport"
        self.source.symlink_to(PROGRAM)

    def documented(self, config):
        """The source of docs/hosts.md, for this folder and a team."""
        changes = {
            "/usr/local/bin/lemexport": str(self.source), "[postgresql]": "[recorder]",
            "api_key: ${LEMLIST_API_KEY}": "\n    ".join(f"{name}: {json.dumps(value)}" for name, value in config.items()),
        }
        source = block("yaml", "registry: local")
        for old, new in changes.items():
            assert old in source, f"docs/hosts.md has no {old}"
            source = source.replace(old, new)
        return source

    def start(self, command, config, tables=("*",), documented=False, **source):
        source = {
            "name": "lemlist", "registry": "local", "path": str(self.source), "tables": list(tables), "destinations": ["recorder"],
            "spec": config, **source,
        }
        source = self.documented(config) if documented else json.dumps({"kind": "source", "spec": source})
        destination = {"name": "recorder", "registry": "grpc", "path": self.destination.address}
        destination = json.dumps({"kind": "destination", "spec": destination})
        (self.folder / "spec.yml").write_text(f"{source}\n---\n{destination}")
        return subprocess.Popen(
            [CLOUDQUERY, command, "spec.yml", "--telemetry-level=none", "--no-log-file", "--log-console"],
            cwd=self.folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )

    def run(self, command, config, **changes):
        """Runs a command, and returns the finished process with its output."""
        process = self.start(command, config, **changes)
        output, _ = process.communicate(timeout=WAIT)
        return subprocess.CompletedProcess(process.args, process.returncode, output)

    def plugins(self):
        """The ids of the source's processes."""
        found = []
        for entry in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
            try:
                if entry.read_bytes().startswith(os.fsencode(self.source) + b"\0"):
                    found.append(int(entry.parent.name))
            except OSError:
                pass  # it has ended
        return found


def read_until(process, text):
    for line in process.stdout:
        if text in line:
            return
    sys.exit(f"the program has ended without {text!r}")


def kill(project):
    found = project.plugins()
    assert found, "the source does not run"
    for pid in found:
        os.kill(pid, signal.SIGKILL)


def until(what, condition):
    end = time.monotonic() + WAIT
    while not condition():
        assert time.monotonic() < end, f"{what}: waited {WAIT} s"
        time.sleep(0.02)


def succeed(finished):
    assert finished.returncode == 0, finished.stdout[-4000:]


def fail(finished, sentence, secret="-"):
    assert finished.returncode != 0, f"the command succeeded: {finished.stdout[-4000:]}"
    assert sentence in finished.stdout, f"no {sentence!r} in {finished.stdout[-4000:]}"
    assert secret == "-" or secret not in finished.stdout, "the key is in the log"


def main():
    version = subprocess.run([CLOUDQUERY, "--version"], check=True, text=True, stdout=subprocess.PIPE).stdout.split()[-1]
    host = f"CloudQuery {version}"
    with tempfile.TemporaryDirectory() as name, Destination() as destination:
        scratch = pathlib.Path(name)
        project = Project(scratch / "project", destination)

        with Team("-conversations=5000") as team:
            config = team.config()
            for command in ("validate-config", "test-connection", "tables"):
                succeed(project.run(command, config))
            described = {one["name"]: one for one in json.loads(next(project.folder.glob("**/__tables.json")).read_text())}
            columns = {column["name"]: column for column in described[TABLE]["columns"]}
            assert columns["id"]["is_primary_key"] and columns["extra"]["type"] == "json", columns
            report(host, "validate-config, test-connection, tables", tables=len(described))

            fail(project.run("validate-config", {**config, "user": []}), "user")
            fail(project.run("sync", {**config, "users": 5}), "invalid configuration in spec at /users: Wrong type", team.key)
            fail(project.run("sync", config, tables=["conversations"]), 'no table matches "conversations" in tables')
            fail(project.run("sync", config, backend_options={"table_name": "state", "connection": "@@plugins.recorder.connection"}),
                 "backend_options is not supported")
            report(host, "typos in the spec, tables that do not exist, backend_options: the command fails", failures=4)

            succeed(project.run("sync", config, documented=True))
            assert {frozenset(row["contact"]) for row in destination.table(TABLE) if row["contact"]} == {frozenset({"id", "email"})}
            report(host, "sync with the configuration of docs/hosts.md", rows=len(destination.table(TABLE)))

            succeed(project.run("sync", config))
            compare(host, "sync", team, destination, scratch, described)
            ours = team.export(scratch / "first")

            succeed(project.run("sync", {**config, "nested": "json"}))
            assert isinstance(destination.table(TABLE)[0]["users"], str), "lists are not documents"
            compare(host, "sync of documents", team, destination, scratch, [TABLE])

            wrong = "0123456789abcdef0123456789abcdef"
            fail(project.run("sync", {**config, "api_key": wrong}), "401 Unauthorized", wrong)
            fail(project.run("test-connection", {**config, "api_key": wrong}), "401 Unauthorized", wrong)
            unchanged(host, "wrong key: the sync fails", ours, destination)

        with Team("-conversations=5000", "-fault=short") as team:
            fail(project.run("sync", team.config()), "not proven complete", team.key)
            unchanged(host, "unproven walk: the sync fails", ours, destination)

        with Team("-conversations=5000", "-latency=200ms") as team:
            process = project.start("sync", team.config())
            read_until(process, "Start fetching resources")
            kill(project)
            output, _ = process.communicate(timeout=WAIT)
            assert process.returncode != 0, output
            unchanged(host, "plugin killed while it reads: the sync fails", ours, destination)

            process = project.start("sync", team.config())
            read_until(process, "Start fetching resources")
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=WAIT)
            until("no process of the source", lambda: not project.plugins())
            unchanged(host, "^C while it reads: no process is left", ours, destination)

        with destination.held() as received:  # much more than fits into the buffers between the processes
            simulate = {"conversations": 100_000, "rate_limit": False}
            process = project.start("sync", {"simulate": simulate, "margin": MARGIN}, tables=[TABLE])
            assert received.wait(WAIT), "no rows have come"
            kill(project)
        output, _ = process.communicate(timeout=WAIT)
        assert process.returncode != 0, output
        kept = {row["id"] for row in destination.table(TABLE)}
        assert kept >= set(ours["id"].to_pylist()), "old rows are gone"
        report(host, "plugin killed while it sends: the sync fails, and no row is deleted", rows=len(kept))

        with Team("-conversations=4000") as team:
            succeed(project.run("sync", team.config()))
            gone = set(ours["id"].to_pylist()) - {row["id"] for row in destination.table(TABLE)}
            assert gone, "no row was deleted"
            compare(host, f"a smaller team: {len(gone)} rows deleted", team, destination, scratch, [TABLE])


def compare(host, what, team, destination, scratch, tables):
    for table in tables:
        loaded = destination.table(table)
        found = differing(team.export(scratch / f"{what}-{table}", table), loaded)
        report(host, f"{what}: {table}", rows=len(loaded), columns_that_differ=len(found))
        assert not found, found


def unchanged(host, what, ours, destination):
    assert not differing(ours, destination.table(TABLE))
    report(host, what, rows=len(destination.table(TABLE)))


main()
