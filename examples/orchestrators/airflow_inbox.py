"""An Airflow DAG that exports the inbox once a day."""

import datetime
import json
import os
import subprocess

from airflow.sdk import dag, task
from airflow.sdk.exceptions import AirflowException, AirflowFailException

CONFIGURATION = os.environ.get("LEMEXPORT_CONFIGURATION", ".")


@task(retries=3, retry_delay=datetime.timedelta(minutes=30))
def export_inbox():
    """Returns the proof. Status 3, which leaves the file as it was, is tried again later; an error is not."""
    command = ["lemexport", "apply", "-auto-approve", "-json", CONFIGURATION]
    finished = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    messages = [json.loads(line) for line in finished.stdout.splitlines()]
    diagnostics = [message["diagnostic"] for message in messages if message["@level"] == "error"]
    errors = "\n".join(f"{one['summary']}\n{one.get('detail', '')}" for one in diagnostics)
    if finished.returncode != 0:
        kind = AirflowException if finished.returncode == 3 else AirflowFailException
        raise kind(f"lemexport ended with status {finished.returncode}: {errors}")
    return next(message["summary"]["proof"] for message in messages if message["type"] == "summary")


@dag(schedule="@daily", start_date=datetime.datetime(2026, 1, 1), catchup=False)
def lemlist_inbox():
    export_inbox()


inbox = lemlist_inbox()
