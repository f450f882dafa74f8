"""Polars reads Parquet and Arrow.

python read_polars.py FOLDER
"""

import sys

import polars

from report import instant, report, times


def expression(question):
    first, *rest = question["column"].split(".")
    column = polars.col(first)
    for name in rest:
        column = column.struct.field(name)
    if question["op"] == "null":
        return column.is_null()
    if question["op"] == "true":
        return column
    if question["op"] == "text":
        return column == question.get("value", "")
    low, high = (polars.lit(instant(question[end])) for end in ("low", "high"))
    return (column >= low) & (column < high)


class Table:
    def __init__(self, path, file):
        scan = polars.scan_parquet if file["format"] == "parquet" else polars.scan_ipc
        self.frame, self.file = scan(path), file

    def rows(self):
        numbers = [polars.col(name).cast(polars.Int64) for name in times(self.file)]
        return self.frame.with_columns(numbers).collect().to_dicts()

    def count(self, question):
        return self.frame.filter(expression(question)).collect().height


if __name__ == "__main__":
    report(sys.argv[1], "Polars", "polars", Table)
