"""The data source "lemlist": one partition a team, one lemexport a partition."""

import multiprocessing.pool

import pyarrow as pa
from pyspark import TaskContext
from pyspark.sql.datasource import DataSource, DataSourceReader, InputPartition, SimpleDataSourceStreamReader
from pyspark.sql.pandas.types import from_arrow_type, to_arrow_schema
from pyspark.sql.streaming.datasource import SupportsTriggerAvailableNow
from pyspark.sql.types import StringType, StructField, StructType

from lemexport_spark.settings import Settings

TEAM, PROOF = "team", "proof"  # the columns that the option proof adds


class LemlistDataSource(DataSource):
    """Reads a table of many teams. README.md lists the options."""

    @classmethod
    def name(cls):
        return "lemlist"

    def schema(self):
        settings = Settings.of(self.options)
        fields = [_field(field, settings.proof) for field in settings.program.schema()]
        if settings.proof:
            fields += [StructField(TEAM, StringType(), False, {"comment": "Name of the team in the configuration"})]
            fields += [StructField(PROOF, StringType(), True, {"comment": "Proof of the rows of this team, as JSON; null in rows of the table"})]
        return StructType(fields)

    def reader(self, schema):
        settings = Settings.of(self.options)
        return BatchReader(settings.chosen(), TeamReader(settings.program, schema, settings.proof))

    def simpleStreamReader(self, schema):
        settings = Settings.of(self.options)
        return StreamReader(settings.chosen(), TeamReader(settings.program, schema, settings.proof), settings.parallel)


class TeamReader:
    """Reads one team, in a task or in the driver."""

    def __init__(self, program, schema, proof):
        self.program, self.schema, self.proof = program, schema, proof

    def batches(self, team, since=None):
        """Yields batches as Spark expects them, the first one without rows; with the proof, it is the last row.

        The metadata of their schema is lemexport's: it has the proof and the next position.
        """
        _refuse_speculation()
        for batch in self.program.read(team, since):
            schema = to_arrow_schema(self.schema, timezone="UTC").with_metadata(batch.schema.metadata)
            yield pa.RecordBatch.from_arrays([self._column(team, batch, field) for field in schema], schema=schema)
        if self.proof:
            row = {TEAM: team, PROOF: schema.metadata[b"lemexport.proof"].decode()}
            yield pa.RecordBatch.from_pylist([row], schema=schema)

    def _column(self, team, batch, field):
        if self.proof and field.name == TEAM:
            return pa.repeat(pa.scalar(team), batch.num_rows)
        if self.proof and field.name == PROOF:
            return pa.nulls(batch.num_rows, pa.string())
        if field.name not in batch.schema.names or batch.column(field.name).type != field.type:
            raise RuntimeError(
                f"team {team}: the configuration leaves out the column {field.name} or a part of it: pass the columns that it has to .schema(…)"
            )
        return batch.column(field.name)


class BatchReader(DataSourceReader):
    """Reads each team in a task of its own."""

    def __init__(self, teams, reader):
        self.teams, self.reader = teams, reader

    def partitions(self):
        return [InputPartition(team) for team in self.teams]

    def read(self, partition):
        return self.reader.batches(partition.value)


class StreamReader(SimpleDataSourceStreamReader, SupportsTriggerAvailableNow):
    """Reads in the driver what is new since the positions of the teams, which are the offset.

    The position that ends a reading is known after the reading only, so the reading has to come
    before Spark writes the offset of a micro-batch, and cannot be a task of it.
    """

    def __init__(self, teams, reader, parallel):
        self.teams, self.reader, self.parallel = teams, reader, parallel
        self.waiting = None  # the teams that a run with availableNow has yet to read

    def initialOffset(self):
        return {}

    def prepareForTriggerAvailableNow(self):
        self.waiting = list(self.teams)

    def read(self, start):
        teams = self.teams
        if self.waiting is not None:
            teams, self.waiting = self.waiting[: self.parallel], self.waiting[self.parallel :]
        if not teams:
            return iter([]), start
        with multiprocessing.pool.ThreadPool(self.parallel) as pool:
            read = dict(zip(teams, pool.map(lambda team: list(self.reader.batches(team, start.get(team))), teams)))
        ends = {team: batches[0].schema.metadata[b"lemexport.position"].decode() for team, batches in read.items()}
        end = {team: position for team, position in {**start, **ends}.items() if team in self.teams}
        return iter([batch for batches in read.values() for batch in batches]), end

    def readBetweenOffsets(self, start, end):
        """Reads again, in a task, what a batch had that Spark has not finished: everything up to end, and what has changed since."""
        for team, position in end.items():
            if position != start.get(team):
                yield from self.reader.batches(team, start.get(team))


def _field(field, nullable):
    comment = field.metadata[b"lemexport:description"].decode()
    return StructField(field.name, from_arrow_type(field.type), field.nullable or nullable, {"comment": comment})


def _refuse_speculation():
    """Fails a task of a session that would start a second reader beside a slow one."""
    task = TaskContext.get()
    if task is not None and str(task.getLocalProperty("spark.speculation")).lower() == "true":
        raise RuntimeError("spark.speculation is on: two tasks would read one team with one key; set spark.speculation=false")
