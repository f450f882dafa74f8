"""Runs the example, and compares what DuckDB reads in each format with the files.

LEMEXPORT=/path/to/lemexport python test_lake.py
"""

import contextlib
import io
import json
import os
import pathlib
import shutil
import stat
import tempfile
import unittest
import unittest.mock

import deltalake
import pyarrow
import pyarrow.parquet

import exports
import lake
from in_delta import Delta
from in_ducklake import DuckLake
from in_iceberg import TABLE, Iceberg

HERE = pathlib.Path(__file__).resolve().parent
ODD = "Zoë + d'or & co"  # a name that paths and URLs could change
TIMES = ["created_at", "last_activity_at", "last_replied_at", "last_sent_at", "fetched_at"]


class Folder(unittest.TestCase):
    """A folder with the files of three teams, one of them empty."""

    options = ""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name).resolve()
        self.teams = {"a": 0, "b": 40, ODD: 60}
        self.write()
        self.files = {file.team: file for file in exports.apply(self.folder)}
        self.duck = lake.connect()
        self.lakes = [
            DuckLake(self.folder / "ducklake", self.duck),
            Iceberg(self.folder / "iceberg", self.duck),
            Delta(self.folder / "files", self.duck),
        ]

    def write(self):
        """The configuration of the example, with other sources."""
        _, export, attributes = lake.CONFIGURATION.read_text().partition('export "inbox_conversations" {\n')
        sources = [
            f'''source "lemlist" "{name}" {{
  simulate {{
    seed          = {seed}
    conversations = {conversations}
    rate_limit    = false
  }}
}}
'''
            for seed, (name, conversations) in enumerate(self.teams.items(), 1)
        ]
        (self.folder / "main.hcl").write_text("".join(sources) + export + self.options + attributes)

    def export(self, team, conversations):
        self.teams[team] = conversations
        self.write()
        [self.files[team]] = exports.apply(self.folder, f"-only={team}", "-allow-shrink")
        return self.files[team]

    def check(self, one, snapshot):
        """Every value of every column is that of the files."""
        paths = [str(file.path) for file in self.files.values()]
        files = f"read_parquet({paths}, hive_partitioning = true)"
        columns = ", ".join(f'"{name}"' for name, *_ in self.duck.sql(f"DESCRIBE FROM {files}").fetchall())
        registered = f"(SELECT {columns} FROM {one.relation(snapshot)})"
        for left, right in ((registered, files), (files, registered)):
            self.assertEqual(0, len(self.duck.sql(f"FROM {left} EXCEPT ALL FROM {right}")), one.name)
        self.assertEqual(sum(file.rows for file in self.files.values()), len(self.duck.sql(f"FROM {one.relation(snapshot)}")), one.name)


class TestRegistered(Folder):
    def test_every_value_and_type_is_that_of_the_files(self):
        self.assertEqual({"a": 0, "b": 40, ODD: 60}, {team: file.rows for team, file in self.files.items()})
        types = self.types(f"read_parquet('{self.files['b'].path}', hive_partitioning = true)")
        self.assertEqual(dict.fromkeys(TIMES, "TIMESTAMP WITH TIME ZONE"), {name: types[name] for name in TIMES})
        for one in self.lakes:
            with self.subTest(one.name):
                snapshot = one.register(list(self.files.values()))
                self.check(one, snapshot)
                self.assertEqual(types, self.types(one.relation(snapshot)))

    def types(self, relation):
        return {name: kind for name, kind, *_ in self.duck.sql(f"DESCRIBE FROM {relation}").fetchall() if name != "filename"}

    def test_a_team_gets_and_loses_all_rows(self):
        for one in self.lakes:
            one.register(list(self.files.values()))
        for team, rows in (("a", 30), ("b", 0), ("a", 0), ("b", 50)):
            file = self.export(team, rows)
            for one in self.lakes:
                with self.subTest(one.name, team=team, rows=rows):
                    before = one.snapshots()
                    snapshot = one.register([file])
                    self.assertEqual(before + 1, one.snapshots())
                    self.check(one, snapshot)

    def test_several_teams_are_replaced_in_one_commit(self):
        for one in self.lakes:
            one.register(list(self.files.values()))
        files = [self.export("b", 45), self.export(ODD, 65)]
        for one in self.lakes:
            with self.subTest(one.name):
                before = one.snapshots()
                snapshot = one.register(files)
                self.assertEqual(before + 1, one.snapshots())
                self.check(one, snapshot)

    def test_a_file_that_is_registered_stays_what_it_is(self):
        for one in self.lakes:
            with self.subTest(one.name):
                snapshot = one.register(list(self.files.values()))
                registered, before = one.registered(), one.snapshots()
                snapshot = one.register(list(self.files.values()))
                self.assertEqual((registered, before), (one.registered(), one.snapshots()))
                one.expire()
                self.check(one, snapshot)

    def test_lemexport_goes_on_after_a_format_deleted_older_files(self):
        for one in self.lakes:
            with self.subTest(one.name):
                one.register(list(self.files.values()))
                replaced = self.files["b"]
                one.register([self.export("b", self.teams["b"] + 5)])
                one.expire()
                self.assertEqual(one.name == "Iceberg", replaced.path.exists())
                snapshot = one.register([self.export("b", self.teams["b"] + 5)])
                self.assertFalse(replaced.path.exists())  # keep = 2
                self.check(one, snapshot)

    def test_a_commit_that_fails_leaves_the_table_as_it_was(self):
        for one in self.lakes:
            with self.subTest(one.name):
                snapshot = one.register(list(self.files.values()))
                before = one.snapshots()
                missing = self.files["b"].path.with_name("missing.parquet")
                with self.assertRaises(Exception):
                    one.register([exports.File("b", missing, 1, 1)])
                self.assertEqual(before, one.snapshots())
                self.check(one, snapshot)

    def test_a_filter_on_team_id_plans_one_file_in_iceberg(self):
        _, iceberg, _ = self.lakes
        iceberg.register(list(self.files.values()))
        table = iceberg.catalog.load_table(TABLE)
        [team_id] = set(pyarrow.parquet.read_table(self.files["b"].path, columns=["team_id"])["team_id"].to_pylist())
        planned = [task.file.file_path for task in table.scan(row_filter=f"team_id == '{team_id}'").plan_files()]
        self.assertEqual([str(self.files["b"].path)], planned)


class TestFieldIDs(Folder):
    def test_those_of_an_iceberg_table_are_those_of_the_files(self):
        _, iceberg, _ = self.lakes
        snapshot = iceberg.register(list(self.files.values()))
        table = iceberg.catalog.load_table(TABLE)
        ids = {field.name: int(field.metadata[b"PARQUET:field_id"]) for field in pyarrow.parquet.read_schema(self.files["b"].path)}
        self.assertEqual(ids, {field.name: field.field_id for field in table.schema().fields})
        with table.transaction() as transaction:  # files with ids are read without the mapping of names
            transaction.remove_properties("schema.name-mapping.default")
        self.check(iceberg, snapshot)

    def test_in_the_log_of_a_delta_table_they_make_duckdb_read_nulls(self):
        """The reason for `bare` in in_delta.py: it can go when this fails."""
        folder = self.folder / "converted"
        shutil.copytree(self.files["b"].path.parent, folder)
        deltalake.convert_to_deltalake(folder)
        counts = self.duck.sql(f"SELECT count(*), count(id), count(fetched_at) FROM delta_scan('{folder}')").fetchone()
        self.assertEqual((40, 0, 0), counts)


class TestJSON(Folder):
    options = '''  parquet {
    extra = "json"
  }
'''

    def test_extra_of_parquets_json_type_is_text(self):
        self.assertEqual(pyarrow.json_(), pyarrow.parquet.read_schema(self.files["b"].path).field("extra").type)
        for one in self.lakes:
            with self.subTest(one.name):
                snapshot = one.register(list(self.files.values()))
                self.check(one, snapshot)
                kind = self.duck.sql(f"SELECT typeof(any_value(extra)) FROM {one.relation(snapshot)}").fetchone()[0]
                self.assertEqual("JSON" if one.name == "DuckLake" else "VARCHAR", kind)


class TestExports(unittest.TestCase):
    def test_only_a_team_that_is_proven_complete_is_registered(self):
        done = {"team": "a", "outcome": "done", "exports": [{"file": "files/a.parquet", "bytes": 9, "manifest": {"rows": 3}}]}
        others = [{**done, "team": outcome, "outcome": outcome} for outcome in ("unproven", "interrupted")]
        others += [{"team": outcome, "outcome": outcome, "error": "401"} for outcome in ("failed", "not_started")]
        messages = [
            {"@level": "error", "@message": "Error: the key is not valid", "type": "diagnostic"},
            {"@level": "info", "@message": "", "type": "summary", "summary": {"teams": [done, *others]}},
        ]
        files, errors = self.apply(messages)
        self.assertEqual([exports.File("a", pathlib.Path("/files/a.parquet"), 9, 3)], files)
        self.assertEqual("Error: the key is not valid\n", errors)

    def test_an_apply_without_a_summary_is_an_error(self):
        with self.assertRaises(SystemExit):
            self.apply([{"@level": "error", "@message": "Error: teams.json is not there", "type": "diagnostic"}])

    def apply(self, messages):
        with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stderr(io.StringIO()) as errors:
            program = pathlib.Path(folder, "lemexport")
            program.write_text("#!/bin/sh\ncat <<'E'\n" + "\n".join(map(json.dumps, messages)) + "\nE\nexit 1\n")
            program.chmod(program.stat().st_mode | stat.S_IXUSR)
            with unittest.mock.patch.object(exports, "LEMEXPORT", str(program)):
                return exports.apply(pathlib.Path("/"), "-only=a"), errors.getvalue()


class TestLake(unittest.TestCase):
    def test_prints_what_the_readme_shows(self):
        with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()) as output:
            lake.main(pathlib.Path(folder, "lake"))
            copies = [path for path in pathlib.Path(folder).glob("lake/*/**/*.parquet") if "files" not in path.parts]
        if os.environ.get("UPDATE"):
            readme = (HERE / "README.md").read_text()
            before, _, rest = readme.partition("```text\n")
            (HERE / "README.md").write_text(before + "```text\n" + output.getvalue() + "```" + rest.partition("```")[2])
        shown = (HERE / "README.md").read_text().partition("```text\n")[2].partition("```")[0]
        self.assertEqual(shown, output.getvalue())
        self.assertEqual([], copies)

    def test_refuses_a_folder_that_is_not_empty(self):
        with self.assertRaisesRegex(SystemExit, "not empty"):
            lake.main(HERE)


if __name__ == "__main__":
    unittest.main()
