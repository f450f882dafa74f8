"""Runs the commands of docs/hosts.md that pass rows to another program, and compares what it reads with our own export."""

import datetime
import io
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import types
from importlib.metadata import version

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from documented import block, names  # noqa: E402
from team import TABLE, Team, differing, on_path, report  # noqa: E402


def shell(command, folder, status=0):
    finished = subprocess.run(["bash", "-o", "pipefail", "-c", command], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert finished.returncode == status, f"{command}: status {finished.returncode}: {finished.stderr.decode()}"
    return finished.stdout


def arrow_rows(library, command, stream):
    """The rows that the command's Python code reads from a stream."""
    code = re.search(r"python3 -c '\n(.*)'", command, re.S)[1]
    names = {}
    stdin, stdout = sys.stdin, sys.stdout
    sys.stdin, sys.stdout = types.SimpleNamespace(buffer=io.BytesIO(stream)), io.StringIO()
    try:
        exec(code, names)
        inbox = names["inbox"]
        return inbox.to_dicts() if library == "polars" else inbox.to_arrow_table().to_pylist() if library == "duckdb" else inbox.to_pylist()
    finally:
        sys.stdin, sys.stdout = stdin, stdout


def json_rows(lines, schema):
    """The rows of JSON lines, with times as such."""
    rows = [json.loads(line) for line in lines.splitlines()]
    for field in schema:
        if str(field.type).startswith("timestamp"):
            for row in rows:
                row[field.name] = row[field.name] and datetime.datetime.fromisoformat(row[field.name])
    return rows


def main():
    os.environ["PATH"] = f"{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}"
    jq = block("sh", "| jq")
    commands = {"pyarrow": block("sh", "inbox = pa."), "polars": block("sh", "inbox = pl."), "duckdb": block("sh", "inbox = duckdb.")}
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        on_path(folder / "bin")
        with Team("-conversations=5000") as team:
            os.environ["LEMLIST_API_KEY"] = team.key
            team.configure(folder)
            ours = team.export(folder / "ours")

            rows = json_rows(shell(f"lemexport read -format=jsonl {TABLE}", folder), ours.schema)
            found = differing(ours, rows)
            report("JSON lines", "read", rows=len(rows), columns_that_differ=len(found))
            assert not found, found
            replied = [json.loads(line) for line in shell(jq, folder).splitlines()]
            assert len(replied) == sum(row["have_replies"] is True for row in rows) and set(replied[0]) == {"id", "email"}
            report("jq", "the documented command", rows=len(replied))

            stream = shell(f"lemexport read {TABLE}", folder)
            for library, command in commands.items():
                names({"pyarrow": "PyArrow", "polars": "Polars", "duckdb": "DuckDB"}[library] + f" {version(library)}")
                assert shell(command, folder)
                rows = arrow_rows(library, command, stream)
                found = differing(ours, rows)
                report(f"{library} {version(library)}", "the documented command", rows=len(rows), columns_that_differ=len(found))
                assert not found, found

        with Team("-conversations=5000", "-fault=short") as team:
            os.environ["LEMLIST_API_KEY"] = team.key
            team.configure(folder)
            for library, command in {"jq": jq, **commands}.items():
                status = subprocess.run(["bash", "-o", "pipefail", "-c", command], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).returncode
                assert status != 0, f"{library}: the command succeeded"
            report("JSON lines, Arrow stream", "unproven walk: the commands fail", commands=len(commands) + 1)


main()
