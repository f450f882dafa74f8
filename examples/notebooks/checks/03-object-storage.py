# Checks of 03-object-storage.ipynb: execute.py runs each part after the cell that it names.

# cell cell-04
assert "proven complete" in exported and "Intact, and proven complete" in verified

# cell cell-07
assert location.startswith("s3://")

# cell cell-08
assert db.sql(f"SELECT count(*), count(DISTINCT id) FROM '{location}'").fetchall() == [(2000, 2000)]
assert db.sql("FROM glob('s3://lake/lemlist/**')").fetchall() == [(location,)]

# cell append-view
assert db.sql(f"SELECT count(*) FROM glob('{files}')").fetchone() == (1,)
assert db.sql("SELECT count(*), count(DISTINCT id) FROM inbox").fetchone() == (2000, 2000)
