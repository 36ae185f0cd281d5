# SPDX-License-Identifier: Apache-2.0
"""Disks that are full or read-only: alerts are told all the same, nothing is kept secret, nothing is lost."""
import contextlib
import json
import subprocess
import time

import pytest

CONFIG = """
route: {{receiver: hook, group_by: [alertname], group_wait: 100ms, group_interval: 500ms, repeat_interval: 1h}}
receivers: [{{name: hook, webhook_configs: [{{url: "{url}/hook"}}]}}]
"""


@pytest.fixture
def disk(tmp_path):
    """A small file system where the first server keeps its data."""
    place = tmp_path / "server0/data"
    place.mkdir(parents=True)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", place], capture_output=True).returncode != 0:
        pytest.skip("no mount allowed here")
    yield place
    while subprocess.run(["umount", "-l", place], capture_output=True).returncode != 0:
        time.sleep(0.1)


def until(what, timeout=40):
    end = time.monotonic() + timeout
    while not what():
        assert time.monotonic() < end
        time.sleep(0.1)


def ready(server):
    return server.request("GET", "/-/ready")[0] == 200


def post_silence(server):
    with contextlib.suppress(AssertionError):
        server.silence(alertname="X")
        return True
    return False


def fill(disk):
    """Nothing can be written. Whoever gives up a write gives some room back, so that this is done again and again."""
    with contextlib.suppress(OSError), open(disk / "filler", "ab") as f:
        while True:
            f.write(b"x" * 4096)
            f.flush()


def told(sink, name):
    sink.wait(1, lambda r: r["json"]["groupLabels"]["alertname"] == name)


def test_full(serve, sink, disk):
    server = serve(CONFIG.format(url=sink.url))
    kept = server.silence(alertname="Before")

    def refused():
        fill(disk)
        if post_silence(server):
            return False
        status, _, body = server.request("GET", "/-/ready")
        return status == 503 and b"full" in body and server.metric("tocsin_store_healthy") == 0

    until(refused)
    status, _, body = server.request("POST", "/api/v2/alerts", b'[{"labels": {"alertname": "Full"}}]',
                                     {"Content-Type": "application/json"})
    assert status >= 500 and b"full" in body
    told(sink, "Full")
    # History waits, says so, and holds nothing back.
    until(lambda: server.metric("tocsin_history_healthy") == 0 and server.metric("tocsin_history_lag_seconds") > 0)

    def both_full():
        if not refused():
            return False
        problems = {p["code"]: p["text"] for p in server.get("/api/ext/v1/overview")["problems"]}
        return all("full" in problems.get(code, "") for code in ("history_failing", "store_failing"))

    until(both_full)
    assert server.get("/api/ext/v1/status")["history"]["lag_seconds"] > 0
    before = {s["id"] for s in server.get("/api/v2/silences")}
    (disk / "filler").unlink()
    until(lambda: ready(server))
    server.silence(alertname="After")

    def remembered():
        status, _, body = server.request("GET", "/api/ext/v1/history?kind=firing")
        # It may not have noticed yet that there is room again.
        return status != 503 and [i["labels"]["alertname"] for i in json.loads(body)["items"]] == ["Full"]

    until(remembered)
    server.kill()
    server.start()
    assert before | {kept} <= {s["id"] for s in server.get("/api/v2/silences")}
    assert [a["labels"]["alertname"] for a in server.get("/api/v2/alerts")] == ["Full"]
    server.alert(alertname="Last")
    told(sink, "Last")
    assert [r["json"]["groupLabels"]["alertname"] for r in sink.items] == ["Full", "Last"]


def test_read_only(serve, sink, disk):
    server = serve(CONFIG.format(url=sink.url))
    kept = server.silence(alertname="Before")
    server.kill()
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    server.start()
    assert not ready(server)
    assert [s["id"] for s in server.get("/api/v2/silences")] == [kept]
    assert not post_silence(server)
    server.request("POST", "/api/v2/alerts", b'[{"labels": {"alertname": "A"}}]', {"Content-Type": "application/json"})
    told(sink, "A")
    subprocess.run(["mount", "-o", "remount,rw", disk], check=True)
    until(lambda: ready(server))
    server.kill()
    server.start()
    assert len(server.get("/api/v2/silences")) == 2
    assert len(server.get("/api/v2/alerts")) == 1
