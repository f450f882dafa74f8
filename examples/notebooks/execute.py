"""Runs the notebooks in this folder, each in a new kernel.

checks/ has assertions about the results of each notebook, which run in its kernel after
the cell that they name; one that fails, and a cell that raises, end the run with an error.
With --update the outputs are saved, otherwise the files stay as they are. Names select
notebooks: execute.py 01-first-look.
"""

import pathlib
import re
import sys
import time

import nbformat
from nbclient import NotebookClient

HERE = pathlib.Path(__file__).parent
# Outputs are committed, so they must not contain paths of one machine.
MACHINE = re.compile(r"/(?:home|root|tmp|Users|var/folders)/")


def checks_of(path):
    """Returns the checks of a notebook by the id of their cell."""
    _, *parts = re.split(r"^# cell (\S+)$", (HERE / "checks" / f"{path.stem}.py").read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[::2], parts[1::2]))


class Checked(NotebookClient):
    """Runs the checks of a cell after it. They leave no trace in the notebook."""

    checks = None

    async def async_execute_cell(self, cell, cell_index, **options):
        done = await super().async_execute_cell(cell, cell_index, **options)
        if check := self.checks.pop(cell.get("id"), None):
            await super().async_execute_cell(nbformat.v4.new_code_cell(check), cell_index, store_history=False)
            self.nb.cells[cell_index] = done  # where the check was put
            self.code_cells_executed -= 1
        return done


def execute(path, update):
    book = nbformat.read(path, as_version=4)
    started = time.monotonic()
    client = Checked(book, timeout=300, kernel_name="python3", record_timing=False,
                     extra_arguments=["--log-level=ERROR"], resources={"metadata": {"path": str(HERE)}})
    client.checks = checks_of(path)
    client.execute()
    if client.checks:
        sys.exit(f"checks/{path.stem}.py names cells that {path.name} does not have: {', '.join(client.checks)}")
    book.metadata = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}, "language_info": {"name": "python"}}
    text = nbformat.writes(book) + "\n"
    for content in (text, path.read_text(encoding="utf-8")):
        if found := MACHINE.search(content):
            sys.exit(f"{path.name} contains a path of one machine: {content[found.start():found.start() + 60]}")
    if not any(cell.get("outputs") for cell in book.cells):
        sys.exit(f"{path.name} has no output")
    if update:
        path.write_text(text, encoding="utf-8")
    print(f"{path.name}: {time.monotonic() - started:.1f} s, {len(text) / 1000:.0f} kB")


def main():
    names = [argument for argument in sys.argv[1:] if argument != "--update"]
    books = [HERE / f"{name}.ipynb" for name in names] or sorted(HERE.glob("*.ipynb"))
    for path in books:
        execute(path, "--update" in sys.argv[1:])


main()
