"""Reads one export in every format with pyarrow, polars and DuckDB, and finds
every value equal.

    python read_exports.py FOLDER

FOLDER holds folders of exports of one run: the one called parquet is what the
others are compared with. Exits with 1 at the first difference.
"""

import json
import pathlib
import sys

import duckdb
import polars
import pyarrow
import pyarrow.dataset
import pyarrow.ipc
import pyarrow.parquet

MANIFEST = b"lemexport.manifest"
ENDINGS = {".parquet": "parquet", ".arrow": "ipc"}


def check(ok, what):
    if not ok:
        sys.exit(f"FAILED: {what}")


def storage(table):
    """The table without metadata, and with the JSON column as the text it is."""
    fields = []
    for field in table.schema:
        kind = getattr(field.type, "storage_type", field.type)
        fields.append(pyarrow.field(field.name, kind, field.nullable))
    return table.cast(pyarrow.schema(fields)).combine_chunks()


def rows(table):
    return storage(table).to_pylist()


def read(path):
    if path.suffix == ".parquet":
        return pyarrow.parquet.read_table(path)
    with pyarrow.ipc.open_file(path) as reader:
        return reader.read_all()


def metadata(path):
    """What the file says about itself, where its readers look."""
    if path.suffix == ".parquet":
        return pyarrow.parquet.read_metadata(path).metadata
    with pyarrow.ipc.open_file(path) as reader:
        return reader.schema.metadata


def main(folder):
    files = sorted(path for path in folder.rglob("inbox_conversations.*") if path.suffix in ENDINGS)
    check(len(files) > 1, f"fewer than two exports in {folder}")
    reference = next(path for path in files if path.parent.name == "parquet")
    want = rows(read(reference))
    manifest = json.loads(metadata(reference)[MANIFEST])
    check(manifest["rows"] == len(want) > 0, f"{reference}: {len(want)} rows, the manifest says {manifest['rows']}")
    fields = [(field.name, getattr(field.type, "storage_type", field.type)) for field in read(reference).schema]
    check(len({row["id"] for row in want}) == len(want), "ids come twice")
    check(any(row["extra"] for row in want) and any(row["users"] for row in want), "columns are empty")

    for path in files:
        table = read(path)
        check([(field.name, getattr(field.type, "storage_type", field.type)) for field in table.schema] == fields, f"{path}: another schema")
        check(rows(table) == want, f"{path}: pyarrow reads other rows")
        check(json.loads(metadata(path)[MANIFEST])["content"] == manifest["content"], f"{path}: another manifest")
        check(table.field("contact").metadata[b"lemexport:personal"] == b"true", f"{path}: no metadata on columns")

        dataset = pyarrow.dataset.dataset(path, format=ENDINGS[path.suffix])
        newest = dataset.to_table(filter=pyarrow.dataset.field("id") == want[0]["id"])
        check(rows(newest) == want[:1], f"{path}: a filtered PyArrow dataset reads other rows")

        framed = polars.read_parquet(path) if path.suffix == ".parquet" else polars.read_ipc(path)
        check(framed.height == len(want), f"{path}: polars reads {framed.height} rows")
        check(framed.equals(polars.read_parquet(reference)), f"{path}: polars reads other values")

        # DuckDB reads Parquet itself, and Arrow through pyarrow, which it takes tables from.
        duck = duckdb.connect()
        duck.execute("SET TimeZone = 'UTC'")
        duck.register("export", storage(table))
        other = f"(SELECT * REPLACE (extra::VARCHAR AS extra) FROM read_parquet('{reference}'))"
        for query in (f"FROM export EXCEPT ALL FROM {other}", f"FROM {other} EXCEPT ALL FROM export"):
            check(not duck.execute(query).fetchall(), f"{path}: DuckDB finds other rows")
        if path.suffix == ".parquet":
            count = duck.execute(f"SELECT count(*) FROM read_parquet('{path}') JOIN {other} AS o USING (id)").fetchone()[0]
            check(count == len(want), f"{path}: DuckDB joins {count} rows")
        print(f"{path.relative_to(folder)}: {len(want)} rows, {path.stat().st_size} bytes, equal in pyarrow, polars and DuckDB")

    both = pyarrow.dataset.dataset([pyarrow.dataset.dataset(path, format=ENDINGS[path.suffix]) for path in files if path.suffix == ".arrow"])
    check(both.count_rows() == len(want) * sum(path.suffix == ".arrow" for path in files), "a dataset of several Arrow files")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
