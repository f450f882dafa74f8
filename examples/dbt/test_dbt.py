"""Runs dbt on exports of simulated teams, with the sources that lemexport writes.

LEMEXPORT names the program. dbt has to be in PATH, with dbt-duckdb.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import duckdb
import yaml

HERE = pathlib.Path(__file__).resolve().parent
LEMEXPORT = os.environ["LEMEXPORT"]
TABLES = ("inbox_conversations", "inbox_labels", "team_users")
SIMULATED = 'source "lemlist" {\n  simulate { conversations = 600 }\n}\n'


class Project(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        for name in ("dbt_project.yml", "profiles.yml", "models"):
            source = HERE / name
            (shutil.copytree if source.is_dir() else shutil.copy)(source, self.folder / name)

    def run_program(self, *command, status=0, **env):
        done = subprocess.run([str(part) for part in command], cwd=self.folder, env=os.environ | env, capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, status, f"{command}\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def export(self, source, blocks="", tables=TABLES, **env):
        exports = "".join(f'export "{table}" {{\n  destination = "out"\n{blocks}\n}}\n' for table in tables)
        (self.folder / "main.hcl").write_text(source + exports)
        self.run_program(LEMEXPORT, "apply", "-auto-approve", **env)

    def write_sources(self, *options, tables=TABLES):
        for table in tables:
            text = self.run_program(LEMEXPORT, "schema", table, "-format=dbt", *options)
            (self.folder / "models" / f"{table}.yml").write_text(text)

    def dbt(self, *command, status=0):
        output = self.run_program("dbt", "--no-use-colors", *command, "--profiles-dir", ".", status=status)
        self.assertNotRegex(output, "Deprecated functionality|DeprecationWarning|deprecations")
        return output

    def assert_passed(self, output, passed):
        self.assertRegex(output, rf"PASS={passed} WARN=0 ERROR=0 SKIP=0")

    def test_every_table(self):
        self.export(SIMULATED)
        self.write_sources()
        # One model; the key of each table is unique and not null, and fetched_at not null.
        self.assert_passed(self.dbt("build"), 10)
        self.assertEqual(self.dbt("source", "freshness").count(" PASS freshness of lemexport."), 3)
        with duckdb.connect(str(self.folder / "target" / "inbox.duckdb"), read_only=True) as db:
            replies = db.sql("SELECT channel, conversations, replied FROM replies_by_channel").fetchall()
        wanted = duckdb.sql(f"""
            SELECT channel, count(*), count(*) FILTER (have_replies)
            FROM (SELECT unnest(channels) AS channel, have_replies FROM '{self.folder}/out/inbox_conversations.parquet') GROUP BY ALL""").fetchall()
        self.assertGreater(len(replies), 3)
        self.assertEqual(sorted(replies), sorted(wanted))

    def test_tests_find_errors(self):
        self.export(SIMULATED, tables=("inbox_labels",))
        self.write_sources(tables=("inbox_labels",))
        (self.folder / "models" / "replies_by_channel.sql").unlink()
        file = self.folder / "out" / "inbox_labels.parquet"
        duckdb.sql(f"COPY (SELECT * REPLACE (fetched_at - INTERVAL 3 DAY AS fetched_at) FROM '{file}') TO '{file}.old.parquet'")
        duckdb.sql(f"COPY (FROM '{file}.old.parquet' UNION ALL FROM '{file}.old.parquet' UNION ALL BY NAME SELECT 'x' AS name) TO '{file}' (FORMAT parquet)")
        output = self.dbt("test", status=1)
        self.assertEqual(sorted(re.findall(r"FAIL \d+ source_(\w+_id|\w+fetched_at)", output)),
                         ["not_null_lemexport_inbox_labels_fetched_at", "not_null_lemexport_inbox_labels_id", "unique_lemexport_inbox_labels_id"])
        self.assertIn("ERROR STALE freshness of lemexport.inbox_labels", self.dbt("source", "freshness", status=1))

    def test_reduced_columns(self):
        hash_key = self.run_program(LEMEXPORT, "hash-key").strip()
        columns = """  columns {
    exclude  = ["extra", "contact", "users.read"]
    hash     = ["users.user_id", "contact_id"]
    hash_key = env("LEMEXPORT_HASH_KEY")
  }"""
        self.export(SIMULATED, columns, TABLES[:1], LEMEXPORT_HASH_KEY=hash_key)
        self.write_sources("-config=.", tables=TABLES[:1])  # without the key
        self.assert_passed(self.dbt("build"), 4)
        [table] = yaml.safe_load((self.folder / "models" / "inbox_conversations.yml").read_text())["sources"][0]["tables"]
        described = [(column["name"], column["data_type"].replace('"', "")) for column in table["columns"]]
        found = duckdb.sql(f"DESCRIBE FROM '{self.folder}/out/inbox_conversations.parquet'").fetchall()
        self.assertEqual(described, [(name, kind.replace('"', "")) for name, kind, *_ in found])
        personal = {column["name"]: column["config"]["meta"]["personal"] for column in table["columns"]}
        self.assertEqual((personal["id"], personal["contact_id"], personal["users"]), (True, False, False))

    def test_append(self):
        command = [LEMEXPORT, "sim", "-json", "-addr=127.0.0.1:0", "-conversations=600", "-drift=2", "-no-rate-limit"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
            try:
                team = next(message for message in map(json.loads, server.stdout) if message["type"] == "listening")
                source = f'source "lemlist" {{\n  api_key  = env("KEY")\n  endpoint = "{team["endpoint"]}"\n}}\n'
                for _ in range(2):
                    self.export(source, '  mode = "append"', TABLES[:1], KEY=team["api_key"])
            finally:
                server.terminate()
        files = f"{self.folder}/out/inbox_conversations/*.parquet"
        [(rows, keys)] = duckdb.sql(f"SELECT count(*), count(DISTINCT id) FROM '{files}'").fetchall()
        self.assertGreater(rows, keys)
        self.write_sources("-config=.", tables=TABLES[:1])
        self.assert_passed(self.dbt("build"), 4)

    def test_ddl_runs_twice(self):
        self.export(SIMULATED)
        with duckdb.connect() as db:
            for table in TABLES:
                ddl = self.run_program(LEMEXPORT, "schema", table, "-format=ddl")
                for _ in range(2):
                    db.execute(ddl)
                db.execute(f"INSERT INTO {table} FROM '{self.folder}/out/{table}.parquet'")


if __name__ == "__main__":
    unittest.main()
