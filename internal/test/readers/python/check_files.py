"""What our files say about themselves, where PyArrow and DuckDB show it: the manifest,
of columns whether they are personal data, and of bounds whether they are exact.

python check_files.py FOLDER
"""

import json
import pathlib
import sys

import duckdb
import pyarrow.ipc
import pyarrow.parquet


def metadata(path):
    """The metadata and the schema, where readers of the format look."""
    if path.suffix == ".parquet":
        return pyarrow.parquet.read_metadata(path).metadata, pyarrow.parquet.read_schema(path)
    with pyarrow.ipc.open_file(path) as reader:
        return reader.schema.metadata, reader.schema


def check_bounds(path):
    """Bounds of texts are short, and the ids of contacts have some that are cut: readers have to be tried with them."""
    chunks = duckdb.execute(
        """SELECT path_in_schema, greatest(strlen(stats_min_value), strlen(stats_max_value)), min_is_exact, max_is_exact
        FROM parquet_metadata($1) WHERE type = 'BYTE_ARRAY' AND stats_min_value IS NOT NULL""",
        [str(path)],
    ).fetchall()
    for name, size, *_ in chunks:
        assert size <= 64, f"{path.name}: a bound of {name} has {size} bytes"
    assert ("contact_id", 64, False, False) in chunks, f"{path.name}: no bounds of contact_id are cut"


def main(folder):
    contents = {}
    for file in json.loads((folder / "files.json").read_text(encoding="utf-8")):
        facts, schema = metadata(folder / file["path"])
        manifest = json.loads(facts[b"lemexport.manifest"])
        rows = len((folder / "ours" / f"{file['name']}.jsonl").read_bytes().splitlines())
        assert manifest["rows"] == rows, f"{file['name']}: the manifest says {manifest['rows']} rows, there are {rows}"
        assert [field.name for field in schema] == [column["name"] for column in file["columns"]], f"{file['name']}: other columns"
        assert schema.field("contact").metadata[b"lemexport:personal"] == b"true", f"{file['name']}: no word of personal data"
        if file["format"] == "parquet" and file["dataset"] in ("all", "exclude"):
            check_bounds(folder / file["path"])
        content = contents.setdefault(file["dataset"], manifest["content"])
        assert manifest["content"] == content, f"{file['name']}: another content than in other settings"
    print(f"what {len(list(folder.glob('files/*')))} files say about themselves is right")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
