"""DuckDB reads Parquet.

python read_duckdb.py FOLDER
"""

import sys

import duckdb

from report import Skip, instant, predicate, quote, report


def moment(micros):
    return f"TIMESTAMPTZ '{instant(micros).isoformat()}'"


def condition(question):
    return predicate(question, question["column"], moment)


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
