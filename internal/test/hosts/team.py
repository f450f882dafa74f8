"""A simulated team, our own export of it, and the comparison with what a host has loaded."""

import base64
import datetime
import json
import os
import pathlib
import re
import subprocess
import sys
import urllib.parse
import urllib.request

import pyarrow as pa
import pyarrow.parquet as pq

PROGRAM = os.environ["LEMEXPORT"]
TABLE = "inbox_conversations"
FETCHED = "fetched_at"  # differs between two readings
MARGIN = {"settle": "50ms"}
WRONG = "0123456789abcdef0123456789abcdef"  # the key of no team


def on_path(folder):
    """Makes lemexport a command of this process and of those that it starts."""
    folder.mkdir()
    (folder / "lemexport").symlink_to(PROGRAM)
    os.environ["PATH"] = f"{folder}:{os.environ['PATH']}"


class Team:
    """Serves a team over HTTP until the with block ends, on a port of an earlier team or a free one."""

    def __init__(self, *flags, port=0):
        self.flags = flags
        self.port = port

    def __enter__(self):
        self.process = subprocess.Popen(
            [PROGRAM, "sim", f"-addr=127.0.0.1:{self.port}", "-no-rate-limit", *self.flags],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )
        text = ""
        while "}" not in text:
            line = self.process.stdout.readline()
            if not line:
                sys.exit("lemexport sim has ended")
            text += line
        self.key = re.search(r'api_key\s*=\s*"(.*?)"', text)[1]
        self.endpoint = re.search(r'endpoint\s*=\s*"(.*?)"', text)[1]
        self.port = urllib.parse.urlsplit(self.endpoint).port
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def config(self, **changes):
        """The configuration of a host."""
        return {"api_key": self.key, "endpoint": self.endpoint, "margin": MARGIN, **changes}

    def source(self):
        """The source block of our own configuration."""
        return (
            f'source "lemlist" {{\n  api_key = env("LEMLIST_API_KEY")\n  endpoint = "{self.endpoint}"\n'
            f'  margin {{\n    settle = "{MARGIN["settle"]}"\n  }}\n}}\n'
        )

    def drift(self, reads):
        """Reads lists: with -drift and -drift-reads=READS rows move meanwhile, and stand still then."""
        user = self.get("/team", version="v2")["userIds"][0]
        for page in range(reads):
            self.get("/inbox", userId=user, page=page)

    def get(self, path, **query):
        request = urllib.request.Request(f"{self.endpoint}{path}?{urllib.parse.urlencode(query)}")
        request.add_header("Authorization", "Basic " + base64.b64encode(f":{self.key}".encode()).decode())
        with urllib.request.urlopen(request, timeout=60) as response:
            return json.load(response)

    def configure(self, folder, table=TABLE, **export):
        """Writes our own configuration of an export into a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        attributes = {"destination": str(folder / "out"), **export}
        lines = [f"  {name} = {json.dumps(value)}" for name, value in attributes.items()]
        (folder / "main.hcl").write_text("\n".join([self.source(), f'export "{table}" {{', *lines, "}", ""]))

    def export(self, folder, table=TABLE):
        """Our own export of a table, as an Arrow table."""
        folder = pathlib.Path(folder)
        self.configure(folder, table)
        subprocess.run(
            [PROGRAM, f"-chdir={folder}", "apply", "-auto-approve"],
            check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, "LEMLIST_API_KEY": self.key},
        )
        return pq.read_table(folder / "out" / f"{table}.parquet")


class Teams:
    """Serves several teams over HTTP until the with block ends, each with a key of its own, on a port of earlier teams or a free one."""

    def __init__(self, count, *flags, port=0):
        self.flags = [f"-addr=127.0.0.1:{port}", f"-teams={count}", *flags]

    def __enter__(self):
        self.process = subprocess.Popen(
            [PROGRAM, "sim", "-json", "-no-rate-limit", *self.flags],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )
        for line in self.process.stdout:
            message = json.loads(line)
            if message["type"] == "listening":
                self.endpoint = message["endpoint"]
                self.port = urllib.parse.urlsplit(self.endpoint).port
                self.keys = {team["name"]: team["api_key"] for team in message["teams"]}
                self.sizes = {team["name"]: team["conversations"] for team in message["teams"]}
                return self
        sys.exit("lemexport sim has ended")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.communicate()

    def team(self, name):
        """One of the teams, which exports and drifts as a single one does."""
        team = Team()
        team.endpoint, team.key = self.endpoint, self.keys[name]
        return team

    def configure(self, folder, **changed):
        """Writes a configuration of all teams into a folder, their keys, with some changed, into a file beside it."""
        folder.mkdir(parents=True, exist_ok=True)
        keys = folder / "keys.json"
        keys.write_text(json.dumps({**self.keys, **changed}))
        (folder / "main.hcl").write_text(
            f'source "lemlist" {{\n  for_each = jsondecode(file("{keys}"))\n  api_key = each.value\n  endpoint = "{self.endpoint}"\n'
            f'  margin {{\n    settle = "{MARGIN["settle"]}"\n  }}\n}}\n'
            f'export "{TABLE}" {{\n  destination = "{folder}/out/team=${{each.key}}"\n}}\n'
        )

    def written(self, folder):
        """The rows of every team's file."""
        files = {team: folder / "out" / f"team={team}" / f"{TABLE}.parquet" for team in self.keys}
        return {team: pq.read_metadata(file).num_rows for team, file in files.items() if file.exists()}


def plain(value, nested):
    """A value without what only its host adds: the spelling of zones, and JSON as text."""
    if isinstance(value, datetime.datetime):
        return value.replace(tzinfo=datetime.UTC) if value.tzinfo is None else value.astimezone(datetime.UTC)
    if nested and isinstance(value, str):
        return json.loads(value)
    return value


def ids(table):
    return set(table["id"].to_pylist())


def versions(rows):
    """The id of each row, with the time that tells its versions apart."""
    return {(row["id"], plain(row["last_activity_at"], False)) for row in rows}


def differing(ours, rows):
    """The columns that differ between our table and a host's rows, with the first difference."""
    theirs = {row["id"]: row for row in rows}
    assert len(rows) == len(theirs) == ours.num_rows, f"{len(rows)} rows, {len(theirs)} ids, {ours.num_rows} in our export"
    found = {}
    for field in ours.schema:
        nested = pa.types.is_nested(field.type) or field.name == "extra"
        for id, value in zip(ours["id"].to_pylist(), ours[field.name].to_pylist()):
            assert id in theirs, f"{id} is missing"
            want, got = plain(value, nested), plain(theirs[id][field.name], nested)
            if field.name != FETCHED and want != got:
                found.setdefault(field.name, f"{id}: {got!r}, want {want!r}")
    return found


def report(host, what, **numbers):
    print(f"\n{host}: {what}: " + ", ".join(f"{value} {name.replace('_', ' ')}" for name, value in numbers.items()), flush=True)
