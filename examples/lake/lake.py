"""Exports 50 simulated teams, and registers their files in DuckLake, Iceberg and Delta.

python lake.py FOLDER    an empty folder, or one that does not exist
"""

import importlib.resources
import json
import pathlib
import shutil
import sys

import duckdb

import exports
from in_delta import Delta
from in_ducklake import DuckLake
from in_iceberg import Iceberg

EXTENSIONS = ("httpfs", "avro", "iceberg", "ducklake", "delta")
CHANGED = "team-07"


def main(folder):
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        sys.exit(f"{folder} is not empty: name a folder that does not exist")
    duck = connect()
    lakes = [
        DuckLake(folder / "ducklake", duck),
        Iceberg(folder / "iceberg", duck),
        Delta(folder / "files", duck),  # the table's files have to lie below it
    ]

    teams = {f"team-{number:02}": {"seed": number, "conversations": (number * number * 17) % 701} for number in range(1, 51)}
    files = export(folder, teams)
    print("50 teams: one apply, registered in each format\n")
    first = {lake.name: lake.register(files) for lake in lakes}
    print_counts(folder, duck, teams, files, lakes, first)

    teams[CHANGED]["conversations"] += 25
    [newer] = export(folder, teams, f"-only={CHANGED}")
    print(f"\n25 conversations more of {CHANGED}: one apply, one commit in each format\n")
    second = replace(lakes, newer)
    print_history(duck, lakes, {"before": first, "now": second})

    teams[CHANGED]["conversations"] += 25
    [newest] = export(folder, teams, f"-only={CHANGED}")
    print("\n25 more, not registered yet: keep = 2 has deleted the first file\n")
    print_history(duck, lakes, {"before": first, "now": second})

    print("\nRegistered, and the older snapshots expired\n")
    third = replace(lakes, newest)
    print_expired(lakes, newer.path)
    print()
    files = [newest if file.team == CHANGED else file for file in files]
    print_counts(folder, duck, teams, files, lakes, third)


def connect():
    """Loads DuckDB's extensions from their packages: no network, nothing in the home folder."""
    duck = duckdb.connect()
    duck.execute("SET TimeZone = 'UTC'")
    for extension in EXTENSIONS:
        package = importlib.resources.files(f"duckdb_extension_{extension}")
        duck.load_extension(str(package / f"extensions/v{duckdb.__version__}/{extension}.duckdb_extension"))
    return duck


def export(folder, teams, *options):
    (folder / "teams.json").write_text(json.dumps(teams))
    return exports.apply(folder, *options)


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
    print(f"{'simulation':<12}{sum(team['conversations'] for team in teams.values()):>7,}{len(teams):>7}")
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
