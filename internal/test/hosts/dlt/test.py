"""Runs the example for dlt into DuckDB, and compares the table with our own export."""

import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile

os.environ.update(RUNTIME__DLTHUB_TELEMETRY="false", RUNTIME__LOG_LEVEL="ERROR", DLT_DATA_DIR=tempfile.gettempdir())

import dlt  # noqa: E402
import duckdb  # noqa: E402
from dlt.pipeline.exceptions import PipelineStepFailed  # noqa: E402

ROOT = pathlib.Path(__file__).parents[4]
EXAMPLE = ROOT / "examples" / "dlt"
sys.path[:0] = [str(pathlib.Path(__file__).parent.parent), str(EXAMPLE)]
import lemlist  # noqa: E402
from documented import block, is_example, names  # noqa: E402
from team import FETCHED, TABLE, WRONG, Team, differing, ids, on_path, report  # noqa: E402

STRATEGY = "DESTINATION__REPLACE_STRATEGY"
HOST = f"dlt {dlt.__version__}, DuckDB"


class Project:
    """The example in a folder."""

    def __init__(self, folder):
        self.folder = folder

    def configure(self, team, key=None, full_every="168h"):
        os.environ["LEMLIST_API_KEY"] = key or team.key
        team.configure(self.folder, mode="merge", full_every=full_every)

    def pipeline(self, destination=None):
        destination = destination or dlt.destinations.duckdb(str(self.folder / "lemlist_inbox.duckdb"))
        return dlt.pipeline("lemlist_inbox", destination=destination, dataset_name="lemlist", pipelines_dir=str(self.folder / "pipelines"))

    def run(self):
        """Runs the pipeline, and returns what it has normalized: nothing when an earlier run had."""
        pipeline = self.pipeline()
        pipeline.run(lemlist.inbox_conversations(str(self.folder)))
        return pipeline.last_trace.last_normalize_info

    def killed(self, moment):
        """Runs the pipeline in another process, which is killed at a moment; "delivering" kills lemexport instead."""
        finished = subprocess.run([sys.executable, __file__, moment, self.folder], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if moment == "delivering":
            assert finished.returncode == 1 and "ended with status -9" in finished.stdout, finished.stdout
        else:
            assert finished.returncode == -signal.SIGKILL, finished.stdout

    def rows(self):
        with duckdb.connect(self.folder / "lemlist_inbox.duckdb") as database:
            database.execute("SET TimeZone = 'UTC'")
            return database.sql(f"FROM lemlist.{TABLE}").to_arrow_table().to_pylist()


def run_and_kill(moment, project):
    """Runs the pipeline until a moment, and kills this process, or the program that it has started."""
    pipeline, resource = project.pipeline(), lemlist.inbox_conversations(str(project.folder))
    if moment in ("delivering", "reading"):
        resource.add_map(lambda batch: kill(children() if moment == "delivering" else [os.getpid()]) or batch)
    pipeline.extract(resource)
    if moment == "loading":
        pipeline.normalize()
    kill([os.getpid()])


def kill(processes):
    for one in processes:
        os.kill(one, signal.SIGKILL)


def children():
    return [int(one) for task in pathlib.Path("/proc/self/task").iterdir() for one in (task / "children").read_text().split()]


def fails(project, sentence, secret):
    """Wants a run to fail as dlt's users see it."""
    try:
        project.run()
    except PipelineStepFailed as error:
        assert sentence in str(error), f"no {sentence!r} in {error}"
        assert secret not in str(error), "the key is in the error"
        return
    raise AssertionError("the run succeeded")


def equal(what, ours, project, gone=frozenset(), **numbers):
    """Wants the rows of ours in the destination, and those of the ids that are gone but still there."""
    loaded = project.rows()
    assert gone <= {row["id"] for row in loaded}, "rows were deleted"
    loaded = [row for row in loaded if row["id"] not in gone]
    found = differing(ours, loaded)
    report(HOST, what, rows=len(loaded), columns_that_differ=len(found), **numbers)
    assert not found, found


def append_only(project):
    """Runs the pipeline twice into files, which have no merge, and returns their rows and ids."""
    del os.environ[STRATEGY]  # which files do not have either
    for _ in range(2):
        pipeline = project.pipeline(dlt.destinations.filesystem(str(project.folder / "files")))
        pipeline.run(lemlist.inbox_conversations(str(project.folder)), loader_file_format="parquet")
    with duckdb.connect() as database:
        files = project.folder / "files" / "lemlist" / TABLE / "*.parquet"
        return database.execute(f"SELECT count(*), count(DISTINCT id) FROM '{files}'").fetchone()


def main():
    is_example("dlt/lemlist.py")
    names(f"dlt {dlt.__version__}")
    with tempfile.TemporaryDirectory() as name:
        scratch = pathlib.Path(name)
        on_path(scratch / "bin")
        os.environ[STRATEGY] = re.search(rf"{STRATEGY}=(\S+)", block("sh", STRATEGY))[1]
        project = Project(scratch)

        with Team("-conversations=5000") as team:
            port = team.port
            project.configure(team)
            read = project.run().row_counts[TABLE]
            first = team.export(scratch / "first")
            equal("first run", first, project, rows_read=read)

            project.configure(team, key=WRONG)
            fails(project, "401 Unauthorized", WRONG)
            equal("wrong key: the run fails", first, project)

        with Team("-conversations=5000", "-fault=short", port=port) as team:
            project.configure(team)
            fails(project, "not proven complete", team.key)
            equal("unproven walk: the run fails", first, project)

        with Team("-conversations=5000", "-drift=5", "-drift-reads=40", port=port) as team:
            team.drift(40)
            second = team.export(scratch / "second")
            gone = ids(first) - ids(second)
            changed = len(versions(second) - versions(first))
            for moment in ("delivering", "reading", "normalizing"):
                # A full reading is more than a pipe holds, so lemexport still runs when it is killed.
                project.configure(team, full_every="1ms" if moment == "delivering" else "168h")
                project.killed(moment)
                equal(f"killed while {moment}", first, project)
            read = project.run().row_counts[TABLE]
            assert gone and changed <= read < second.num_rows, f"{read} rows read, {changed} changed"
            equal("an increment of a team that has changed", second, project, gone, rows_changed=changed, rows_read=read, rows_not_deleted=len(gone))

            project.configure(team, full_every="1ms")
            project.killed("loading")
            equal("a full run, killed before it loads", second, project, gone)
            project.run()
            equal("the next run", second, project, rows_deleted=len(gone))

        with Team("-conversations=0", port=port) as team:
            project.configure(team, full_every="1ms")
            project.run()
            equal("a full run of a team without conversations", team.export(scratch / "empty"), project)

        with Team("-conversations=300") as team:
            files = Project(scratch / "files")
            files.configure(team)
            rows, distinct = append_only(files)
            report(f"dlt {dlt.__version__}, filesystem", "two runs append", rows=rows, ids=distinct)
            assert rows > distinct == 300


def versions(table):
    return {json.dumps(row, default=str) for row in table.drop_columns([FETCHED]).to_pylist()}


if sys.argv[1:]:
    run_and_kill(sys.argv[1], Project(pathlib.Path(sys.argv[2])))
main()
