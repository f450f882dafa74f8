"""A Spark standalone cluster of real processes: a master, and workers on addresses of their own."""

import contextlib
import os
import pathlib
import re
import signal
import subprocess
import threading

import pyspark
from pyspark.sql import SparkSession

SPARK_CLASS = pathlib.Path(pyspark.__file__).parent / "bin" / "spark-class"
START = 60  # seconds that a process of Spark has to start


class Process:
    """A master or a worker in a process group of its own, whose executors belong to the group."""

    def __init__(self, role, started, *arguments, **environment):
        self.process = subprocess.Popen(
            [SPARK_CLASS, f"org.apache.spark.deploy.{role.lower()}.{role}", "--port", "0", "--webui-port", "0", *arguments],
            env={**os.environ, "SPARK_DAEMON_MEMORY": "256m", **environment},
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True,
        )
        self.found, self.ready = None, threading.Event()
        self.log = threading.Thread(target=self._search, args=[started])
        self.log.start()
        self.started = started

    def _search(self, started):
        """Reads the whole log, so that its pipe never fills."""
        for line in self.process.stderr:
            if self.found is None and (found := re.search(started, line)):
                self.found = found[0]
                self.ready.set()

    def wait(self):
        """Returns the part of the log that says that the process is ready."""
        assert self.ready.wait(START), f"no {self.started!r} in the log"
        return self.found

    def kill(self):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.log.join()


@contextlib.contextmanager
def cluster(folder, programs):
    """Starts a master and a worker on 127.0.0.1, 127.0.0.2 and so on for each program, which the worker finds as lemexport.

    Each worker has a home, and so a cache, of its own. Yields the master's URL.
    """
    with contextlib.ExitStack() as running:
        master = Process("Master", r"spark://[\d.]+:\d+", "--host", "127.0.0.1")
        running.callback(master.kill)
        url = master.wait()
        workers = []
        for number, program in enumerate(programs, 1):
            home = folder / f"worker-{number}"
            home.mkdir(parents=True)
            (home / "lemexport").symlink_to(program)
            worker = Process(
                "Worker", "Successfully registered with master", "--host", f"127.0.0.{number}", "--cores", "2", "--memory", "1g",
                "--work-dir", str(home / "work"), url,
                HOME=str(home), XDG_CACHE_HOME=str(home / "cache"), PATH=f"{home}:{os.environ['PATH']}", SPARK_LOCAL_DIRS=str(home / "local"),
            )
            running.callback(worker.kill)
            (home / "group").write_text(str(worker.process.pid))
            workers.append(worker)
        for worker in workers:
            worker.wait()
        yield url


@contextlib.contextmanager
def session(folder, master, **settings):
    """Yields a session that writes an event log, as clusters do."""
    (folder / "events").mkdir(exist_ok=True)
    builder = SparkSession.builder.master(master).appName("lemlist")
    settings = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.memory": "1g",
        "spark.executor.memory": "512m",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        "spark.eventLog.enabled": "true",
        "spark.eventLog.compress": "false",  # so that it can be searched
        "spark.eventLog.dir": (folder / "events").as_uri(),
        "spark.speculation": "false",
        **settings,
    }
    for name, value in settings.items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("OFF")
    try:
        yield spark
    finally:
        spark.stop()
