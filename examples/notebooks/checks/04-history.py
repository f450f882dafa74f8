# Checks of 04-history.ipynb: execute.py runs each part after the cell that it names.

# cell c03
assert api.returncode == 0

# cell c05
assert db.sql("SELECT count(*), bool_and(complete), count_if(is_full), min(run) FILTER (is_full), max(run) FILTER (is_full) FROM runs").fetchone() == (8, True, 2, 1, 8)
assert db.sql("SELECT bool_and(n = rows) FROM runs JOIN (SELECT run, count(*) AS n FROM log GROUP BY run) USING (run)").fetchone() == (True,)

# cell c06
assert len(kinds) == 6 and all(added + updated > 0 for _, added, updated in kinds)
assert sum(added for _, added, _ in kinds) > 0 and sum(updated for *_, updated in kinds) > 0

# cell c09
assert db.sql("SELECT count(*) = count(DISTINCT id) FROM inbox").fetchone() == (True,)

# cell c11
assert db.sql(f"SELECT count(*) > 1 FROM history WHERE id = '{busiest}'").fetchone() == (True,)
assert db.sql("SELECT bool_and(valid_from < valid_to) FROM history WHERE valid_to IS NOT NULL").fetchone() == (True,)
assert db.sql("SELECT count(*) = count(DISTINCT id) FROM history WHERE valid_to IS NULL").fetchone() == (True,)

# cell c14
assert gone > 0 and kept == in_full
assert db.sql("SELECT count(*) FROM inbox").fetchone()[0] == gone + kept
