"""Runs the example for Airflow: status 3 is tried again, an error is not, and both leave the export."""

import os
import pathlib
import sys

FOLDER = pathlib.Path(os.environ["AIRFLOW_HOME"])  # that the database was made in
EXAMPLE = pathlib.Path(__file__).parents[4] / "examples" / "orchestrators"

import airflow  # noqa: E402
import pyarrow.parquet as pq  # noqa: E402
from airflow.sdk.exceptions import AirflowException, AirflowFailException  # noqa: E402

sys.path[:0] = [str(pathlib.Path(__file__).parents[1]), str(EXAMPLE)]
import airflow_inbox  # noqa: E402
import airflow_teams  # noqa: E402
from documented import is_example, names  # noqa: E402
from team import TABLE, WRONG, Team, Teams, on_path, report  # noqa: E402

HOST = f"Airflow {airflow.__version__}"


def raised():
    """The error of the task, called without Airflow's executor, which would wait for the next try."""
    try:
        airflow_inbox.export_inbox.function()
    except AirflowException as error:
        return error
    raise AssertionError("the task succeeded")


def main():
    is_example("orchestrators/airflow_inbox.py")
    names(HOST)
    on_path(FOLDER / "bin")
    airflow_inbox.CONFIGURATION = str(FOLDER)
    file = FOLDER / "out" / f"{TABLE}.parquet"

    with Team("-conversations=5000") as team:
        team.configure(FOLDER)
        os.environ["LEMLIST_API_KEY"] = team.key
        run = airflow_inbox.inbox.test()
        [task] = run.get_task_instances()
        proof = task.xcom_pull(task_ids=task.task_id)
        rows = pq.read_metadata(file).num_rows
        assert run.state == task.state == "success" and proof["complete"] and rows == 5000, (run.state, task.state, rows)
        report(HOST, "the DAG has run", rows=rows)
        kept = file.read_bytes()

        os.environ["LEMLIST_API_KEY"] = WRONG
        error = raised()
        assert isinstance(error, AirflowFailException) and "401 Unauthorized" in str(error) and WRONG not in str(error), error
        [task] = (run := airflow_inbox.inbox.test()).get_task_instances()
        assert run.state == task.state == "failed" and file.read_bytes() == kept, (run.state, task.state)
        report(HOST, "wrong key: the DAG run has failed", tries=task.try_number)

    with Team("-conversations=5000", "-fault=short") as team:
        team.configure(FOLDER)
        os.environ["LEMLIST_API_KEY"] = team.key
        error = raised()
        assert not isinstance(error, AirflowFailException) and "not proven complete" in str(error), error
        assert file.read_bytes() == kept
        report(HOST, "unproven walk: the task fails, and is tried again", retries=airflow_inbox.inbox.get_task("export_inbox").retries)
    shards()


def shards():
    is_example("orchestrators/airflow_teams.py")
    folder = FOLDER / "teams"
    airflow_teams.CONFIGURATION, airflow_teams.TEAMS_OF_SHARD = str(folder), 4
    mapped = airflow_teams.teams.get_task("export_shard")
    assert mapped.retries == 3
    mapped.partial_kwargs["retries"] = 0  # the next try would come in half an hour
    with Teams(12, "-conversations=500", "-revoked=team-05") as teams:
        teams.configure(folder)
        [names, *tasks] = sorted((run := airflow_teams.teams.test()).get_task_instances(), key=lambda one: one.map_index)
        states = sorted(task.state for task in tasks)
        good = {team: size for team, size in teams.sizes.items() if team != "team-05"}
        assert names.task_id == "shards" and run.state == "failed" and states == ["failed", "success", "success"], (run.state, states)
        assert teams.written(folder) == good, teams.written(folder)
        outcomes = [task.xcom_pull(task_ids="export_shard", map_indexes=task.map_index) for task in tasks if task.state == "success"]
        assert {outcome for one in outcomes for outcome in one.values()} == {"done"}, outcomes
        report(HOST, "a revoked key: its shard fails alone", shards=len(tasks), teams=len(good))

    shard = f"{next(task.map_index for task in tasks if task.state == 'failed')}/3"
    with Teams(12, "-conversations=500") as teams:
        teams.configure(folder)
        outcomes = airflow_teams.export_shard.function(shard)
        assert outcomes["team-05"] == "done" and {outcomes[team] for team in outcomes if team != "team-05"} <= {"fresh"}, outcomes
        assert teams.written(folder) == teams.sizes
        report(HOST, "the next try reads what is missing", teams=sum(outcome == "done" for outcome in outcomes.values()))


main()
