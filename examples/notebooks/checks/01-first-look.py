# Checks of 01-first-look.ipynb: execute.py runs each part after the cell that it names.

# cell cell-02
quickstart = manifest["simulated"] and manifest["rows"] == 5000
users_have_names, labels_have_names = [one(f"SELECT count(*) > 0 FROM {table}") for table in ("team_users", "inbox_labels")]

# cell cell-04
assert one("SELECT count(*) FROM inbox") == one("SELECT count(DISTINCT id) FROM inbox") == manifest["rows"]

# cell cell-07
assert columns["last_activity_at"] == "TIMESTAMP WITH TIME ZONE"
assert columns.get("extra", "VARCHAR") == "VARCHAR"

# cell cell-10
assert proof["complete"], proof.get("reasons")
assert proof["rows_read"] == proof["rows"] + proof["duplicates"] + proof["superseded"]
assert proof["rows"] == manifest["rows"]

# cell cell-13
assert one("SELECT sum(len(channels)) FROM inbox") == one("SELECT count(*) FROM (SELECT unnest(channels) FROM inbox)")
assert not quickstart or rows("SELECT count(*) FROM inbox WHERE list_contains(channels, 'email')") == [(3491,)]

# cell cell-15
current = {user["user_id"] for user in proof["users"]}
assert current <= {user for (user,) in rows("SELECT DISTINCT u.user_id FROM (SELECT unnest(users) AS u FROM inbox)")}
assert not (quickstart and users_have_names) or sorted(names.values()) == ["Simulated sender 1", "Simulated sender 2"]

# cell cell-18
assert not (quickstart and "extra" in columns) or one("SELECT count(*) FROM inbox WHERE json_exists(extra, '$.priority')") == 132

# cell labels
assert not (quickstart and "extra" in columns) or one("SELECT count(*) FROM inbox WHERE json_exists(extra, '$.labelIds')") == 109
assert not (quickstart and labels_have_names) or one("SELECT count(name) FROM inbox_labels") == 3
