"""A Spark data source that reads lemlist teams with lemexport."""

from lemexport_spark.source import LemlistDataSource

__all__ = ["LemlistDataSource"]
