"""delta-rs takes a Parquet file into a Delta table as it is, and reads that.

python read_delta.py FOLDER
"""

import shutil
import sys
import tempfile

import deltalake
import pyarrow

from read_datafusion import condition
from read_pyarrow import rows
from report import Skip, report, times


class Table:
    def __init__(self, path, file):
        if file["format"] != "parquet":
            raise Skip
        self.file, self.folder = file, tempfile.TemporaryDirectory()
        shutil.copy(path, self.folder.name)
        deltalake.convert_to_deltalake(self.folder.name)
        self.query = deltalake.QueryBuilder().register("t", deltalake.DeltaTable(self.folder.name))

    def read(self, sql):
        return pyarrow.RecordBatchReader.from_stream(self.query.execute(sql)).read_all()

    def rows(self):
        return rows(self.read("SELECT * FROM t"), times(self.file))

    def count(self, question):
        return self.read(f"SELECT id FROM t WHERE {condition(question)}").num_rows


if __name__ == "__main__":
    report(sys.argv[1], "delta-rs", "deltalake", Table)
