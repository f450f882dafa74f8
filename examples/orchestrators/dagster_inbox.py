"""A Dagster asset whose check is the proof of the export."""

import json
import os
import subprocess

import dagster as dg

CONFIGURATION = os.environ.get("LEMEXPORT_CONFIGURATION", ".")


@dg.asset(output_required=False, check_specs=[dg.AssetCheckSpec("proven_complete", asset="inbox_conversations")])
def inbox_conversations():
    """Status 3, not proven complete or too many rows gone, fails the check: the file and the asset stay as they were."""
    command = ["lemexport", "apply", "-auto-approve", "-json", CONFIGURATION]
    finished = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
    messages = [json.loads(line) for line in finished.stdout.splitlines()]
    diagnostics = [message["diagnostic"] for message in messages if message["@level"] == "error"]
    errors = "\n".join(f"{one['summary']}\n{one.get('detail', '')}" for one in diagnostics)
    if finished.returncode not in (0, 3):
        raise dg.Failure(f"lemexport ended with status {finished.returncode}: {errors}")
    summary = next(message["summary"] for message in messages if message["type"] == "summary")
    passed = finished.returncode == 0
    yield dg.AssetCheckResult(passed=passed, metadata={"proof": summary["proof"], "errors": errors})
    if passed:
        yield dg.MaterializeResult(metadata={"rows": summary["exports"][0]["manifest"]["rows"]})


definitions = dg.Definitions(assets=[inbox_conversations])
