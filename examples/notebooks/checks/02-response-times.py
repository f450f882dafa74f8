# Checks of 02-response-times.ipynb: execute.py runs each part after the cell that it names.

# cell cell-02
quickstart = manifest["simulated"] and manifest["rows"] == 5000
users_have_names = one("SELECT count(*) > 0 FROM team_users")

# cell cell-05
assert all(0 <= percent <= 100 for *_, percent in replied)
assert not quickstart or round(replied[-1][2], 1) == 63.0

# cell cell-08
assert sum(count.values()) == one("SELECT count(last_replied_at) FROM inbox WHERE last_replied_channel IS NOT NULL")
assert not quickstart or sum(count.values()) == 3130

# cell cell-11
assert took[0] > 0 and sum(counts) == len(took)
assert not quickstart or (len(took), ours) == (732, 823)

# cell cell-14
assert all(a[1] <= b[1] for a, b in zip(bound, bound[1:])), "the bound decreases"
assert not quickstart or [round(percent) for _, percent in bound] == [12, 24, 41, 60, 85, 100, 100]

# cell cell-17
assert sum(turn.values()) == manifest["rows"] and len(waiting) <= turn["true"]
assert not quickstart or turn == {"true": 1042, "false": 2294, "not stated": 1664}

# cell cell-20
assert sum(n + m for _, n, m in unread) == one("SELECT sum(len(users)) FROM inbox")
assert not quickstart or [n for _, n, _ in unread] == [72, 84, 690, 701, 751]
assert not (quickstart and users_have_names) or [user for user in names if not user.startswith("usr_")] == ["Simulated sender 1", "Simulated sender 2"]

# cell cell-23
assert not quickstart or sum(n for _, n, _ in tasks) == 925
