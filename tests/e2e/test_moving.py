# SPDX-License-Identifier: Apache-2.0
"""Durable state moves in from Alertmanager, out to it, and into a backup."""
import contextlib
import json
import os
import pathlib
import re
import shutil
import socket
import sqlite3
import subprocess
import time
import urllib.error
import urllib.request

import pytest

from lib.ports import free_port
from lib.server import BINARY, Server, rfc3339

CONFIG = """
route: {{receiver: hook, group_by: [alertname], group_wait: 200ms, group_interval: 1s, repeat_interval: 1h}}
receivers: [{{name: hook, webhook_configs: [{{url: "{url}/hook"}}]}}]
"""
ORIGINAL = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")


class Original:
    """A real Alertmanager."""

    def __init__(self, config, data):
        self.url = f"http://127.0.0.1:{free_port()}"
        self.process = subprocess.Popen(
            [ORIGINAL, f"--config.file={config}", f"--storage.path={data}", "--cluster.listen-address=",
             f"--web.listen-address={self.url[7:]}"], stderr=subprocess.DEVNULL)
        end = time.monotonic() + 300
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
        self.process.wait(300)


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
    (copy / "tocsin.db.part").touch(0o666)
    subprocess.run([BINARY, "backup", copy / "tocsin.db", f"--alertmanager.url={server.url}"], check=True, umask=0)
    assert (copy / "tocsin.db").stat().st_mode & 0o777 == 0o600
    server.silence(alertname="Later")
    other = Server(tmp_path / "other", CONFIG.format(url=sink.url))
    shutil.copytree(copy, tmp_path / "other/data")
    with other:
        assert {s["id"] for s in other.get("/api/v2/silences")} == ids
        assert [a["labels"]["alertname"] for a in other.get("/api/v2/alerts")] == ["Down"]


def held_copies(server):
    fds = pathlib.Path(f"/proc/{server.process.pid}/fd")
    return sum("backup.part" in os.readlink(fd) for fd in fds.iterdir() if fd.is_symlink())


def ask_for_backup(server):
    """A connection whose answer has begun, and how long it is going to be."""
    s = socket.create_connection((server.host, server.port), timeout=300)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    s.sendall(b"POST /api/ext/v1/backup HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
    head = b""
    while b"\r\n\r\n" not in head:
        head += s.recv(1)
    assert head.startswith(b"HTTP/1.1 200 "), head
    return s, int(re.search(rb"Content-Length: (\d+)", head).group(1))


def test_a_large_backup_holds_up_nobody(tmp_path, sink):
    size = 160 << 20
    first = Server(tmp_path / "s", CONFIG.format(url=sink.url))
    with first:
        first.silence(alertname="Before")
    with contextlib.closing(sqlite3.connect(tmp_path / "s/data/tocsin.db")) as db, db:
        db.execute("CREATE TABLE ballast(body BLOB)")
        db.executemany("INSERT INTO ballast VALUES (zeroblob(?))", [(1 << 20,)] * (size >> 20))
    # Freed memory that a sanitizer keeps is not what this is about.
    options = os.environ.get("ASAN_OPTIONS", "") + ":quarantine_size_mb=4"
    with Server(tmp_path / "s", CONFIG.format(url=sink.url), env={"ASAN_OPTIONS": options}) as server:
        server.alert(alertname="Up")
        before = server.resident_bytes()
        slow, length = ask_for_backup(server)
        assert length > size
        for i in range(20):
            with server.promptly(1):
                server.alert(alertname=f"During{i}")
                assert server.request("GET", "/-/healthy")[0] == 200
        assert held_copies(server) == 1
        # Another one meanwhile, by the command.
        subprocess.run([BINARY, "backup", tmp_path / "copy.db", f"--alertmanager.url={server.url}"], check=True)
        assert (tmp_path / "copy.db").stat().st_size > size
        assert not list((tmp_path / "s/data").glob("backup*"))
        assert server.resident_bytes() - before < 48 << 20
        with open(tmp_path / "slow.db", "wb") as f:
            while f.tell() < length:
                piece = slow.recv(1 << 20)
                assert piece
                f.write(piece)
        assert server.resident_bytes() - before < 48 << 20
        # Who hangs up lets go of the copy; who only takes his time is one of a few.
        waiting = [ask_for_backup(server)[0] for _ in range(4)]
        assert server.request("POST", "/api/ext/v1/backup", b"")[0] == 503
        for s in [slow, *waiting]:
            s.close()
        end = time.monotonic() + 300
        while held_copies(server) > 0:
            assert time.monotonic() < end
            time.sleep(0.02)
        assert server.request("GET", "/api/ext/v1/backup")[0] == 200
    for copy in ["copy.db", "slow.db"]:
        with contextlib.closing(sqlite3.connect(tmp_path / copy)) as db:
            assert db.execute("SELECT count(*) FROM silences").fetchone() == (1,)
            assert db.execute("SELECT sum(length(body)) FROM ballast").fetchone() == (size,)


def test_a_backup_that_fails_leaves_nothing(serve, sink, tmp_path):
    server = serve(CONFIG.format(url=sink.url))
    nowhere = subprocess.run([BINARY, "backup", tmp_path / "no/copy.db", f"--alertmanager.url={server.url}"],
                             capture_output=True, text=True)
    assert nowhere.returncode == 1 and "no such file" in nowhere.stderr
    server.stop()
    gone = subprocess.run([BINARY, "backup", tmp_path / "copy.db", f"--alertmanager.url={server.url}"],
                          capture_output=True, text=True)
    assert gone.returncode == 1 and "/api/ext/v1/backup" in gone.stderr
    assert not list(tmp_path.glob("copy*"))


def test_export_needs_a_server_that_is_stopped(serve, sink, tmp_path):
    server = serve(CONFIG.format(url=sink.url))
    server.silence(alertname="A")
    refused = subprocess.run([BINARY, "export", "--storage.path", server.dir / "data", tmp_path],
                             capture_output=True, text=True)
    assert refused.returncode == 1 and "uses it" in refused.stderr
