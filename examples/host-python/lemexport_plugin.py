"""A host of the lemexport plugin: starts it, shakes hands, reads a table.

The file is made to be copied. It needs grpcio, pyarrow, and beside it the stubs
that this command makes of the protocol:

    python -m grpc_tools.protoc -I ../../plugin/proto --python_out=. --grpc_python_out=. \
        ../../plugin/proto/lemexport/plugin/v1/*.proto

The connection is a Unix socket in a folder that only this user can enter, without
TLS. Mutual TLS needs a certificate of the host, which Python's standard library
cannot make; test_host.py connects with one.
"""

import json
import os
import queue
import shutil
import subprocess
import tempfile
import threading

import grpc
import pyarrow as pa

from lemexport.plugin.v1 import config_pb2, exporter_pb2, exporter_pb2_grpc

COOKIE = ("LEMEXPORT_PLUGIN", "c4a1f7be-lemexport-exporter")
PROTOCOL = 1


class PluginError(Exception):
    """The plugin could not be started, or said that something is wrong."""

    def __init__(self, message, diagnostics=()):
        details = [f"{d.path}: {d.summary}".lstrip(": ") for d in diagnostics]
        super().__init__("; ".join([message, *details]))
        self.diagnostics = list(diagnostics)


class Plugin:
    """A running plugin. Use it in a `with` statement: leaving that ends the process.

    service has the calls of the protocol. log takes the plugin's log, a dict a record.
    """

    def __init__(self, path, log=lambda record: None, cookie=COOKIE, protocol=PROTOCOL, timeout=60):
        self.log = log
        # Nobody else may reach the socket.
        self.folder = tempfile.mkdtemp(prefix="lemexport-plugin-")
        try:
            environment = {
                **os.environ,
                cookie[0]: cookie[1],
                "PLUGIN_PROTOCOL_VERSIONS": str(protocol),
                "PLUGIN_UNIX_SOCKET_DIR": self.folder,
            }
            self.process = subprocess.Popen(
                [path], env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            self.said = []  # what it wrote that is no log record
            threading.Thread(target=self._follow, daemon=True).start()
            try:
                self._connect(self._handshake(protocol, timeout))
            except BaseException:
                self.process.kill()
                self.process.wait()
                raise
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise

    def _handshake(self, protocol, timeout):
        """Reads the one line: core version|protocol version|network|address|grpc|."""
        lines = queue.Queue()
        threading.Thread(target=lambda: lines.put(self.process.stdout.readline()), daemon=True).start()
        try:
            line = lines.get(timeout=timeout).strip()
        except queue.Empty:
            raise PluginError(f"no handshake within {timeout} s") from None
        parts = line.split("|")
        if len(parts) < 5 or parts[0] != "1" or parts[2] != "unix" or parts[4] != "grpc":
            self.process.wait()
            raise PluginError("this is not a lemexport plugin: " + (" ".join(self.said) or repr(line)))
        if parts[1] != str(protocol):
            raise PluginError(f"the plugin speaks protocol version {parts[1]}, this host version {protocol}")
        return parts

    def _connect(self, parts):
        self.channel = grpc.insecure_channel("unix:" + parts[3], options=[
            ("grpc.max_receive_message_length", -1),  # a single row may be larger than the default of 4 MiB
        ])
        grpc.channel_ready_future(self.channel).result(timeout=10)
        self.service = exporter_pb2_grpc.ExporterStub(self.channel)

    def _follow(self):
        """Standard error is a log, one JSON object a line; a crash is none."""
        for line in self.process.stderr:
            try:
                self.log(json.loads(line))
            except ValueError:
                self.said.append(line.strip())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.service.Stop(exporter_pb2.StopRequest(), timeout=10)
            self.process.wait(timeout=10)
        except (grpc.RpcError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()
        self.channel.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def schema(self, table):
        response = self.service.GetSchema(exporter_pb2.GetSchemaRequest(table=table))
        if response.diagnostics:
            raise PluginError("no schema", response.diagnostics)
        return pa.ipc.read_schema(pa.py_buffer(response.arrow_schema))

    def read(self, config, table, once=False, checkpoint=b"", on_event=lambda event: None, on_checkpoint=lambda token: None):
        """Yields record batches. The generator's value is the result, with the proof.

        A batch has been used when the next one is asked for: only then its checkpoint
        is passed on. Whatever is not a proven success raises PluginError.
        """
        request = exporter_pb2.ReadRequest(
            config=config_pb2.Config(json=json.dumps(config).encode()), table=table, checkpoint=checkpoint,
            delivery=exporter_pb2.DELIVERY_ONCE if once else exporter_pb2.DELIVERY_AS_READ)
        stream, schema, result = self.service.Read(request), None, None
        try:
            for message in stream:
                match message.WhichOneof("message"):
                    case "schema":
                        schema = pa.ipc.read_schema(pa.py_buffer(message.schema.arrow_ipc))
                    case "batch":
                        yield pa.ipc.read_record_batch(pa.py_buffer(message.batch.arrow_ipc), schema)
                    case "checkpoint":
                        on_checkpoint(message.checkpoint.token)
                    case "event":
                        on_event(message.event)
                    case "result":
                        result = message.result
        except grpc.RpcError as error:
            # ABORTED follows a result that is no success. Anything else is the transport.
            if result is None:
                raise PluginError(f"the connection failed: {error.details()}" + "".join("; " + line for line in self.said)) from error
        finally:
            stream.cancel()  # when the generator is left early, the walk ends
        if result is None or result.outcome != exporter_pb2.OUTCOME_COMPLETE:
            outcome = exporter_pb2.Outcome.Name(result.outcome) if result else "no result"
            raise PluginError(f"the reading is not complete ({outcome})", result.diagnostics if result else ())
        return result
