# SPDX-License-Identifier: Apache-2.0
"""Durable state moves in from Alertmanager, out to it, and into a backup."""
import json
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request

import pytest

from lib.server import BINARY, Server, rfc3339

CONFIG = """
route: {{receiver: hook, group_by: [alertname], group_wait: 200ms, group_interval: 1s, repeat_interval: 1h}}
receivers: [{{name: hook, webhook_configs: [{{url: "{url}/hook"}}]}}]
"""
ORIGINAL = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Original:
    """A real Alertmanager."""

    def __init__(self, config, data):
        self.url = f"http://127.0.0.1:{free_port()}"
        self.process = subprocess.Popen(
            [ORIGINAL, f"--config.file={config}", f"--storage.path={data}", "--cluster.listen-address=",
             f"--web.listen-address={self.url[7:]}"], stderr=subprocess.DEVNULL)
        end = time.monotonic() + 20
        while True:
            try:
                self.request("/-/ready")
                return
            except OSError:
                assert time.monotonic() < end and self.process.poll() is None, "Alertmanager does not start"
                time.sleep(0.05)

    def request(self, path, value=None):
        body = None if value is None else json.dumps(value).encode()
        request = urllib.request.Request(self.url + path, body, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return answer.read()
        except urllib.error.HTTPError as e:
            raise AssertionError(f"{path}: {e.code} {e.read()}") from None

    def stop(self):
        self.process.terminate()
        self.process.wait(20)


def same_silences(a, b):
    keys = ("id", "matchers", "startsAt", "endsAt", "comment", "createdBy", "updatedAt")
    pick = lambda all: sorted(json.dumps([s[k] for k in keys], sort_keys=True) for s in all)  # noqa: E731
    return pick(a) == pick(b)


@pytest.mark.skipif(ORIGINAL is None, reason="no Alertmanager here")
def test_from_alertmanager_and_back(serve, sink, tmp_path):
    data = tmp_path / "server0/data"
    data.mkdir(parents=True)
    config = tmp_path / "original.yml"
    config.write_text(CONFIG.format(url=sink.url))
    original = Original(config, data)
    for n in range(20):
        original.request("/api/v2/silences", {
            "matchers": [{"name": "alertname", "value": f"A{n}.*", "isRegex": True, "isEqual": n % 2 == 0},
                         {"name": "size", "value": "ğ\"\\\n", "isRegex": False}],
            "startsAt": rfc3339(-60 if n % 3 else 600), "endsAt": rfc3339(3600), "createdBy": "me", "comment": f"n°{n}"})
    original.request("/api/v2/alerts", [{"labels": {"alertname": "Once", "i": str(i)}} for i in range(3)])
    sink.wait(1)
    time.sleep(0.3)
    before = json.loads(original.request("/api/v2/silences"))
    original.stop()
    assert (data / "silences").exists() and (data / "nflog").exists()

    server = serve(CONFIG.format(url=sink.url))
    assert same_silences(server.get("/api/v2/silences"), before)
    server.alert(*({"alertname": "Once", "i": str(i)} for i in range(3)))
    server.alert(alertname="Twice")
    sink.wait(1, lambda r: r["json"]["groupLabels"]["alertname"] == "Twice")
    assert [r["json"]["groupLabels"]["alertname"] for r in sink.items] == ["Once", "Twice"]
    server.silence(alertname="New")
    after = server.get("/api/v2/silences")
    server.stop()

    out = tmp_path / "out"
    out.mkdir()
    subprocess.run([BINARY, "export", "--storage.path", data, out], check=True)
    original = Original(config, out)
    assert same_silences(json.loads(original.request("/api/v2/silences")), after)
    original.request("/api/v2/alerts", [{"labels": {"alertname": "Once", "i": str(i)}} for i in range(3)])
    original.request("/api/v2/alerts", [{"labels": {"alertname": "Thrice"}}])
    sink.wait(1, lambda r: r["json"]["groupLabels"]["alertname"] == "Thrice")
    original.stop()
    assert [r["json"]["groupLabels"]["alertname"] for r in sink.items] == ["Once", "Twice", "Thrice"]


def test_backup_while_running(serve, sink, tmp_path):
    server = serve(CONFIG.format(url=sink.url))
    ids = {server.silence(alertname=f"A{n}") for n in range(10)}
    server.alert(alertname="Down", instance="a")
    copy = tmp_path / "copy"
    copy.mkdir()
    subprocess.run([BINARY, "backup", copy / "tocsin.db", f"--alertmanager.url={server.url}"], check=True)
    server.silence(alertname="Later")
    other = Server(tmp_path / "other", CONFIG.format(url=sink.url))
    shutil.copytree(copy, tmp_path / "other/data")
    with other:
        assert {s["id"] for s in other.get("/api/v2/silences")} == ids
        assert [a["labels"]["alertname"] for a in other.get("/api/v2/alerts")] == ["Down"]


def test_export_needs_a_server_that_is_stopped(serve, sink, tmp_path):
    server = serve(CONFIG.format(url=sink.url))
    server.silence(alertname="A")
    refused = subprocess.run([BINARY, "export", "--storage.path", server.dir / "data", tmp_path],
                             capture_output=True, text=True)
    assert refused.returncode == 1 and "uses it" in refused.stderr
