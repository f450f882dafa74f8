"""A Dagster asset of many teams: a partition a shard, and a check that every team of it is proven."""

import json
import math
import os
import subprocess

import dagster as dg

CONFIGURATION = os.environ.get("LEMEXPORT_CONFIGURATION", ".")
TEAMS_OF_SHARD = int(os.environ.get("LEMEXPORT_TEAMS_OF_SHARD", "100"))


def lemexport(*arguments):
    command = ["lemexport", *arguments, "-json", CONFIGURATION]
    return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)


COUNT = math.ceil(len(json.loads(lemexport("validate").stdout)["teams"]) / TEAMS_OF_SHARD)
SHARDS = dg.StaticPartitionsDefinition([f"{index}/{COUNT}" for index in range(COUNT)])


@dg.asset(partitions_def=SHARDS, output_required=False, check_specs=[dg.AssetCheckSpec("proven_complete", asset="inbox_conversations")])
def inbox_conversations(context):
    """Status 3, a team that is not proven complete, fails the check; status 1, a team that failed, the run. The other teams are written."""
    finished = lemexport("apply", "-auto-approve", f"-shard={context.partition_key}", "-max-age=12h")
    messages = [json.loads(line) for line in finished.stdout.splitlines()]
    teams = [team for message in messages if message["type"] == "summary" for team in message["summary"]["teams"]]
    failed = {team["team"]: team.get("error", team["outcome"]) for team in teams if team["outcome"] not in ("done", "fresh")}
    if finished.returncode not in (0, 3):
        raise dg.Failure(f"lemexport ended with status {finished.returncode}", metadata={"failed": failed})
    passed = finished.returncode == 0
    yield dg.AssetCheckResult(passed=passed, metadata={"shard": context.partition_key, "failed": failed})
    if passed:
        rows = sum(export["manifest"]["rows"] for team in teams for export in team["exports"])
        yield dg.MaterializeResult(metadata={"teams": len(teams), "rows": rows})


export_shards = dg.define_asset_job("export_shards", selection=[inbox_conversations])


@dg.schedule(job=export_shards, cron_schedule="0 2 * * *")
def nightly(context):
    night = f"{context.scheduled_execution_time:%Y-%m-%d}"
    return [dg.RunRequest(run_key=f"{night} {shard}", partition_key=shard) for shard in SHARDS.get_partition_keys()]


definitions = dg.Definitions(assets=[inbox_conversations], schedules=[nightly])
