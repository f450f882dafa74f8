"""Materializes the example for Dagster: the check is the proof, and a failure leaves the export."""

import datetime
import os
import pathlib
import sys
import tempfile

os.environ["DAGSTER_DISABLE_TELEMETRY"] = "1"

import dagster as dg  # noqa: E402
import pyarrow.parquet as pq  # noqa: E402

sys.path[:0] = [str(pathlib.Path(__file__).parents[1]), str(pathlib.Path(__file__).parents[4] / "examples" / "orchestrators")]
import dagster_inbox  # noqa: E402
from documented import is_example, names  # noqa: E402
from team import TABLE, WRONG, Team, Teams, on_path, report  # noqa: E402

HOST = f"Dagster {dg.__version__}"


def materialize():
    """Runs the asset, and returns whether the run succeeded, the check passed, and the rows of the materialization."""
    result = dg.materialize([dagster_inbox.inbox_conversations], raise_on_error=False)
    passed = [check.passed for check in result.get_asset_check_evaluations()]
    rows = [event.materialization.metadata["rows"].value for event in result.get_asset_materialization_events()]
    return result, passed, rows


def main():
    is_example("orchestrators/dagster_inbox.py")
    names(HOST)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        on_path(folder / "bin")
        dagster_inbox.CONFIGURATION = str(folder)
        file = folder / "out" / f"{TABLE}.parquet"

        with Team("-conversations=5000") as team:
            team.configure(folder)
            os.environ["LEMLIST_API_KEY"] = team.key
            result, passed, rows = materialize()
            assert result.success and passed == [True] and rows == [5000] == [pq.read_metadata(file).num_rows]
            report(HOST, "materialized, and the check has passed", rows=rows[0])
            kept = file.read_bytes()

            os.environ["LEMLIST_API_KEY"] = WRONG
            result, passed, rows = materialize()
            failure = str(result.get_step_failure_events()[0].event_specific_data)
            assert not result.success and not passed and not rows and file.read_bytes() == kept
            assert "401 Unauthorized" in failure and WRONG not in failure, failure
            report(HOST, "wrong key: the run fails", materializations=len(rows))

        with Team("-conversations=5000", "-fault=short") as team:
            team.configure(folder)
            os.environ["LEMLIST_API_KEY"] = team.key
            result, passed, rows = materialize()
            [check] = result.get_asset_check_evaluations()
            assert result.success and passed == [False] and not rows and file.read_bytes() == kept
            assert "not proven complete" in str(check.metadata["errors"]) and not check.metadata["proof"].value["complete"]
            report(HOST, "unproven walk: the check fails", materializations=len(rows))
        shards(folder / "teams")


def shards(folder):
    is_example("orchestrators/dagster_teams.py")
    os.environ.update(LEMEXPORT_CONFIGURATION=str(folder), LEMEXPORT_TEAMS_OF_SHARD="4")
    with Teams(12, "-conversations=500", "-revoked=team-05") as teams:
        teams.configure(folder)
        import dagster_teams  # which asks for the teams

        night = dg.build_schedule_context(
            scheduled_execution_time=datetime.datetime(2026, 5, 1, tzinfo=datetime.UTC),
            repository_def=dagster_teams.definitions.get_repository_def(),
        )
        requests = dagster_teams.nightly.evaluate_tick(night).run_requests
        asked = [request.partition_key for request in requests]
        assert len({request.run_key for request in requests}) == 3 and asked == ["0/3", "1/3", "2/3"], asked
        results = [dg.materialize([dagster_teams.inbox_conversations], partition_key=shard, raise_on_error=False) for shard in asked]
        good = {team: size for team, size in teams.sizes.items() if team != "team-05"}
        assert sorted(result.success for result in results) == [False, True, True] and teams.written(folder) == good
        done = [event.materialization.metadata for result in results for event in result.get_asset_materialization_events()]
        [broken] = [result for result in results if not result.success]
        failure = broken.get_step_failure_events()[0].event_specific_data.user_failure_data.metadata
        assert list(failure["failed"].value) == ["team-05"] and "401" in failure["failed"].value["team-05"], failure
        report(HOST, "a revoked key: its partition fails alone", partitions=len(done), rows=sum(one["rows"].value for one in done))


main()
