"""What our files say about themselves, where PyArrow shows it: the manifest, and of
columns whether they are personal data.

python check_manifest.py FOLDER
"""

import json
import pathlib
import sys

import pyarrow.ipc
import pyarrow.parquet


def metadata(path):
    """The metadata and the schema, where readers of the format look."""
    if path.suffix == ".parquet":
        return pyarrow.parquet.read_metadata(path).metadata, pyarrow.parquet.read_schema(path)
    with pyarrow.ipc.open_file(path) as reader:
        return reader.schema.metadata, reader.schema


def main(folder):
    contents = {}
    for file in json.loads((folder / "files.json").read_text(encoding="utf-8")):
        facts, schema = metadata(folder / file["path"])
        manifest = json.loads(facts[b"lemexport.manifest"])
        rows = len((folder / "ours" / f"{file['name']}.jsonl").read_bytes().splitlines())
        assert manifest["rows"] == rows, f"{file['name']}: the manifest says {manifest['rows']} rows, there are {rows}"
        assert [field.name for field in schema] == [column["name"] for column in file["columns"]], f"{file['name']}: other columns"
        assert schema.field("contact").metadata[b"lemexport:personal"] == b"true", f"{file['name']}: no word of personal data"
        content = contents.setdefault(file["dataset"], manifest["content"])
        assert manifest["content"] == content, f"{file['name']}: another content than in other settings"
    print(f"manifests of {sum(1 for _ in folder.glob('files/*'))} files are right")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
