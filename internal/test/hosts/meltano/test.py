"""Runs Meltano with target-postgres, and compares the table in PostgreSQL with our own export."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile

import psycopg

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
from documented import block  # noqa: E402
from killing import NARROW, ROWS, kills  # noqa: E402
from team import PROGRAM, TABLE, WRONG, Team, differing, ids, report, versions  # noqa: E402

DATABASE = os.environ["DATABASE_URL"]
HOST = "Meltano, target-postgres"


class Project:
    """A Meltano project in a folder."""

    def __init__(self, folder):
        self.folder = folder
        self.tap = folder / "tap-lemlist"
        self.tap.symlink_to(PROGRAM)
        plugins = block("yaml", "tap-lemlist").replace("/usr/local/bin/tap-lemlist", str(self.tap))
        plugins = plugins.replace("pip_url: meltanolabs-target-postgres", f"executable: {os.environ['TARGET']}")
        (folder / "meltano.yml").write_text(f"default_environment: test\nenvironments:\n  - name: test\n{plugins}")

    def run(self, config, *arguments):
        """Runs the pipeline, and returns the finished process."""
        settings = {
            f"TAP_LEMLIST_{name.upper()}": value if isinstance(value, str) else json.dumps(value) for name, value in config.items()
        }
        return subprocess.run(
            [os.environ["MELTANO"], "run", *arguments, "tap-lemlist", "target-postgres"],
            cwd=self.folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300, start_new_session=True,
            env={**os.environ, **settings, "TARGET_POSTGRES_SQLALCHEMY_URL": DATABASE, "NO_COLOR": "1", "MELTANO_SEND_ANONYMOUS_USAGE_STATS": "false"},
        )

    def killed(self, victim, config, *arguments):
        """Runs the pipeline, and kills the tap, or Meltano and everything that it has started, while rows are delivered."""
        with kills(self.tap, victim):
            finished = self.run(config, *arguments)
        if victim == "host":
            assert finished.returncode == -signal.SIGKILL, finished.stdout[-4000:]
        else:
            assert finished.returncode == 1 and "Extractor failed" in finished.stdout, finished.stdout[-4000:]


def rows():
    with psycopg.connect(DATABASE.replace("+psycopg", "")) as connection:
        connection.row_factory = psycopg.rows.dict_row
        return connection.execute(f"SELECT * FROM lemlist.{TABLE}").fetchall()


def succeed(finished):
    assert finished.returncode == 0, finished.stdout[-4000:]


def fail(finished, sentence, secret):
    assert finished.returncode != 0, f"the run succeeded: {finished.stdout[-4000:]}"
    assert sentence in finished.stdout, f"no {sentence!r} in {finished.stdout[-4000:]}"
    assert secret not in finished.stdout, "the key is in the log"


def main():
    with tempfile.TemporaryDirectory() as name:
        scratch = pathlib.Path(name)
        (scratch / "project").mkdir()
        project = Project(scratch / "project")

        with Team("-conversations=5000") as team:
            port = team.port
            project.killed("connector", team.config())
            report(HOST, "first run, tap killed", rows=len(rows()))
            assert len(rows()) == ROWS
            succeed(project.run(team.config()))
            ours = team.export(scratch / "first")
            loaded = rows()
            found = differing(ours, loaded)
            report(HOST, "first run", rows=len(loaded), columns_that_differ=len(found))
            assert not found, found

            fail(project.run(team.config(api_key=WRONG)), "401 Unauthorized", WRONG)
            assert not differing(ours, rows())
            report(HOST, "wrong key: the run fails", rows=len(rows()))

            checked = subprocess.run(
                [os.environ["CHECK_TAP"]], input=tap(scratch, team), text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
            )
            assert checked.returncode == 0 and "valid" in checked.stdout, checked.stdout
            report("singer-check-tap", "messages are valid", rows=len(loaded))

        with Team("-conversations=5000", "-fault=short") as team:
            fail(project.run(team.config()), "not proven complete", team.key)
            assert not differing(ours, rows())
            report(HOST, "unproven walk: the run fails", rows=len(rows()))

        with Team("-conversations=5000", "-drift=5", "-drift-reads=40", port=port) as team:
            team.drift(40)
            config = team.config(margin=NARROW)
            later = team.export(scratch / "later")
            changed = missing = versions(later.to_pylist()) - versions(ours.to_pylist())
            for what, victim, *arguments in ("full run", "connector", "--full-refresh"), ("increment", "connector"), ("increment", "host"):
                project.killed(victim, config, *arguments)
                before, missing = missing, changed - versions(rows())
                report(HOST, f"{what}, {victim} killed", rows=len(rows()), rows_changed=len(changed), rows_missing=len(missing))
                assert missing and not ids(ours) - {row["id"] for row in rows()}
                assert victim == "connector" or missing == before, "a killed target has loaded rows"
            fail(project.run(config), "already running", team.key)
            succeed(project.run(config, "--force"))
            gone, loaded = ids(ours) - ids(later), rows()
            found = differing(later, [row for row in loaded if row["id"] not in gone])
            report(HOST, "an increment of a team that has changed", rows=later.num_rows, columns_that_differ=len(found), rows_not_deleted=len(gone))
            assert not found and len(loaded) == later.num_rows + len(gone), found

        with Team("-conversations=4000") as team:
            succeed(project.run(team.config(), "--force", "--full-refresh"))
            fewer = team.export(scratch / "fewer")
            loaded = rows()
            found = differing(fewer, loaded)
            gone = ids(later) - {row["id"] for row in loaded}
            report(HOST, "a full run of a smaller team", rows=len(loaded), columns_that_differ=len(found), rows_deleted=len(gone))
            assert not found and gone, found


def tap(scratch, team):
    """The output of the tap alone."""
    config = scratch / "config.json"
    config.write_text(json.dumps(team.config()))
    catalog = scratch / "catalog.json"
    catalog.write_text(json.dumps({"streams": [{"tap_stream_id": TABLE, "selected": True}]}))
    return subprocess.run(
        [PROGRAM, "singer", f"-config={config}", f"-catalog={catalog}"], check=True, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
    ).stdout


main()
