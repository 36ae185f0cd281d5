# SPDX-License-Identifier: Apache-2.0
"""Acknowledgements and silences that end or come again by themselves: kill -9, and the way through Alertmanager's file."""
import subprocess
import time

from lib.server import BINARY, Server

CONFIG = """
route: {{receiver: hook, group_by: [alertname], group_wait: 200ms, group_interval: 1s, repeat_interval: 1s}}
receivers: [{{name: hook, webhook_configs: [{{url: "{url}/hook"}}]}}]
"""


def kinds(server):
    return {s["id"]: s["kind"] for s in server.get("/api/ext/v1/silences")["items"]}


def wait_state(server, silence, state):
    end = time.monotonic() + 300
    while server.get(f"/api/v2/silence/{silence}")["status"]["state"] != state:
        assert time.monotonic() < end
        time.sleep(0.05)


def test_they_survive_kill_and_alertmanagers_file(serve, sink, tmp_path):
    server = serve(CONFIG.format(url=sink.url))
    server.alert({"alertname": "A", "i": "x"}, {"alertname": "A", "i": "y"}, {"alertname": "B"})
    sink.wait(1, lambda r: r["json"]["groupLabels"]["alertname"] == "A")
    alerts = {a["labels"].get("i"): a["fingerprint"] for a in server.get("/api/v2/alerts")}
    ack = server.post("/api/ext/v1/ack", {"fingerprints": [alerts["x"]], "owner": "jo", "comment": "looking",
                                          "notify_resolved": True})["silence_id"]
    server.kill()
    server.start()
    with_alert = server.post("/api/ext/v1/silences", {
        "matchers": [{"name": "alertname", "value": "B", "isRegex": False, "isEqual": True}], "createdBy": "jo",
        "comment": "until it is over", "duration": 3600, "ends_with": "alert"})["silenceID"]
    recurring = server.post("/api/ext/v1/silences", {
        "matchers": [{"name": "alertname", "value": "C", "isRegex": False, "isEqual": True}], "createdBy": "jo",
        "comment": "nightly", "schedule": {"location": "Europe/Istanbul", "windows": [
            {"weekdays": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"], "from": "22:00", "to": "21:00"}]}})["silenceID"]
    server.kill()
    server.start()
    assert kinds(server) == {ack: "ack", with_alert: "silence", recurring: "recurring"}
    shown = server.get(f"/api/v2/silence/{ack}")
    assert shown["comment"] == "ACK! looking" and shown["createdBy"] == "jo" and shown["status"]["state"] == "active"
    # Only the alert that was named, though the matchers might cover more.
    state = {a["labels"].get("i"): a["status"]["silencedBy"] for a in server.get("/api/v2/alerts")}
    assert state == {"x": [ack], "y": [], None: [with_alert]}

    server.stop()
    out = tmp_path / "out"
    out.mkdir()
    subprocess.run([BINARY, "export", "--storage.path", server.dir / "data", out], check=True)
    other = Server(tmp_path / "other", CONFIG.format(url=sink.url))
    (tmp_path / "other/data").mkdir()
    for name in ("silences", "nflog"):
        (tmp_path / "other/data" / name).write_bytes((out / name).read_bytes())
    with other:
        assert kinds(other) == {ack: "ack", with_alert: "silence", recurring: "recurring"}

    server.start()
    server.resolve(alertname="A", i="x")
    sink.wait(1, lambda r: [a["labels"].get("i") for a in r["json"]["alerts"] if a["status"] == "resolved"] == ["x"])
    wait_state(server, ack, "expired")
    server.resolve(alertname="B")
    wait_state(server, with_alert, "expired")
    assert not [r for r in sink.items if r["json"]["groupLabels"]["alertname"] == "B"
                and r["json"]["status"] == "resolved"]
