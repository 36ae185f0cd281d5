# SPDX-License-Identifier: Apache-2.0
"""What becomes of an alert, and why: by the API and as a command, with the parts that really decide it."""
import json
import subprocess
import time

from lib.server import BINARY, rfc3339

CONFIG = """
route:
  receiver: hook
  group_by: [alertname]
  group_wait: 50ms
  group_interval: 1h
  repeat_interval: 10h
  routes:
    - matchers: [team="web"]
      receiver: mail
    - matchers: [quiet="yes"]
      receiver: hook
      mute_time_intervals: [always]
receivers:
  - name: hook
    webhook_configs: [{{url: "{url}/secret-token"}}]
    slack_configs: [{{api_url: "{url}/slack-secret", channel: "#ops", title: "T {{{{ .CommonLabels.alertname }}}}", text: "x", send_resolved: true}}]
  - name: mail
inhibit_rules:
  - name: down
    source_matchers: [alertname=Down]
    target_matchers: [alertname=Slow]
    equal: [host]
time_intervals:
  - name: always
    time_intervals: [{{times: [{{start_time: "00:00", end_time: "24:00"}}]}}]
"""


def explain(server, **question):
    status, _, body = server.request("POST", "/api/ext/v1/explain", json.dumps(question).encode(), {"Content-Type": "application/json"})
    assert status == 200, body
    return json.loads(body)


def step(answer, stage):
    return next(s for s in answer["steps"] if s["stage"] == stage)


def test_from_first_to_last(serve, sink):
    server = serve(CONFIG.format(url=sink.url))
    slow = {"alertname": "Slow", "host": "a"}
    v = explain(server, labels=slow)
    assert v["verdict"] == "notified" and v["exact"] and v["say"].startswith("hook will be told at "), v
    assert step(v, "inhibit")["rules"][0]["why"] == "no_source"
    refused = [r["refused_by"] for r in step(v, "route")["tree"] if not r["matched"]]
    assert refused == ['team="web"', 'quiet="yes"']
    messages = {m["type"]: m for m in step(v, "render")["integrations"]}
    texts = {t["key"]: t["text"] for t in messages["slack"]["texts"]}
    assert texts["title"] == "T Slow" and texts["channel"] == "#ops"
    body = json.loads({t["key"]: t["text"] for t in messages["webhook"]["texts"]}["body"])
    assert body["alerts"][0]["labels"] == slow and body["status"] == "firing"
    assert "secret" not in json.dumps(v)
    # Asking has done nothing; and then it happens.
    assert server.get("/api/v2/alerts") == []
    server.alert(slow)
    told = sink.wait(2)
    assert len(told) >= 2
    v, end = explain(server, labels=slow), time.monotonic() + 300
    while v["verdict"] != "deduplicated":  # until both answers are noted
        assert time.monotonic() < end, v
        time.sleep(0.05)
        v = explain(server, labels=slow)
    assert v["say"].startswith("Nobody is told: hook knows of it since ") and v["alert"]["stored"]
    fp = v["alert"]["fp"]
    assert explain(server, fingerprint=fp)["verdict"] == "deduplicated"

    server.alert({"alertname": "Down", "host": "a"})
    v = explain(server, fingerprint=fp)
    assert v["verdict"] == "suppressed" and "inhibited by {alertname=\"Down\"" in v["say"] and "rule 'down'" in v["say"], v["say"]
    assert explain(server, labels={"alertname": "Slow", "host": "b"})["verdict"] == "notified"
    v = explain(server, labels={"alertname": "X", "quiet": "yes"})
    assert v["verdict"] == "suppressed" and v["say"] == "Nobody is told: muted by the time interval 'always'."
    assert explain(server, labels={"alertname": "X", "team": "web"})["verdict"] == "no_receiver"

    server.silence(alertname="Disk", comment="it's <b>ordered</b>")
    v = explain(server, labels={"alertname": "Disk"})
    assert v["verdict"] == "suppressed" and "'it's <b>ordered</b>'" in v["say"]

    hostile = {"alertname": "\u001b[31m\n\"}]'<script>", "b": "\u202e" * 50 + "x" * 20000}
    v = explain(server, labels=hostile)
    assert v["verdict"] == "notified" and v["alert"]["labels"] == hostile and len(v["say"]) < 1000


def wait_past(server, labels, known):
    """What is said of the past, once history knows what is waited for."""
    end = time.monotonic() + 300
    while not known(v := explain(server, labels=labels, at=rfc3339())):
        assert time.monotonic() < end, v
        time.sleep(0.1)
    return v


def wait_events(server, labels, kinds):
    """The same, once the newest changes of the alert are these."""
    def known(v):
        items = [e["kind"] for e in step(v, "history")["page"]["items"] if e["kind"] != "notification"]
        return items[:len(kinds)] == kinds
    return wait_past(server, labels, known)


def test_command_and_past(serve, sink):
    server = serve(CONFIG.format(url=sink.url))
    url = f"--alertmanager.url={server.url}"

    def tocsin(*args):
        return subprocess.run([BINARY, "explain", url, *args], capture_output=True, text=True, timeout=300)

    r = tocsin("Slow", "host=a")
    assert r.returncode == 0 and r.stdout.startswith("hook will be told at "), r
    assert "slack[0]" in r.stdout and "Refused" not in r.stdout
    r = tocsin("-o", "extended", "Slow", "host=a\x1b[31m")
    assert 'Refused by team="web".' in r.stdout and "\x1b" not in r.stdout
    r = tocsin("-o", "json", "Slow")
    assert json.loads(r.stdout)["verdict"] == "notified"
    assert tocsin().returncode == 1
    r = tocsin("--fingerprint", "12")
    assert r.returncode == 1 and "no such alert" in r.stderr

    server.alert({"alertname": "Slow", "host": "a"})
    sink.wait(2)
    v = wait_past(server, {"alertname": "Slow", "host": "a"}, lambda v: v["verdict"] == "notified")
    assert not v["exact"] and "It fired since " in v["say"] and "hook had been told at " in v["say"], v["say"]
    r = tocsin("--at", rfc3339(), "Slow", "host=a")
    assert "This is what history has of it." in r.stdout and "may not be exact" not in r.stdout, r
    assert "hook/slack[0]" in r.stdout, r
    assert step(v, "told")["event"] in [e["id"] for e in step(v, "history")["page"]["items"]]
    # It ends and fires again: of this nobody was told, and what held it back before does so no more.
    held = {"alertname": "Held", "host": "a"}
    silence = server.silence(alertname="Held")
    server.alert(held)
    for name, kinds in (("Slow", ["firing"]), ("Held", ["silenced", "firing"])):
        wait_events(server, {"alertname": name, "host": "a"}, kinds)
    assert server.request("DELETE", f"/api/v2/silence/{silence}")[0] == 200
    for labels in ({"alertname": "Slow", "host": "a"}, held):
        server.resolve(**labels)
        server.alert(labels)
        v = wait_events(server, labels, ["firing", "resolved"])
        assert v["verdict"] == "unknown" and "no notification of it is known since then" in v["say"], v["say"]
    v = explain(server, labels={"alertname": "Slow", "host": "a"}, at=rfc3339(-3600))
    assert v["verdict"] == "unknown" and v["say"] == "History knows nothing of this alert before that time."
