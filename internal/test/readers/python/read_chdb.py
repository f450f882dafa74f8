"""chDB, which is ClickHouse in a library, reads Parquet and Arrow.

python read_chdb.py FOLDER
"""

import json
import sys

import chdb

from report import predicate, report


def literal(value):
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def moment(micros):
    return f"fromUnixTimestamp64Micro({micros}, 'UTC')"


def condition(question):
    return predicate(question, question["column"], moment, literal)


SETTINGS = """SETTINGS output_format_json_quote_64bit_integers = 0, output_format_json_named_tuples_as_objects = 1,
max_query_size = 10000000"""


class Table:
    def __init__(self, path, file):
        self.file, self.source = file, f"file({literal(str(path))}, {'Parquet' if file['format'] == 'parquet' else 'Arrow'})"

    def rows(self):
        values = [f"toUnixTimestamp64Micro({column['name']}) AS {column['name']}" if column["type"] == "time" else column["name"] for column in self.file["columns"]]
        answer = chdb.query(f"SELECT {', '.join(values)} FROM {self.source} {SETTINGS}", "JSONEachRow")
        return [json.loads(line) for line in answer.bytes().split(b"\n") if line]

    def count(self, question):
        return int(chdb.query(f"SELECT count() FROM {self.source} WHERE {condition(question)} {SETTINGS}", "TSV").bytes())


if __name__ == "__main__":
    report(sys.argv[1], "chDB", "chdb", Table)
