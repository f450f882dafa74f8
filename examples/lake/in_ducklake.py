"""Registers files in DuckLake: the catalog is a database, here a DuckDB file."""


class DuckLake:
    name = "DuckLake"

    def __init__(self, folder, duck):
        self.duck = duck
        folder.mkdir(parents=True)
        duck.execute(f"ATTACH 'ducklake:{folder}/catalog.ducklake' AS ducklake (DATA_PATH '{folder}/data')")

    def register(self, files):
        """Makes each file the only one of its team, in one commit. Returns the snapshot.

        A file that is registered already is left out: DuckLake would take it twice, or
        remove it and delete it later.
        """
        files = [file for file in files if str(file.path) not in self.registered()]
        self.duck.begin()
        try:
            if not self.exists():
                self.create(files[0])
            for file in files:
                self.duck.execute("DELETE FROM ducklake.inbox_conversations WHERE team = ?", [file.team])
                self.duck.execute(
                    "CALL ducklake_add_data_files('ducklake', 'inbox_conversations', ?, hive_partitioning => true)",
                    [str(file.path)],
                )
            self.duck.commit()
        except BaseException:
            self.duck.rollback()
            raise
        return self.duck.sql("FROM ducklake_current_snapshot('ducklake')").fetchone()[0]

    def exists(self):
        return bool(self.duck.sql("FROM duckdb_tables() WHERE database_name = 'ducklake' AND table_name = 'inbox_conversations'"))

    def create(self, file):
        """The columns are those of a file and `team`, which stands in its path."""
        self.duck.execute(
            "CREATE TABLE ducklake.inbox_conversations AS FROM read_parquet(?, hive_partitioning = true) LIMIT 0", [str(file.path)]
        )
        self.duck.execute("ALTER TABLE ducklake.inbox_conversations SET PARTITIONED BY (team)")

    def registered(self):
        if not self.exists():
            return set()
        files = self.duck.sql("SELECT data_file FROM ducklake_list_files('ducklake', 'inbox_conversations')")
        return {path for (path,) in files.fetchall()}

    def snapshots(self):
        return len(self.duck.sql("FROM ducklake_snapshots('ducklake')"))

    def relation(self, snapshot):
        return f"(FROM ducklake.inbox_conversations AT (VERSION => {snapshot}))"

    def expire(self):
        """Forgets all snapshots but the current one, then deletes the files that only those had."""
        self.duck.execute("CALL ducklake_expire_snapshots('ducklake', older_than => now())")
        self.duck.execute("CALL ducklake_cleanup_old_files('ducklake', cleanup_all => true)")
