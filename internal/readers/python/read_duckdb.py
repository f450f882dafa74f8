"""DuckDB reads Parquet.

python read_duckdb.py FOLDER
"""

import sys

import duckdb

from report import Skip, instant, quote, report


def condition(question):
    column = question["column"]
    if question["op"] == "null":
        return f"{column} IS NULL"
    if question["op"] == "true":
        return column
    if question["op"] == "text":
        return f"{column} = {quote(question.get('value', ''))}"
    low, high = (f"TIMESTAMPTZ '{instant(question[end]).isoformat()}'" for end in ("low", "high"))
    return f"{column} >= {low} AND {column} < {high}"


class Table:
    def __init__(self, path, file):
        if file["format"] != "parquet":
            raise Skip
        self.db, self.file, self.source = duckdb.connect(), file, f"read_parquet({quote(str(path))})"
        self.db.execute("SET TimeZone = 'UTC'")

    def rows(self):
        names = [column["name"] for column in self.file["columns"]]
        values = [f"epoch_us({column['name']})" if column["type"] == "time" else column["name"] for column in self.file["columns"]]
        self.db.execute(f"SELECT {', '.join(values)} FROM {self.source}")
        return [dict(zip(names, row)) for row in self.db.fetchall()]

    def count(self, question):
        return self.db.execute(f"SELECT count(*) FROM {self.source} WHERE {condition(question)}").fetchone()[0]


if __name__ == "__main__":
    report(sys.argv[1], "DuckDB", "duckdb", Table)
