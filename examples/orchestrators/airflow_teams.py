"""An Airflow DAG that exports the inboxes of many teams once a day: a task a shard."""

import datetime
import json
import math
import os
import subprocess

from airflow.sdk import dag, task
from airflow.sdk.exceptions import AirflowException, AirflowFailException

CONFIGURATION = os.environ.get("LEMEXPORT_CONFIGURATION", ".")
TEAMS_OF_SHARD = int(os.environ.get("LEMEXPORT_TEAMS_OF_SHARD", "100"))


@task
def shards():
    """Returns I/N of every shard, of as many as the teams of the configuration need."""
    command = ["lemexport", "validate", "-json", CONFIGURATION]
    finished = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    validation = json.loads(finished.stdout)
    if not validation["valid"]:
        raise AirflowFailException("\n".join(one["summary"] for one in validation["diagnostics"]))
    count = math.ceil(len(validation["teams"]) / TEAMS_OF_SHARD)
    return [f"{index}/{count}" for index in range(count)]


@task(retries=3, retry_delay=datetime.timedelta(minutes=30), max_active_tis_per_dag=4)
def export_shard(shard):
    """Returns the outcome of each team. When a team is not done the task is tried again, and skips those that are."""
    command = ["lemexport", "apply", "-auto-approve", "-json", f"-shard={shard}", "-max-age=12h", CONFIGURATION]
    finished = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    messages = [json.loads(line) for line in finished.stdout.splitlines()]
    teams = [team for message in messages if message["type"] == "summary" for team in message["summary"]["teams"]]
    if finished.returncode != 0:
        failed = [f"{team['team']}: {team['outcome']}: {team.get('error', '')}" for team in teams if team["outcome"] not in ("done", "fresh")]
        raise AirflowException(f"lemexport ended with status {finished.returncode}:\n" + "\n".join(failed))
    return {team["team"]: team["outcome"] for team in teams}


@dag(schedule="@daily", start_date=datetime.datetime(2026, 1, 1), catchup=False, max_active_runs=1)
def lemlist_teams():
    export_shard.expand(shard=shards())


teams = lemlist_teams()
