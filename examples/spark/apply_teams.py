"""Lets Spark's workers write our own files, each with its proof: one task a team, which runs lemexport apply.

spark-submit --conf spark.speculation=false apply_teams.py CONFIGURATION TEAM...
"""

import json
import subprocess
import sys

from pyspark.sql import SparkSession


def apply(configuration, team):
    """Returns the team, the exit status of lemexport and the errors that it named: they fail neither the task nor other teams."""
    command = ["lemexport", "apply", "-auto-approve", "-json", f"-only={team}", configuration]
    finished = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    messages = [json.loads(line) for line in finished.stdout.splitlines()]
    diagnostics = [message["diagnostic"] for message in messages if message["@level"] == "error" and "diagnostic" in message]
    return team, finished.returncode, " ".join(one["summary"] for one in diagnostics)


def apply_all(spark, configuration, teams):
    """Returns a row (team, status, errors) for each team; status 0 is a file that is proven complete and in its place."""
    if spark.conf.get("spark.speculation", "false").lower() == "true":
        raise RuntimeError("spark.speculation is on: two tasks would read one team with one key; set spark.speculation=false")
    tasks = spark.sparkContext.parallelize(teams, len(teams))
    return tasks.map(lambda team: apply(configuration, team)).collect()


if __name__ == "__main__":
    rows = apply_all(SparkSession.builder.getOrCreate(), sys.argv[1], sys.argv[2:])
    for row in rows:
        print(*row)
    sys.exit(any(status != 0 for _, status, _ in rows))
