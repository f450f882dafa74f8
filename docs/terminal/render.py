"""Reads what a program wrote to a terminal, and writes it as an SVG."""

import io
import re
import sys

from rich.console import Console
from rich.text import Text

# script puts a line about itself at the beginning and one at the end.
lines = sys.stdin.read().split("\n")[1:-2]
console = Console(record=True, width=110, file=io.StringIO(), force_terminal=True)
console.print(Text(f"$ {sys.argv[1]}", style="bold"))
for line in lines:
    # A status line that was replaced is not there any more.
    last = line.rstrip("\r").split("\r")[-1].removeprefix("\x1b[K")
    console.print(Text.from_ansi(last))
svg = console.export_svg(title="lemexport", unique_id="lemexport")
print(re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL))  # the viewer's own font will do
