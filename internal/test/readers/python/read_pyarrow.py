"""PyArrow reads Parquet, and Arrow as a file and as a stream.

python read_pyarrow.py FOLDER
"""

import sys

import pyarrow
import pyarrow.compute
import pyarrow.dataset
import pyarrow.ipc
import pyarrow.parquet

from report import Skip, instant, report, times


def storage(table):
    """The table without metadata, and with an extension's values as what they are stored as."""
    fields = [pyarrow.field(field.name, getattr(field.type, "storage_type", field.type), field.nullable) for field in table.schema]
    return table.cast(pyarrow.schema(fields))


def rows(table, names):
    """The rows in the neutral form."""
    table = storage(table)
    for name in names:
        place = table.schema.get_field_index(name)
        table = table.set_column(place, name, table.column(name).cast(pyarrow.int64()))
    return table.to_pylist()


def expression(question):
    field = pyarrow.dataset.field(*question["column"].split(".")) if "." in question["column"] else pyarrow.dataset.field(question["column"])
    if question["op"] == "null":
        return field.is_null()
    if question["op"] == "true":
        return field == True  # noqa: E712
    if question["op"] == "text":
        return field == question.get("value", "")
    kind = pyarrow.timestamp("us", "UTC")
    low, high = (pyarrow.scalar(instant(question[end]), kind) for end in ("low", "high"))
    return (field >= low) & (field < high)


class Table:
    def __init__(self, path, file):
        self.path, self.file = path, file
        self.dataset = pyarrow.dataset.dataset(path, format="parquet" if file["format"] == "parquet" else "ipc")

    def rows(self):
        if self.file["format"] == "parquet":
            return rows(pyarrow.parquet.read_table(self.path), times(self.file))
        with pyarrow.ipc.open_file(self.path) as reader:
            return rows(reader.read_all(), times(self.file))

    def count(self, question):
        return self.dataset.to_table(filter=expression(question)).num_rows


class Stream:
    def __init__(self, path, file):
        if file["format"] != "arrow":
            raise Skip
        self.file = file
        with open(path, "rb") as stream:
            # A stream begins after the magic bytes and their padding.
            stream.seek(8)
            self.table = pyarrow.ipc.open_stream(stream).read_all()

    def rows(self):
        return rows(self.table, times(self.file))

    def count(self, question):
        return pyarrow.dataset.dataset(self.table).to_table(filter=expression(question)).num_rows


if __name__ == "__main__":
    report(sys.argv[1], "PyArrow", "pyarrow", Table)
    report(sys.argv[1], "PyArrow, stream", "pyarrow", Stream)
