"""Runs lemexport, and says which files it committed."""

import dataclasses
import json
import os
import pathlib
import subprocess
import sys

LEMEXPORT = os.environ.get("LEMEXPORT", "lemexport")


@dataclasses.dataclass(frozen=True)
class File:
    """A committed file. Its manifest states the rows."""

    team: str
    path: pathlib.Path
    bytes: int
    rows: int


def apply(folder, *options):
    """Exports the teams of main.hcl in the folder, and returns the files of those that are proven complete.

    A team that failed, or is not proven, keeps the file that it had: its error goes to
    standard error, and the lake stays as it is for that team.
    """
    messages = run(folder, "apply", "-auto-approve", *options)
    summary = next((message["summary"] for message in messages if message["type"] == "summary"), None)
    if summary is None:
        raise SystemExit("lemexport apply committed nothing")
    return [
        File(team["team"], (folder / export["file"]).resolve(), export["bytes"], export["manifest"]["rows"])
        for team in summary["teams"]
        if team["outcome"] == "done"
        for export in team["exports"]
    ]


def verify(folder, file):
    """Reads a file again, compares it with its manifest and proof, and returns its rows."""
    [found] = [message for message in run(folder, "verify", str(file.path)) if message["type"] == "verification"]
    if not (found["ok"] and found["complete"]):
        raise SystemExit(f"{file.path} is damaged, or not proven complete")
    return found["verification"]["manifest"]["rows"]


def run(folder, command, *arguments):
    """Runs a command of lemexport with -json, shows its errors, and returns its messages."""
    finished = subprocess.run(
        [LEMEXPORT, command, "-json", *arguments], cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
    )
    messages = [json.loads(line) for line in finished.stdout.splitlines()]
    for message in messages:
        if message["@level"] == "error":
            print(message["@message"], file=sys.stderr)
    return messages
