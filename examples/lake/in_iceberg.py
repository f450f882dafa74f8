"""Registers files in Apache Iceberg with PyIceberg: the catalog is a SQLite file."""

import datetime

import pyarrow
import pyarrow.parquet
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.io.pyarrow import parquet_file_to_data_file

TABLE = "lemlist.inbox_conversations"


class Iceberg:
    name = "Iceberg"

    def __init__(self, folder, duck):
        folder.mkdir(parents=True)
        self.catalog = SqlCatalog("lake", uri=f"sqlite:///{folder}/catalog.db", warehouse=f"file://{folder}")
        self.catalog.create_namespace("lemlist")

    def register(self, files):
        """Makes each file the only one of its folder, in one commit. Returns the snapshot.

        The table has no partitions: its statistics say which file has which team_id.
        """
        if not self.catalog.table_exists(TABLE):
            self.catalog.create_table(TABLE, schema(files[0]))
        table = self.catalog.load_table(TABLE)
        registered = self.data_files(table)
        files = [file for file in files if str(file.path) not in registered]
        folders = {str(file.path.parent) for file in files}
        replaced = [data for path, data in registered.items() if path.rpartition("/")[0] in folders]
        if files and not replaced:
            table.add_files([str(file.path) for file in files])
        elif files:
            with table.transaction() as transaction, transaction.update_snapshot().overwrite() as snapshot:
                for data in replaced:
                    snapshot.delete_data_file(data)
                for file in files:
                    snapshot.append_data_file(parquet_file_to_data_file(table.io, table.metadata, str(file.path)))
        return table.current_snapshot().snapshot_id

    @staticmethod
    def data_files(table):
        """Of the manifests: a scan leaves out files without rows."""
        snapshot = table.current_snapshot()
        manifests = snapshot.manifests(table.io) if snapshot else []
        entries = [entry for manifest in manifests for entry in manifest.fetch_manifest_entry(table.io)]
        return {entry.data_file.file_path: entry.data_file for entry in entries}

    def registered(self):
        return set(self.data_files(self.catalog.load_table(TABLE)))

    def snapshots(self):
        return len(self.catalog.load_table(TABLE).snapshots())

    def relation(self, snapshot):
        metadata = self.catalog.load_table(TABLE).metadata_location
        # The files have no column `team`: it is the part of their path that says so.
        team = "regexp_extract(filename, '/team=([^/]+)/', 1) AS team"
        return f"(SELECT *, {team} FROM iceberg_scan('{metadata}', snapshot_from_id => {snapshot}, filename => true))"

    def expire(self):
        """Forgets all snapshots but the current one."""
        table = self.catalog.load_table(TABLE)
        table.maintenance.expire_snapshots().older_than(datetime.datetime.now()).commit()


def schema(file):
    """The columns of a file, so that the table's field ids are those of the files; JSON as text."""
    columns = pyarrow.parquet.read_schema(file.path)
    return pyarrow.schema([field.with_type(pyarrow.string()) if field.type == pyarrow.json_() else field for field in columns])
