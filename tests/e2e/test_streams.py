# SPDX-License-Identifier: Apache-2.0
"""Standard streams that are closed, or that nobody reads."""
import json
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request

import pytest

from lib.ports import free_port
from lib.server import BINARY

CONFIG = "route: {receiver: nobody}\nreceivers: [{name: nobody}]\n"


@pytest.fixture
def run(tmp_path):
    started = []

    def start(*flags, **streams):
        port = free_port()
        (tmp_path / "am.yml").write_text(CONFIG)
        p = subprocess.Popen([BINARY, f"--config.file={tmp_path}/am.yml", f"--storage.path={tmp_path}/data",
                              f"--web.listen-address=127.0.0.1:{port}", "--cluster.listen-address=", *flags], **streams)
        started.append(p)
        url = f"http://127.0.0.1:{port}"
        for _ in range(200):
            try:
                urllib.request.urlopen(url + "/-/ready", timeout=5).read()
                return p, url
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.1)
        raise AssertionError("does not start")

    yield start
    for p in started:
        p.terminate()
        assert p.wait(60) == 0


def post(url, name):
    body = json.dumps([{"labels": {"alertname": name}}]).encode()
    urllib.request.urlopen(urllib.request.Request(url + "/api/v2/alerts", data=body,
                                                  headers={"Content-Type": "application/json"}), timeout=300).read()


def test_closed_streams_are_not_taken_by_sockets(run):
    """Else the lines of the log would go to whoever is connected there."""
    def close_all():
        for fd in range(3):
            os.close(fd)

    p, url = run("--log.level=debug", preexec_fn=close_all)
    post(url, "one")
    for fd in range(3):
        assert os.readlink(f"/proc/{p.pid}/fd/{fd}") == "/dev/null"


def test_a_log_that_nobody_reads_stops_nothing(run):
    reader, writer = os.pipe()
    p, url = run("--log.level=debug", stderr=writer)
    os.close(writer)
    # Far more lines than the pipe holds.
    for i in range(1000):
        post(url, f"alert{i}")
    os.set_blocking(reader, False)
    while True:
        try:
            os.read(reader, 1 << 16)
        except BlockingIOError:
            break
    post(url, "after")
    deadline = time.monotonic() + 300
    seen = b""
    while b"Lines of the log were lost" not in seen:
        assert time.monotonic() < deadline, seen[-500:]
        try:
            seen += os.read(reader, 1 << 16)
        except BlockingIOError:
            time.sleep(0.05)
