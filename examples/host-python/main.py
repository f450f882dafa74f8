"""Reads an inbox through the plugin into a pyarrow table, and prints what came.

    python main.py LEMEXPORT CONFIG.json
"""

import json
import sys

import pyarrow as pa

from lemexport_plugin import Plugin, PluginError


def read_table(plugin, config, table, **options):
    """Everything as one table, each conversation once, and the result with the proof."""
    result = None

    def batches():
        nonlocal result
        result = yield from plugin.read(config, table, once=True, **options)

    rows = list(batches())
    schema = rows[0].schema if rows else plugin.schema(table)
    return pa.Table.from_batches(rows, schema=schema), result


def main(path, config):
    with open(config, encoding="utf-8") as file:
        config = json.load(file)
    with Plugin(path) as plugin:
        table, result = read_table(plugin, config, "inbox_conversations", on_event=progress)
    print(table.schema.to_string(show_field_metadata=False, show_schema_metadata=False))
    print(f"{table.num_rows} rows, complete by {result.proof.method}, {result.proof.requests} requests")


def progress(event):
    if event.WhichOneof("kind") == "progress":
        print(f"{event.progress.rows} rows, {event.progress.pages} pages", file=sys.stderr)


if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except PluginError as error:
        sys.exit(f"Error: {error}")
