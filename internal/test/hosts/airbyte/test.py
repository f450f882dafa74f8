"""Runs PyAirbyte into DuckDB, and compares the table with our own export."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile

os.environ.update(AIRBYTE_NO_TELEMETRY="1", DO_NOT_TRACK="1", AIRBYTE_OFFLINE_MODE="1")

import airbyte as ab  # noqa: E402
from airbyte.caches import DuckDBCache  # noqa: E402
from airbyte_protocol.models import AirbyteMessage, Type  # noqa: E402

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from documented import block  # noqa: E402
from killing import NARROW, kills  # noqa: E402
from team import PROGRAM, TABLE, WRONG, Team, differing, ids, report  # noqa: E402

HOST = "PyAirbyte, DuckDB"


class Pipeline:
    """A connector and its cache, in a folder."""

    def __init__(self, folder):
        self.cache = DuckDBCache(db_path=folder / "cache.duckdb", schema_name="lemlist")
        self.folder = folder
        self.connector = folder / "source-lemlist"
        if not self.connector.exists():
            self.connector.symlink_to(PROGRAM)

    def source(self, config):
        return ab.get_source("source-lemlist", local_executable=self.connector, config=config, streams=[TABLE], install_if_missing=False)

    def killed(self, victim, config, **options):
        """Reads, and kills the connector, or PyAirbyte in a process group with the connector, while rows are delivered."""
        if victim == "connector":
            source = self.source(config)
            with kills(self.connector, victim):
                error = fails(lambda: source.read(cache=self.cache, **options), config["api_key"])
            assert error.context["exit_code"] == -signal.SIGKILL, error
            return
        self.cache.close()  # DuckDB lets one process open a file
        with kills(self.connector, victim):
            finished = subprocess.run(
                [sys.executable, __file__, self.folder], input=json.dumps(config), text=True,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
            )
        assert finished.returncode == -signal.SIGKILL, finished.stdout[-4000:]

    def run_documented(self, team):
        """Runs the program of docs/hosts.md."""
        changes = {
            '"/usr/local/bin/source-lemlist"': "str(connector)", 'config={': "config={**config, ", "ab.get_default_cache()": "cache",
            "os.environ": "environ",
        }
        program = block("python", "import airbyte")
        for old, new in changes.items():
            assert old in program, f"docs/hosts.md has no {old}"
            program = program.replace(old, new)
        exec(program, {"connector": self.connector, "config": team.config(), "cache": self.cache, "environ": {"LEMLIST_API_KEY": team.key}})

    def rows(self):
        with self.cache.get_sql_engine().connect() as connection:
            connection.exec_driver_sql("SET TimeZone = 'UTC'")
            return [dict(row) for row in connection.exec_driver_sql(f"SELECT * FROM lemlist.{TABLE}").mappings()]


def fails(work, secret):
    """Wants work to fail as PyAirbyte's users see it, and returns the error."""
    try:
        work()
    except ab.exceptions.PyAirbyteError as error:
        assert secret not in str(error), "the key is in the error"
        return error
    raise AssertionError("the run succeeded")


def messages(scratch, config, *arguments, status=0):
    """The messages of one command, each checked by the protocol's own models."""
    file = scratch / "config.json"
    file.write_text(json.dumps(config))
    if arguments[0] != "spec":
        arguments = (*arguments, "--config", file)
    done = subprocess.run([PROGRAM, "airbyte", *arguments], text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert done.returncode == status, f"{arguments}: exit status {done.returncode}"
    assert not done.stderr and config["api_key"] not in done.stdout, f"{arguments}: {done.stderr}"
    return [AirbyteMessage.model_validate_json(line) for line in done.stdout.split("\n") if line]


def protocol(scratch, team):
    """Every command gives messages of the protocol, and reading is in order."""
    configured = scratch / "catalog.json"
    found = messages(scratch, team.config(), "spec") + messages(scratch, team.config(), "check")
    discovered = messages(scratch, team.config(), "discover")
    catalog = next(one.catalog for one in discovered if one.type == Type.CATALOG)
    streams = [
        {"stream": json.loads(stream.model_dump_json(exclude_none=True)), "sync_mode": "incremental", "destination_sync_mode": "append_dedup"}
        for stream in catalog.streams if stream.name == TABLE
    ]
    configured.write_text(json.dumps({"streams": streams}))
    read = messages(scratch, team.config(), "read", "--catalog", configured)
    kinds = [one.type for one in read if one.type in (Type.RECORD, Type.STATE)]
    assert kinds.count(Type.STATE) == 1 and kinds[-1] == Type.STATE, "the state is not the last"
    refused = messages(scratch, team.config(api_key=WRONG), "check")
    assert refused[-1].connectionStatus.status.value == "FAILED"
    failed = messages(scratch, team.config(api_key=WRONG), "read", "--catalog", configured, status=1)
    assert failed[-1].trace.error.message and not any(one.type in (Type.RECORD, Type.STATE) for one in failed)
    return len(found + discovered + read + refused + failed)


def main():
    with tempfile.TemporaryDirectory() as name:
        scratch = pathlib.Path(name)
        pipeline = Pipeline(scratch)
        with Team("-conversations=5000") as team:
            port = team.port
            report("Airbyte protocol", "checked by its models", messages=protocol(scratch, team))

            pipeline.killed("connector", team.config())
            source = pipeline.source(team.config())
            source.check()
            source.read(cache=pipeline.cache)
            ours = team.export(scratch / "first")
            loaded = pipeline.rows()
            found = differing(ours, loaded)
            report(HOST, "first run", rows=len(loaded), columns_that_differ=len(found))
            assert not found, found

            wrong = pipeline.source(team.config(api_key=WRONG))
            fails(wrong.check, WRONG)
            fails(lambda: wrong.read(cache=pipeline.cache), WRONG)
            assert not differing(ours, pipeline.rows())
            report(HOST, "wrong key: check and read fail", rows=len(pipeline.rows()))

        with Team("-conversations=5000", "-fault=short") as team:
            unproven = pipeline.source(team.config())
            fails(lambda: unproven.read(cache=pipeline.cache), team.key)
            assert not differing(ours, pipeline.rows())
            report(HOST, "unproven walk: the read fails", rows=len(pipeline.rows()))

        with Team("-conversations=5000", "-drift=5", "-drift-reads=40", port=port) as team:
            team.drift(40)
            config = team.config(margin=NARROW)
            for what, victim, options in ("full run", "connector", {"force_full_refresh": True}), ("increment", "connector", {}), ("increment", "host", {}):
                pipeline.killed(victim, config, **options)
                found = differing(ours, pipeline.rows())
                report(HOST, f"{what}, {victim} killed", rows=len(pipeline.rows()), columns_that_differ=len(found))
                assert not found, found
            read = pipeline.source(config).read(cache=pipeline.cache).processed_records
            later = team.export(scratch / "later")
            gone, loaded = ids(ours) - ids(later), pipeline.rows()
            found = differing(later, [row for row in loaded if row["id"] not in gone])
            report(HOST, "an increment of a team that has changed", rows=later.num_rows, rows_read=read, columns_that_differ=len(found), rows_not_deleted=len(gone))
            assert not found and len(loaded) == later.num_rows + len(gone) and read < later.num_rows, found

        with Team("-conversations=4000") as team:
            pipeline.run_documented(team)
            fewer = team.export(scratch / "fewer")
            loaded = pipeline.rows()
            found = differing(fewer, loaded)
            gone = ids(later) - {row["id"] for row in loaded}
            report(HOST, "a full run of a smaller team, replacing", rows=len(loaded), columns_that_differ=len(found), rows_deleted=len(gone))
            assert not found and gone, found


if sys.argv[1:]:
    pipeline = Pipeline(pathlib.Path(sys.argv[1]))
    pipeline.source(json.load(sys.stdin)).read(cache=pipeline.cache)
else:
    main()
