"""Reads 12 teams on a Spark cluster and compares the rows with our own exports, kills a worker, and streams increments."""

import json
import os
import pathlib
import re
import select
import signal
import subprocess
import sys
import tempfile

import pyarrow as pa
import pyarrow.parquet as pq
import pyspark
from pyspark.errors import PySparkException

ROOT = pathlib.Path(__file__).parents[4]
sys.path[:0] = [str(pathlib.Path(__file__).parent.parent)]
sys.path.append(str(ROOT / "examples" / "spark"))  # behind the installed package
import apply_teams  # noqa: E402
from cluster import cluster, session  # noqa: E402
from lemexport_spark import LemlistDataSource  # noqa: E402
from team import PROGRAM, TABLE, WRONG, Teams, differing, ids, report, versions  # noqa: E402

HOST = f"Spark {pyspark.__version__}"
DELIVERED = 512 << 10  # bytes of rows that Spark has before the worker is killed
END = 30_000  # milliseconds that lemexport may take to end

# The process executes lemexport. Once the file "armed" is there, its child passes on some rows, then kills the worker and its executor.
KILLER = f"""#!{sys.executable}
import os, pathlib, signal, sys

folder = pathlib.Path(sys.argv[0]).parent
read, write = os.pipe()
if not (folder / "armed").exists() or os.fork():
    if (folder / "armed").exists():
        os.dup2(write, 1)
    os.execv({PROGRAM!r}, ["lemexport", *sys.argv[1:]])
os.close(write)
passed = 0
with open(read, "rb", 0) as rows:
    while piece := rows.read(65536):
        sys.stdout.buffer.write(piece)
        sys.stdout.flush()
        passed += len(piece)
        if passed > {DELIVERED}:
            (folder / "killed").touch()
            os.killpg(int((folder / "group").read_text()), signal.SIGKILL)
            break
"""

# Says who it is and how it was called, and becomes lemexport.
TELLER = f"""#!{sys.executable}
import json, os, pathlib, sys

with open(pathlib.Path(sys.argv[0]).parent / "told", "w") as told:
    json.dump([os.getpid(), sys.argv], told)
os.execv({PROGRAM!r}, ["lemexport", *sys.argv[1:]])
"""

READER = "import sys; from lemexport_spark.program import Program; next(Program(*sys.argv[1:4]).read(sys.argv[4]))"


def script(path, text):
    path.write_text(text)
    path.chmod(0o755)
    return path


def load(spark, configuration, **options):
    return spark.read.format("lemlist").options(configuration=str(configuration), **options).load()


def change(folder, old, new):
    """Replaces a part of a configuration."""
    text = (folder / "main.hcl").read_text()
    assert old in text, text
    (folder / "main.hcl").write_text(text.replace(old, new))


def of_team(table, team):
    """The rows of a team, and its proofs."""
    part = table.filter(pa.compute.equal(table["team"], team))
    proofs = [json.loads(text) for text in part["proof"].drop_null().to_pylist()]
    return part.filter(part["proof"].is_null()), proofs


def equal(what, ours, table):
    """Wants the rows of each team, and one proof of them."""
    found = {}
    for team, want in ours.items():
        rows, (proof,) = of_team(table, team)
        assert proof["full"] and proof["proof"]["complete"] and proof["proof"]["rows"] == rows.num_rows, proof
        found.update(differing(want, rows.to_pylist()))
    assert set(table["team"].to_pylist()) == set(ours)
    report(HOST, what, teams=len(ours), rows=table.num_rows - len(ours), columns_that_differ=len(found))
    assert not found, found


def fails(what, sentence, secrets, act):
    """Wants Spark to fail with our reason, and without a key."""
    try:
        act()
    except (PySparkException, RuntimeError) as error:
        assert sentence in str(error), f"no {sentence!r} in {error}"
        assert not any(secret in str(error) for secret in secrets), "a key is in the error"
        report(HOST, what, failed_as_it_should=1)
        return
    raise AssertionError("the query succeeded")


def schema_is_ours(frame):
    """Wants the names, types, nullability and comments of our own schema."""
    printed = subprocess.run([PROGRAM, "schema", "-format=json", TABLE], check=True, stdout=subprocess.PIPE).stdout
    ours = [(column["name"], column["nullable"], column["description"]) for column in json.loads(printed)["columns"]]
    assert ours == [(field.name, field.nullable, field.metadata["comment"]) for field in frame.schema], frame.schema
    types = {field.name: field.dataType.simpleString() for field in frame.schema}
    assert types["users"] == "array<struct<user_id:string,sender:boolean,read:boolean>>", types
    assert types["created_at"] == "timestamp" and types["extra"] == "string", types


def batches(spark, scratch, teams):
    """Reads on both workers, and returns our own exports."""
    configuration = scratch / "batch"
    teams.configure(configuration)
    statuses = apply_teams.apply_all(spark, str(configuration), list(teams.keys))
    assert [status for _, status, _ in statuses] == [0] * len(teams.keys), statuses
    ours = {team: pq.read_table(configuration / "out" / f"team={team}" / f"{TABLE}.parquet") for team in teams.keys}
    assert {team: table.num_rows for team, table in ours.items()} == teams.sizes, "our exports have other rows than the teams"
    report(HOST, "tasks that run apply", teams=len(ours), rows=sum(teams.sizes.values()))

    schema_is_ours(load(spark, configuration))
    equal("a batch read", ours, load(spark, configuration, proof="true").toArrow())
    documented(spark, scratch, ours)
    assert load(spark, configuration, table="team_users", teams="team-05").count() > 0

    return ours


def refusals(spark, scratch, teams):
    """Queries that have to fail, each with its reason."""
    configuration = scratch / "batch"
    fails("a key as an option", "unknown option api_key", [WRONG], lambda: load(spark, configuration, api_key=WRONG))
    fails("a team that is not there", "team-99", [], load(spark, configuration, teams="team-99").collect)
    teams.configure(scratch / "wrong", **{"team-02": WRONG})
    fails("a wrong key", "401 Unauthorized", {WRONG, *teams.keys.values()}, load(spark, scratch / "wrong").collect)
    with Teams(1, "-conversations=300", "-fault=short") as short:
        short.configure(scratch / "short")
        fails("an unproven walk", "not proven complete", short.keys.values(), load(spark, scratch / "short").collect)


def narrow(spark, scratch, teams):
    """A configuration that leaves out a column."""
    folder = scratch / "narrow"
    teams.configure(folder)
    change(folder, 'each.key}"\n', 'each.key}"\n  columns {\n    exclude = ["extra"]\n  }\n')
    whole = load(spark, folder, teams="team-05")
    fails("a column that is left out", "leaves out the column extra", [], whole.collect)
    options = {"configuration": str(folder), "teams": "team-05"}
    rest = spark.read.format("lemlist").schema(whole.drop("extra").schema).options(**options).load()
    assert rest.count() == teams.sizes["team-05"] and "extra" not in rest.columns


def documented(spark, scratch, ours):
    """The lines of README.md that part the proofs from the rows."""
    page = (ROOT / "examples" / "spark" / "README.md").read_text()
    (lines,) = [block for block in re.findall(r"^```python\n(.*?)^```$", page, re.M | re.S) if "proof IS NOT NULL" in block]
    names = {"spark": spark}
    exec(lines.replace("/etc/lemexport", str(scratch / "batch")).replace("s3://acme-lake", str(scratch / "lake")), names)
    assert names["inbox"].count() == sum(table.num_rows for table in ours.values())
    proofs = {row.team: (row.complete, row.rows) for row in names["proofs"].collect()}
    assert proofs == {team: ("true", str(table.num_rows)) for team, table in ours.items()}, proofs


def killed(spark, scratch, teams, ours):
    """Kills the second worker when Spark has some of the rows of a team: the first one reads them again."""
    second = scratch / "cluster" / "worker-2"
    (second / "armed").touch()
    largest_first = sorted(teams.sizes, key=teams.sizes.get, reverse=True)
    frame = load(spark, scratch / "batch", proof="true", teams=",".join(largest_first))
    equal("a worker is killed mid-read", ours, frame.toArrow())
    assert (second / "killed").exists(), "the worker was not killed"


def orphan(scratch):
    """Kills the process that reads from lemexport, which must not go on beside the next reader of the team."""
    folder = scratch / "orphan"
    with Teams(1, "-latency=2s") as teams:
        teams.configure(folder)
        teller = script(folder / "teller", TELLER)
        os.mkfifo(folder / "told")
        (team,) = teams.keys
        reader = subprocess.Popen([sys.executable, "-c", READER, teller, folder, TABLE, team])
        pid, arguments = json.loads((folder / "told").read_text())
        assert teams.keys[team] not in " ".join(arguments), "the key is in the arguments"
        process = os.pidfd_open(pid)
        reader.kill()
        reader.wait()
        ended = select.poll()
        ended.register(process, select.POLLIN)
        assert ended.poll(END), "lemexport goes on when its reader was killed"
        os.close(process)
    report(HOST, "a reader is killed", lemexport_that_goes_on=0)


class Sink:
    """Writes each micro-batch into a folder of its own, and puts them together."""

    def __init__(self, folder):
        self.folder = folder

    def write(self, frame, batch):
        frame.write.mode("overwrite").parquet(str(self.folder / f"{batch:03}"))

    def refuse(self, frame, batch):
        raise RuntimeError("the sink is full")

    def state(self):
        """The rows of each team: a full reading replaces them, an increment those with its ids. Also the number of rows that came."""
        teams, came = {}, 0
        for folder in sorted(self.folder.iterdir()):
            table = pq.read_table(folder)
            for team in set(table["team"].to_pylist()):
                rows, (proof,) = of_team(table, team)
                rows = {row["id"]: row for row in rows.to_pylist()}
                came += len(rows)
                teams[team] = rows if proof["full"] else {**teams[team], **rows}
        return teams, came


def run_stream(spark, scratch, configuration, write):
    stream = spark.readStream.format("lemlist").options(configuration=str(configuration), proof="true", parallel="2").load()
    query = stream.writeStream.foreachBatch(write).option("checkpointLocation", str(scratch / "checkpoint")).trigger(availableNow=True).start()
    query.awaitTermination()


def streams(spark, scratch):
    """Two increments, between which the sink fails and the query starts again from its checkpoint."""
    sink = Sink(scratch / "sink")
    with Teams(3, "-conversations=1000") as teams:
        configuration = scratch / "stream"
        teams.configure(configuration)
        change(configuration, "  margin {\n", '  margin {\n    increments = "1s"\n')  # misses rows when a position moves without them
        run_stream(spark, scratch, configuration, sink.write)
        first = {name: teams.team(name).export(scratch / "first" / name) for name in teams.keys}
        state, came = sink.state()
        for name, table in first.items():
            assert not differing(table, list(state[name].values()))
        report(HOST, "a first stream", teams=len(first), rows=came)
        port = teams.port
    with Teams(3, "-conversations=1000", "-drift=5", "-drift-reads=40", port=port) as teams:
        for name in teams.keys:
            teams.team(name).drift(40)
        second = {name: teams.team(name).export(scratch / "second" / name) for name in teams.keys}
        fails("a sink that fails", "the sink is full", teams.keys.values(), lambda: run_stream(spark, scratch, configuration, sink.refuse))
        assert sink.state() == (state, came)
        run_stream(spark, scratch, configuration, sink.write)
        before, (state, now) = came, sink.state()
        for name, table in second.items():
            gone = ids(first[name]) - ids(table)
            assert gone <= set(state[name]), "rows were deleted"
            found = differing(table, [row for id, row in state[name].items() if id not in gone])
            assert not found, found
        changed = sum(len(versions(second[name].to_pylist()) - versions(first[name].to_pylist())) for name in second)
        assert changed <= now - before < 2 * sum(table.num_rows for table in second.values()), "the increments read everything"
        report(HOST, "an increment from the checkpoint", rows_changed=changed, rows_that_came=now - before)


def speculates(scratch):
    """A session with speculation reads nothing."""
    with session(scratch, "local[2]", **{"spark.speculation": "True"}) as spark:
        spark.dataSource.register(LemlistDataSource)
        fails("a read in a session with speculation", "spark.speculation is on", [], load(spark, scratch / "batch", teams="team-05").collect)
        fails("apply in a session with speculation", "spark.speculation is on", [], lambda: apply_teams.apply_all(spark, str(scratch / "batch"), ["team-05"]))


def no_secret(scratch, keys):
    """Wants no key in the files that Spark leaves: event logs, logs of executors, checkpoints, data."""
    files = [path for path in scratch.rglob("*") if path.is_file() and path.name != "keys.json"]
    assert any(b"SparkListenerSQLExecutionStart" in path.read_bytes() for path in files if "events" in path.parts), "no event log"
    found = [path for path in files if any(key.encode() in path.read_bytes() for key in keys)]
    report(HOST, "keys in logs, event logs and checkpoints", files=len(files), files_with_a_key=len(found))
    assert not found, found


def main():
    with tempfile.TemporaryDirectory() as name:
        scratch = pathlib.Path(name)
        with Teams(12, "-conversations=3000") as teams:
            programs = [PROGRAM, script(scratch / "killer", KILLER)]
            with cluster(scratch / "cluster", programs) as master, session(scratch, master) as spark:
                spark.dataSource.register(LemlistDataSource)
                spark.sparkContext.addPyFile(apply_teams.__file__)
                ours = batches(spark, scratch, teams)
                refusals(spark, scratch, teams)
                narrow(spark, scratch, teams)
                killed(spark, scratch, teams, ours)
                streams(spark, scratch)
            speculates(scratch)
            no_secret(scratch, {WRONG, *teams.keys.values()})
        orphan(scratch)


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("the test was ended"))
    main()
