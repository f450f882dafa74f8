"""DataFusion reads Parquet and Arrow.

python read_datafusion.py FOLDER
"""

import sys

import datafusion
import pyarrow

from read_pyarrow import rows
from report import predicate, report, times


def field(question):
    first, *rest = question["column"].split(".")
    return first + "".join(f"['{name}']" for name in rest)


def moment(micros):
    return f"arrow_cast({micros}, 'Timestamp(Microsecond, Some(\"UTC\"))')"


def condition(question):
    return predicate(question, field(question), moment)


class Table:
    def __init__(self, path, file):
        self.context, self.file = datafusion.SessionContext(), file
        if file["format"] == "parquet":
            self.context.register_parquet("t", str(path))
        else:
            self.context.register_arrow("t", str(path))

    def rows(self):
        frame = self.context.table("t")
        return rows(pyarrow.Table.from_batches(frame.collect(), frame.schema()), times(self.file))

    def count(self, question):
        return self.context.sql(f"SELECT id FROM t WHERE {condition(question)}").count()


if __name__ == "__main__":
    report(sys.argv[1], "DataFusion", "datafusion", Table)
