"""Kills a connector, or the host and everything that it has started, while rows are delivered."""

import contextlib
import sys

from team import MARGIN, PROGRAM

ROWS = 100  # that the host gets before the kill
NARROW = {**MARGIN, "increments": "1s"}  # a lookback that misses rows when a killed run moves the position

# The process executes lemexport, so that the host sees it killed; its child passes on the output.
SCRIPT = f"""#!{sys.executable}
import fcntl, os, signal, sys

connector = os.getpid()
read, write = os.pipe()
fcntl.fcntl(write, fcntl.F_SETPIPE_SZ, 4096)  # holds few rows, so lemexport still writes when it is killed
if os.fork():
    os.dup2(write, 1)
    os.execv({PROGRAM!r}, sys.argv)
os.close(write)
rows = 0
with open(read, "rb", 4096) as lines:
    for line in lines:
        rows += line.startswith(b'{{"type":"RECORD"')
        if rows > {ROWS}:
            sys.stdout.flush()
            KILL()
            break
        sys.stdout.buffer.write(line)
"""


@contextlib.contextmanager
def kills(connector, victim):
    """Replaces a connector by one that is killed after some rows; the victim "host" is its process group."""
    kill = {"connector": "os.kill(connector, signal.SIGKILL)", "host": "os.killpg(0, signal.SIGKILL)"}[victim]
    connector.unlink()
    connector.write_text(SCRIPT.replace("KILL()", kill))
    connector.chmod(0o755)
    try:
        yield
    finally:
        connector.unlink()
        connector.symlink_to(PROGRAM)
