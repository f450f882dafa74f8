"""PyIceberg adds a Parquet file to an Iceberg table as it is, and reads that.

python read_pyiceberg.py FOLDER
"""

import sys
import tempfile

import pyarrow.parquet
import pyiceberg.catalog.sql
import pyiceberg.expressions

from read_pyarrow import rows, storage
from report import Skip, instant, report, times


def expression(question):
    if question["op"] == "null":
        return pyiceberg.expressions.IsNull(question["column"])
    if question["op"] == "true":
        return pyiceberg.expressions.EqualTo(question["column"], True)
    if question["op"] == "text":
        return pyiceberg.expressions.EqualTo(question["column"], question.get("value", ""))
    low, high = (instant(question[end]).isoformat() for end in ("low", "high"))
    return pyiceberg.expressions.And(
        pyiceberg.expressions.GreaterThanOrEqual(question["column"], low), pyiceberg.expressions.LessThan(question["column"], high)
    )


class Table:
    def __init__(self, path, file):
        if file["format"] != "parquet":
            raise Skip
        self.file, self.folder = file, tempfile.TemporaryDirectory()
        catalog = pyiceberg.catalog.sql.SqlCatalog("local", uri=f"sqlite:///{self.folder.name}/catalog.db", warehouse=f"file://{self.folder.name}")
        catalog.create_namespace("lemlist")
        schema = storage(pyarrow.parquet.read_schema(path).empty_table()).schema
        self.table = catalog.create_table("lemlist.inbox_conversations", schema)
        self.table.add_files([str(path)])

    def rows(self):
        return rows(self.table.scan().to_arrow(), times(self.file))

    def count(self, question):
        return self.table.scan(row_filter=expression(question)).to_arrow().num_rows

    def present(self):
        """How many values of each column are not null, as the table's own statistics say."""
        present = {}
        for file in self.table.inspect.files().to_pylist():
            for field in self.table.schema().fields:
                counts = file["readable_metrics"].get(field.name, {})
                if field.field_type.is_primitive and file["record_count"] > 0:
                    present[field.name] = counts["value_count"] - counts["null_value_count"]
        return present


if __name__ == "__main__":
    report(sys.argv[1], "PyIceberg", "pyiceberg", Table)
