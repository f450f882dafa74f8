"""Registers files in Delta Lake with delta-rs: the log lies in _delta_log, beside the files."""

import json

import deltalake
import pyarrow
import pyarrow.parquet
from deltalake.transaction import AddAction


class Delta:
    name = "Delta"

    def __init__(self, folder, duck):
        self.folder = folder

    def register(self, files):
        """Makes each file the only one of its partition, in one commit. Returns the version."""
        if not deltalake.DeltaTable.is_deltatable(str(self.folder)):
            deltalake.DeltaTable.create(self.folder, schema(files[0]), partition_by=["team"])
        table = deltalake.DeltaTable(self.folder)
        files = [file for file in files if str(file.path) not in self.registered()]
        if files:
            table.create_write_transaction(
                [self.action(file) for file in files],
                mode="overwrite",
                schema=schema(files[0]),
                partition_by=["team"],
                partition_filters=[("team", "in", [file.team for file in files])],
            )
        table.update_incremental()
        return table.version()

    def action(self, file):
        return AddAction(
            path=file.path.relative_to(self.folder).as_posix(),
            size=file.bytes,
            partition_values={"team": file.team},
            modification_time=int(file.path.stat().st_mtime * 1000),
            data_change=True,
            stats=json.dumps({"numRecords": file.rows}),
        )

    def registered(self):
        return set(deltalake.DeltaTable(self.folder).file_uris())

    def snapshots(self):
        return deltalake.DeltaTable(self.folder).version() + 1

    def relation(self, snapshot):
        return f"delta_scan('{self.folder}', version => {snapshot})"

    def expire(self):
        """Deletes the files that no longer belong to the newest version."""
        deltalake.DeltaTable(self.folder).vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False)


def schema(file):
    """The columns of a file and `team`, without the metadata of the columns; JSON as text.

    The metadata has the field ids of Parquet. With them in the log of the table, DuckDB
    reads every value as null.
    """
    columns = [bare(field) for field in pyarrow.parquet.read_schema(file.path)]
    return deltalake.Schema.from_arrow(pyarrow.schema([*columns, pyarrow.field("team", pyarrow.string())]))


def bare(field):
    kind = field.type
    if pyarrow.types.is_struct(kind):
        kind = pyarrow.struct([bare(child) for child in kind])
    elif pyarrow.types.is_list(kind):
        kind = pyarrow.list_(bare(kind.value_field))
    elif kind == pyarrow.json_():
        kind = pyarrow.string()
    return pyarrow.field(field.name, kind, field.nullable)
