"""Spark reads Parquet, and registers it in Iceberg with add_files when it has
Iceberg's jar, where the vectorized reader takes it.

python read.py FOLDER [ICEBERG-JAR]
"""

import json
import pathlib
import sys
import tempfile

import pyspark
from pyspark.sql import SparkSession

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "python"))
from report import Skip, predicate, quote, report, text  # noqa: E402


def moment(micros):
    return f"timestamp_micros({micros})"


def literal(value):
    return "r" + quote(value)


def condition(question):
    return predicate(question, question["column"], moment, literal)


class Table:
    def __init__(self, frame, file):
        self.frame, self.file = frame, file

    def rows(self):
        """The rows in two parts: Iceberg reads in vectors only where there is no list or struct."""
        plain, nested = {}, {}
        for column in self.file["columns"]:
            name, kind = column["name"], column["type"]
            (nested if kind in ("list", "struct") else plain)[name] = f"unix_micros({name}) AS {name}" if kind == "time" else name
        rows = {row["id"]: row.asDict() for row in self.frame.selectExpr(*plain.values()).collect()}
        for row in self.frame.selectExpr("id", *nested.values()).collect():
            rows[row["id"]].update(row.asDict(recursive=True))
        return rows.values()

    def counts(self):
        """One query for all questions: starting one takes longer than these do."""
        self.frame.createOrReplaceTempView("t")
        branches = (f"SELECT {quote(q['name'])} AS name, count(*) AS n FROM t WHERE {condition(q)}" for q in self.file["questions"])
        try:
            return {row.name: row.n for row in self.frame.sparkSession.sql(" UNION ALL ".join(branches)).collect()}
        except Exception as error:
            return {q["name"]: text(error) for q in self.file["questions"]}


def main(folder, jar=None):
    warehouse = tempfile.TemporaryDirectory()
    builder = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.memory", "1g")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.shuffle.partitions", "1")
        # Spark 3 refuses times before 1900 otherwise, whoever wrote them.
        .config("spark.sql.parquet.datetimeRebaseModeInRead", "CORRECTED")
        .config("spark.sql.warehouse.dir", f"{warehouse.name}/spark")
    )
    if jar:
        builder = (
            builder.config("spark.jars", jar)
            .config("spark.sql.catalog.lake", "org.apache.iceberg.spark.SparkCatalog")
            .config("spark.sql.catalog.lake.type", "hadoop")
            .config("spark.sql.catalog.lake.warehouse", f"{warehouse.name}/lake")
            .config("spark.sql.extensions", "org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions")
        )
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("OFF")

    def parquet(path, file):
        if file["format"] != "parquet":
            raise Skip
        return Table(spark.read.parquet(str(path)), file)

    class Registered(Table):
        def __init__(self, path, file):
            if file["format"] != "parquet":
                raise Skip
            self.name = "lake.lemlist." + file["name"].replace("-", "_")
            spark.sql(f"DROP TABLE IF EXISTS {self.name}")
            spark.sql(f"CREATE TABLE {self.name} USING iceberg AS SELECT * FROM parquet.`{path}` LIMIT 0")
            spark.sql(f"CALL lake.system.add_files('{self.name}', '`parquet`.`{path}`')").collect()
            super().__init__(spark.table(self.name), file)

        def present(self):
            metrics = spark.sql(f"SELECT to_json(struct(readable_metrics.*)) FROM {self.name}.files").collect()
            present = {}
            for (line,) in metrics:
                for column, counts in json.loads(line).items():
                    if "value_count" in counts:
                        present[column] = present.get(column, 0) + counts["value_count"] - counts["null_value_count"]
            return {name: count for name, count in present.items() if "." not in name}

    if jar:
        report(folder, f"Iceberg in Spark {pyspark.__version__}", None, Registered, pathlib.Path(jar).stem.rsplit("-", 1)[1])
    else:
        report(folder, "Spark", "pyspark", parquet)
    spark.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
