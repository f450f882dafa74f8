"""Exports 50 simulated teams, and registers their files in DuckLake, Iceberg and Delta.

python lake.py FOLDER    an empty folder, or one that does not exist
"""

import contextlib
import importlib.resources
import json
import os
import pathlib
import shutil
import subprocess
import sys

import duckdb

import exports
from in_delta import Delta
from in_ducklake import DuckLake
from in_iceberg import Iceberg

CONFIGURATION = pathlib.Path(__file__).resolve().parent / "main.hcl"
EXTENSIONS = ("httpfs", "avro", "iceberg", "ducklake", "delta")
CHANGED = "team-07"


def main(folder):
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        sys.exit(f"{folder} is not empty: name a folder that does not exist")
    shutil.copy(CONFIGURATION, folder)
    duck = connect()
    lakes = [
        DuckLake(folder / "ducklake", duck),
        Iceberg(folder / "iceberg", duck),
        Delta(folder / "files", duck),  # a table in the folder that has the files
    ]

    print("50 teams: one apply, registered in each format\n")
    with simulation(folder, 1000) as teams:
        files = exports.apply(folder)
    first = {lake.name: lake.register(files) for lake in lakes}
    print_counts(folder, duck, teams, files, lakes, first)

    print(f"\n{CHANGED} has more conversations: one apply, one commit in each format\n")
    with simulation(folder, 1100):
        [newer] = exports.apply(folder, f"-only={CHANGED}")
    second = replace(lakes, newer)
    print_history(duck, lakes, {"before": first, "now": second})

    print("\nAnd more, not registered yet: keep = 2 has deleted the first file\n")
    with simulation(folder, 1200) as later:
        [newest] = exports.apply(folder, f"-only={CHANGED}")
    print_history(duck, lakes, {"before": first, "now": second})

    print("\nRegistered, and the older snapshots expired\n")
    third = replace(lakes, newest)
    print_expired(lakes, newer.path)
    print()
    teams[CHANGED] = later[CHANGED]
    files = [newest if file.team == CHANGED else file for file in files]
    print_counts(folder, duck, teams, files, lakes, third)


@contextlib.contextmanager
def simulation(folder, conversations):
    """Serves 50 teams of up to so many conversations, writes teams.json, and yields how many each has."""
    command = [exports.LEMEXPORT, "sim", "-json", "-addr=127.0.0.1:0", "-teams=50", f"-conversations={conversations}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            listening = next(message for message in map(json.loads, server.stdout) if message["type"] == "listening")
            os.environ["LEMLIST_ENDPOINT"] = listening["endpoint"]
            keys = {team["name"]: team["api_key"] for team in listening["teams"]}
            (folder / "teams.json").write_text(json.dumps(keys))
            yield {team["name"]: team["conversations"] for team in listening["teams"]}
        finally:
            server.terminate()


def connect():
    """Loads DuckDB's extensions from their packages: no network, nothing in the home folder."""
    duck = duckdb.connect()
    duck.execute("SET TimeZone = 'UTC'")
    for extension in EXTENSIONS:
        package = importlib.resources.files(f"duckdb_extension_{extension}")
        duck.load_extension(str(package / f"extensions/v{duckdb.__version__}/{extension}.duckdb_extension"))
    return duck


def replace(lakes, file):
    """Registers a newer file of a team, and prints how many commits that took."""
    snapshots = {}
    for lake in lakes:
        before = lake.snapshots()
        snapshots[lake.name] = lake.register([file])
        files = [path for path in lake.registered() if f"/team={CHANGED}/" in path]
        print(f"{lake.name:<10}commits: {lake.snapshots() - before}, files of {CHANGED}: {len(files)}")
    print()
    return snapshots


def print_counts(folder, duck, teams, files, lakes, snapshots):
    """Compares the simulation, the manifests, `lemexport verify` and the formats as DuckDB reads them."""
    print(f"{'':<12}{'rows':>7}{'teams':>7}  newest activity")
    print(f"{'simulation':<12}{sum(teams.values()):>7,}{len(teams):>7}")
    print(f"{'manifests':<12}{sum(file.rows for file in files):>7,}{len(files):>7}")
    print(f"{'verify':<12}{sum(exports.verify(folder, file) for file in files):>7,}{len(files):>7}")
    for lake in lakes:
        rows, of_teams, newest, zone = duck.sql(f"""
            SELECT count(*), count(DISTINCT team), max(last_activity_at)::VARCHAR, any_value(typeof(last_activity_at))
            FROM {lake.relation(snapshots[lake.name])}""").fetchone()
        print(f"{lake.name:<12}{rows:>7,}{of_teams:>7}  {newest} {zone}")


def print_history(duck, lakes, snapshots):
    for lake in lakes:
        for when, of_lakes in snapshots.items():
            query = f"SELECT count(*), max(last_activity_at)::VARCHAR FROM {lake.relation(of_lakes[lake.name])} WHERE team = ?"
            try:
                rows, newest = duck.execute(query, [CHANGED]).fetchone()
                print(f"{lake.name:<10}{when:<8}{rows} rows of {CHANGED}, newest {newest}")
            except duckdb.IOException:
                print(f"{lake.name:<10}{when:<8}cannot be read: a file of this snapshot is gone")


def print_expired(lakes, path):
    """Expires the older snapshots of each format, which all had this file, and brings it back if it was deleted."""
    kept = path.with_suffix(".kept")
    for lake in lakes:
        shutil.copy2(path, kept)
        lake.expire()
        print(f"{lake.name:<10}{'left the replaced file' if path.exists() else 'deleted the replaced file'}")
        kept.replace(path)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(pathlib.Path(sys.argv[1]))
