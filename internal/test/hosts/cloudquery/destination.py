"""A CloudQuery destination that keeps rows in memory: it writes each batch at once, as a database does."""

import contextlib
import threading
from concurrent import futures

import grpc
import structlog
from cloudquery.discovery_v1 import discovery_pb2_grpc
from cloudquery.plugin_v3 import plugin_pb2, plugin_pb2_grpc
from cloudquery.sdk import message, plugin
from cloudquery.sdk.internal.servers.discovery_v1.discovery import DiscoveryServicer
from cloudquery.sdk.internal.servers.plugin_v3 import PluginServicer


class Recorder(plugin.Plugin):
    """Upserts rows by primary key, and deletes stale ones when it is told to."""

    def __init__(self):
        super().__init__("recorder", "v1.0.0")
        self.schemas = {}
        self.rows = {}
        self.writing = threading.Lock()
        self.received = threading.Event()  # set by rows
        self.go_on = threading.Event()  # rows wait for it
        self.go_on.set()

    def write(self, writer):
        with self.writing:
            self.write_all(writer)

    def write_all(self, writer):
        for one in writer:
            if isinstance(one, message.WriteMigrateTableMessage):
                self.schemas[one.table.name] = one.table
                self.rows.setdefault(one.table.name, {})
            elif isinstance(one, message.WriteInsertMessage):
                name = one.record.schema.metadata[b"cq:table_name"].decode()
                keys = self.schemas[name].primary_keys
                for row in one.record.to_pylist():
                    self.rows[name][tuple(row[key] for key in keys)] = row
                self.received.set()
                self.go_on.wait()
            elif isinstance(one, message.WriteDeleteStale):
                kept = {}
                for key, row in self.rows[one.table_name].items():
                    if row["_cq_source_name"] != one.source_name or row["_cq_sync_time"].replace(tzinfo=None) >= one.sync_time:
                        kept[key] = row
                self.rows[one.table_name] = kept

    def close(self):
        pass


class Servicer(PluginServicer):
    """Adds a call that the SDK does not have."""

    def TestConnection(self, request, context):
        return plugin_pb2.TestConnection.Response(success=True)


class Destination:
    """Serves a recorder on loopback until the with block ends."""

    def __enter__(self):
        self.recorder = Recorder()
        self.server = grpc.server(futures.ThreadPoolExecutor())
        discovery_pb2_grpc.add_DiscoveryServicer_to_server(DiscoveryServicer([3]), self.server)
        plugin_pb2_grpc.add_PluginServicer_to_server(Servicer(self.recorder, structlog.get_logger()), self.server)
        self.address = f"127.0.0.1:{self.server.add_insecure_port('127.0.0.1:0')}"
        self.server.start()
        return self

    def __exit__(self, *_):
        self.server.stop(grace=None).wait()

    @contextlib.contextmanager
    def held(self):
        """Stops after the next rows until the with block ends; the event tells that they have come."""
        self.recorder.received.clear()
        self.recorder.go_on.clear()
        try:
            yield self.recorder.received
        finally:
            self.recorder.go_on.set()

    def table(self, name):
        """The rows when nothing is written any more, with JSON documents as text."""
        with self.recorder.writing:
            rows = list(self.recorder.rows.get(name, {}).values())
        return [{key: value.decode() if isinstance(value, bytes) else value for key, value in row.items()} for row in rows]
