"""What a reader in Python leaves for the judge: rows in the neutral form, and how
many rows each question counts."""

import datetime
import importlib.metadata
import json
import pathlib


class Skip(Exception):
    """The reader makes no claim to read this format."""


def text(error):
    """The line of an error that says most: Java's last cause, else the first that is not empty."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    causes = [line for line in lines if line.startswith("Caused by:")]
    return (causes or lines[:1])[-1][:300]


def ask(table, question):
    try:
        return table.count(question)
    except Exception as error:
        return text(error)


def report(folder, name, package, read, version=None):
    """Reads every file with `read`, which takes the file's path and description and
    returns an object with rows() and count(question)."""
    version = version or importlib.metadata.version(package)
    folder = pathlib.Path(folder)
    out = folder / "seen" / f"{name}-{version}".replace(" ", "_")
    out.mkdir(parents=True, exist_ok=True)
    seen = {}
    for file in json.loads((folder / "files.json").read_text(encoding="utf-8")):
        one = seen[file["name"]] = {}
        try:
            table = read(folder / file["path"], file)
            # What is no text in the reader's eyes (bytes) is none in the judge's either.
            lines = [json.dumps(row, ensure_ascii=False, default=lambda value: {"value": repr(value)}) for row in table.rows()]
        except Skip:
            del seen[file["name"]]
            continue
        except (KeyboardInterrupt, SystemExit):
            raise
        except BaseException as error:  # the panics of Rust are no Exceptions
            one["error"] = text(error)
            continue
        (out / f"{file['name']}.jsonl").write_text("".join(line + "\n" for line in lines), encoding="utf-8")
        one["answers"] = table.counts() if hasattr(table, "counts") else {question["name"]: ask(table, question) for question in file["questions"]}
        if hasattr(table, "present"):
            one["present"] = table.present()
    result = {"reader": name, "version": version, "files": seen}
    (out / "result.json").write_text(json.dumps(result, indent=1), encoding="utf-8")
    failed = sum("error" in one for one in seen.values())
    print(f"{name} {version}: {len(seen) - failed} of {len(seen)} files read")


def times(file):
    return [column["name"] for column in file["columns"] if column["type"] == "time"]


def instant(micros):
    return datetime.datetime.fromtimestamp(0, datetime.timezone.utc) + datetime.timedelta(microseconds=micros)


def quote(value):
    return "'" + value.replace("'", "''") + "'"


def predicate(question, column, moment, literal=quote):
    """What a question asks, in SQL; moment writes a time, and literal a text."""
    if question["op"] == "null":
        return f"{column} IS NULL"
    if question["op"] == "true":
        return column
    if question["op"] == "text":
        return f"{column} = {literal(question.get('value', ''))}"
    return f"{column} >= {moment(question['low'])} AND {column} < {moment(question['high'])}"
