"""Runs against the binary that the variable LEMEXPORT names."""

import base64
import json
import os
import pathlib
import signal
import ssl
import subprocess
import sys
import time

import grpc
import pytest

from lemexport.plugin.v1 import config_pb2, exporter_pb2, exporter_pb2_grpc
from lemexport_plugin import COOKIE, Plugin, PluginError
from main import read_table

BINARY = os.environ["LEMEXPORT"]
HERE = pathlib.Path(__file__).parent
TABLE = "inbox_conversations"


def team(conversations, **settings):
    return {"source": {"lemlist": {"simulate": {"conversations": conversations, "rate_limit": False, **settings}}}}


@pytest.fixture(scope="module")
def plugin():
    with Plugin(BINARY) as running:
        yield running


def test_the_table_is_what_pyarrow_prints():
    output = subprocess.run([sys.executable, HERE / "main.py", BINARY, HERE / "config.json"], capture_output=True, text=True, check=True)
    assert output.stdout == (HERE / "output.txt").read_text()


def test_the_rows_are_those_of_the_simulation(plugin):
    table, result = read_table(plugin, team(2500), TABLE)
    table.validate(full=True)
    assert table.num_rows == len(set(table["id"].to_pylist())) == 2500
    assert table.schema.equals(plugin.schema(TABLE), check_metadata=True)
    assert result.proof.complete and result.proof.rows == result.rows == 2500
    assert table["last_activity_at"].to_pylist() == sorted(table["last_activity_at"].to_pylist(), reverse=True)


def test_pages_as_they_are_read_hold_the_same_rows_at_least_once(plugin):
    once, _ = read_table(plugin, team(1000), TABLE)
    versions = {}
    for batch in plugin.read(team(1000), TABLE):
        for row in batch.select(["id", "last_activity_at"]).to_pylist():
            if row["id"] not in versions or row["last_activity_at"] >= versions[row["id"]]:
                versions[row["id"]] = row["last_activity_at"]
    assert versions == dict(zip(once["id"].to_pylist(), once["last_activity_at"].to_pylist()))


def test_grpcio_connects_with_mutual_tls(tmp_path):
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=host",
                    "-keyout", key, "-out", certificate], check=True, capture_output=True)
    environment = {**os.environ, COOKIE[0]: COOKIE[1], "PLUGIN_PROTOCOL_VERSIONS": "1", "PLUGIN_CLIENT_CERT": certificate.read_text()}
    process = subprocess.Popen([BINARY], env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        parts = process.stdout.readline().strip().split("|")
        trusted = ssl.DER_cert_to_PEM_cert(base64.b64decode(parts[5] + "=" * (-len(parts[5]) % 4))).encode()
        ours = grpc.ssl_channel_credentials(trusted, key.read_bytes(), certificate.read_bytes())
        with grpc.secure_channel("unix:" + parts[3], ours, options=[("grpc.ssl_target_name_override", "localhost")]) as channel:
            service = exporter_pb2_grpc.ExporterStub(channel)
            assert service.Describe(exporter_pb2.DescribeRequest(), timeout=10).name == "lemexport"
            service.Stop(exporter_pb2.StopRequest(), timeout=10)
        assert process.wait(timeout=10) == 0
    finally:
        process.kill()
        process.wait()


def test_a_checkpoint_is_passed_on_when_its_batch_has_been_used(plugin):
    simulation = subprocess.Popen([BINARY, "sim", "-json", "-addr=127.0.0.1:0", "-no-rate-limit", "-conversations=2000"], stdout=subprocess.PIPE, text=True)
    try:
        listening = {}
        while listening.get("type") != "listening":
            listening = json.loads(simulation.stdout.readline())
        config = {"source": {"lemlist": {"api_key": listening["api_key"], "endpoint": listening["endpoint"]}}}
        _, whole = read_table(plugin, config, TABLE)
        seen, tokens = set(), []
        reading = plugin.read(config, TABLE, on_checkpoint=tokens.append)
        for count, batch in enumerate(reading):
            assert len(tokens) <= count
            seen.update(batch["id"].to_pylist())
            if count == 8:
                break
        reading.close()
        for batch in plugin.read(config, TABLE, checkpoint=tokens[-1]):
            seen.update(batch["id"].to_pylist())
        assert len(seen) == whole.rows == 2000
    finally:
        simulation.kill()
        simulation.wait()


def test_what_is_wrong_with_a_configuration_comes_with_its_path(plugin):
    with pytest.raises(PluginError) as raised:
        list(plugin.read({"source": {"lemlist": {"simulate": {"user": 3}}}}, TABLE))
    assert [d.path for d in raised.value.diagnostics] == ["/source/lemlist/simulate/user"]
    assert 'Did you mean "users"?' in raised.value.diagnostics[0].detail


def test_an_unknown_table_is_an_error(plugin):
    with pytest.raises(PluginError, match="unknown table"):
        plugin.schema("nothing")
    with pytest.raises(PluginError, match="unknown table"):
        list(plugin.read(team(10), "nothing"))


def test_no_success_ends_with_the_status_ok(plugin):
    stream = plugin.service.Read(exporter_pb2.ReadRequest(config=config_pb2.Config(json=b"{}"), table=TABLE))
    with pytest.raises(grpc.RpcError) as raised:
        list(stream)
    assert raised.value.code() == grpc.StatusCode.ABORTED


def test_another_cookie_and_another_version_are_refused():
    with pytest.raises(PluginError, match="LEMEXPORT_PLUGIN is set, but this is not the start of a plugin"):
        Plugin(BINARY, cookie=(COOKIE[0], "other"))
    with pytest.raises(PluginError, match="the plugin speaks protocol version 1, this host version 2"):
        Plugin(BINARY, protocol=2)


HANGING = """
import sys
from lemexport_plugin import Plugin
with Plugin(sys.argv[1]) as plugin:
    print(plugin.process.pid, flush=True)
    for _ in plugin.read({"source": {"lemlist": {"simulate": {"conversations": 100000}}}}, "inbox_conversations"):
        pass
"""


def test_the_plugin_goes_when_its_host_is_killed():
    host = subprocess.Popen([sys.executable, "-c", HANGING, BINARY], cwd=HERE, stdout=subprocess.PIPE, text=True)
    pid = int(host.stdout.readline())
    host.send_signal(signal.SIGKILL)
    host.wait()
    killed = time.monotonic()
    while running(pid):
        assert time.monotonic() - killed < 2, "the plugin outlives its host"
        os.sched_yield()


def test_a_plugin_that_is_killed_is_an_error_of_the_reading():
    with Plugin(BINARY) as doomed:
        with pytest.raises(PluginError, match="the connection failed"):
            for _ in doomed.read(team(100_000, rate_limit=True), TABLE):
                doomed.process.kill()


def running(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            return file.read().rsplit(")", 1)[1].split()[0] not in "ZX"
    except FileNotFoundError:
        return False
