# SPDX-License-Identifier: Apache-2.0
"""What 0.34 added: labels of routes and receivers, annotations and several matcher sets of silences; and the limits."""
import json
import pathlib
import time
import uuid

from lib.server import rfc3339

CONFIG = """
templates: []
route:
  receiver: fallback
  group_by: [alertname]
  group_wait: 100ms
  group_interval: 1s
  repeat_interval: 1h
  labels: {{owner: platform, title: '{{{{ .CommonLabels.alertname }}}} of {{{{ routeLabels "owner" }}}}'}}
  routes:
  - matchers: [team="db"]
    receiver: db
    labels: {{owner: "dba-{{{{ .GroupLabels.alertname }}}}"}}
receivers:
- name: fallback
  labels: {{tier: silver}}
  webhook_configs: [{{url: "{url}/fallback"}}]
- name: db
  labels: {{tier: gold}}
  webhook_configs:
  - url: "{url}/db"
    payload: {{owner: "{{{{ .RouteLabels.owner }}}}", pairs: "{{{{ range .RouteLabels.SortedPairs }}}}{{{{ .Name }}}}={{{{ .Value }}}};{{{{ end }}}}"}}
"""


def test_route_labels_reach_templates_payloads_and_groups(serve, sink):
    server = serve(CONFIG.format(url=sink.url))
    server.alert({"alertname": "Disk"}, {"alertname": "Slow", "team": "db"})
    got = {r["path"]: r["json"] for r in sink.wait(2)}
    assert got["/fallback"]["routeLabels"] == {"owner": "platform", "title": "Disk of platform"}
    assert got["/db"] == {"owner": "dba-Slow", "pairs": "owner=dba-Slow;title=Slow of dba-Slow;"}
    groups = server.get("/api/v2/alerts/groups")
    assert [g["routeLabels"] for g in groups] == [{"owner": "platform", "title": "Disk of platform"},
                                                  {"owner": "dba-Slow", "title": "Slow of dba-Slow"}]


def test_receiver_labels_filter(serve, sink):
    server = serve(CONFIG.format(url=sink.url))
    server.alert({"alertname": "Disk"}, {"alertname": "Slow", "team": "db"})
    assert server.get("/api/v2/receivers") == [{"labels": {"name": "fallback", "tier": "silver"}, "name": "fallback"},
                                               {"labels": {"name": "db", "tier": "gold"}, "name": "db"}]
    names = [r["name"] for r in server.get("/api/v2/receivers", receiver_matchers='tier="gold"')]
    assert names == ["db"]
    for path in ("/api/v2/alerts", "/api/v2/alerts/groups"):
        found = server.get(path, receiver_matchers='tier=~"g.*"')
        alerts = found if path.endswith("alerts") else [a for g in found for a in g["alerts"]]
        assert [a["labels"]["alertname"] for a in alerts] == ["Slow"], path
    assert server.request("GET", "/api/v2/alerts?receiver_matchers=%7B")[0] == 400


def silence(**more):
    return dict({"matchers": [{"name": "alertname", "value": "X", "isRegex": False}], "startsAt": rfc3339(),
                 "endsAt": rfc3339(3600), "createdBy": "me", "comment": "why"}, **more)


def test_annotations_of_silences_last(serve, sink, tmp_path):
    server = serve(CONFIG.format(url=sink.url))
    notes = {"ticket": "OPS-1", "häufig": "ünïcode"}
    made = server.post("/api/v2/silences", silence(annotations=notes))["silenceID"]
    assert server.get(f"/api/v2/silence/{made}")["annotations"] == notes
    server.stop()
    server.start()
    kept = server.get(f"/api/v2/silence/{made}")
    assert kept["annotations"] == notes
    edited = server.post("/api/v2/silences", dict(kept, annotations={"ticket": "OPS-2"}))["silenceID"]
    assert edited == made
    assert server.get("/api/v2/silences")[0]["annotations"] == {"ticket": "OPS-2"}
    plain = server.post("/api/v2/silences", silence())["silenceID"]
    assert "annotations" not in server.get(f"/api/v2/silence/{plain}")


def varint(n):
    out = bytearray()
    while n > 127:
        out.append(n & 127 | 128)
        n >>= 7
    return bytes(out + bytes([n]))


def field(number, value):
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    value = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(value)) + value


def snapshot(identity, sets):
    """Alertmanager's file `silences` with one silence."""
    now = int(time.time())
    packed = [b"".join(field(1, field(2, n) + field(3, v)) for n, v in one.items()) for one in sets]
    body = (field(1, identity) + field(3, field(1, now - 60)) + field(4, field(1, now + 3600)) +
            field(5, field(1, now - 60)) + field(8, "me") + field(9, "two sets") +
            field(10, field(1, "ticket") + field(2, "OPS-9")) + b"".join(field(11, p) for p in packed))
    record = field(1, body) + field(2, field(1, now + 90000))
    return varint(len(record)) + record


def test_several_matcher_sets(serve, sink, tmp_path):
    identity = str(uuid.uuid4())
    data = pathlib.Path(tmp_path) / "server0" / "data"
    data.mkdir(parents=True)
    (data / "silences").write_bytes(snapshot(identity, [{"alertname": "A", "job": "x"}, {"alertname": "B"}]))
    server = serve(CONFIG.format(url=sink.url))
    server.alert({"alertname": "A", "job": "x"}, {"alertname": "A", "job": "y"}, {"alertname": "B"})
    states = {(a["labels"]["alertname"], a["labels"].get("job")): a["status"]["silencedBy"]
              for a in server.get("/api/v2/alerts")}
    assert states == {("A", "x"): [identity], ("A", "y"): [], ("B", None): [identity]}
    # The API of version 2 has no words for them, as in Alertmanager.
    status, _, body = server.request("GET", f"/api/v2/silence/{identity}")
    assert status == 500 and b"has multiple matcher sets which is not supported by this API version" in body
    assert server.request("GET", "/api/v2/silences")[0] == 500
    told = sink.wait(1)[0]["json"]
    assert [a["labels"] for a in told["alerts"]] == [{"alertname": "A", "job": "y"}]
    assert server.request("DELETE", f"/api/v2/silence/{identity}")[0] == 200
    assert not any(a["status"]["silencedBy"] for a in server.get("/api/v2/alerts"))


def test_limits_of_silences(serve, sink):
    server = serve(CONFIG.format(url=sink.url), "--silences.max-silences=1", "--silences.max-silence-size-bytes=200")
    status, _, body = server.request("POST", "/api/v2/silences", json.dumps(silence(comment="x" * 300)),
                                     {"Content-Type": "application/json"})
    assert status == 400 and b"silence exceeded maximum size: " in body and b"(limit: 200 bytes)" in body
    first = server.post("/api/v2/silences", silence())["silenceID"]
    status, _, body = server.request("POST", "/api/v2/silences", json.dumps(silence()),
                                     {"Content-Type": "application/json"})
    assert status == 400 and body == b'"exceeded maximum number of silences: 1 (limit: 1)"\n'
    edited = dict(server.get(f"/api/v2/silence/{first}"), endsAt=rfc3339(7200))
    assert server.post("/api/v2/silences", edited)["silenceID"] == first
    assert server.metric("alertmanager_silences_state_size") == 1


def test_limit_of_alerts_per_name(serve, sink):
    server = serve(CONFIG.format(url=sink.url), "--alerts.per-alertname-limit=2")
    assert any("per alert name limit enabled" in line and "limit=2" in line for line in server.log)
    for job in "abc":
        server.alert(alertname="Many", job=job)
    server.alert(alertname="Other")
    alerts = server.get("/api/v2/alerts")
    assert sorted(a["labels"].get("job", "") for a in alerts) == ["", "a", "b"]
    server.wait_log("error on set alert.*alertname=Many.*alert limited")
    assert server.metric("alertmanager_alerts_limited_total") == 1
    assert server.metric("alertmanager_alerts_per_alert_limit") == 2
    # One that has ended makes room.
    server.resolve(alertname="Many", job="a")
    time.sleep(0.01)
    server.alert(alertname="Many", job="c")
    jobs = [a["labels"].get("job") for a in server.get("/api/v2/alerts", filter='alertname="Many"')]
    assert sorted(jobs) == ["b", "c"]


ALL = """
route: {{receiver: hook, group_by: ['...'], group_wait: 10ms, group_interval: 1h}}
receivers: [{{name: hook, webhook_configs: [{{url: "{url}/hook"}}]}}]
inhibit_rules: [{{source_matchers: [sev=high], target_matchers: [sev=low], equal: [alertname, label_7]}}]
"""


def test_an_alert_of_very_many_labels(serve, sink):
    """As many as are taken, and one more. What is quadratic would take long here."""
    server = serve(ALL.format(url=sink.url))
    count = 9_998
    labels = {f"label_{i * 7919 % count}": f"value_{i}" for i in range(count)}

    def timed(do):
        with server.promptly(15):
            return do()

    status, _, body = server.request("POST", "/api/v2/alerts", json.dumps([{"labels": {
        **labels, "alertname": "Wide", "sev": "high", "one": "more"}}]), {"Content-Type": "application/json"})
    assert status == 400 and b"more than 10000 labels and annotations" in body
    timed(lambda: server.alert({**labels, "alertname": "Wide", "sev": "high"}))
    assert len(timed(lambda: sink.wait(1))[0]["json"]["groupLabels"]) == count + 2
    timed(lambda: server.alert({**labels, "alertname": "Wide", "sev": "high"}))
    timed(lambda: server.alert({**labels, "alertname": "Wide", "sev": "low"}))
    timed(lambda: server.silence(label_5=labels["label_5"]))
    alerts = timed(lambda: server.get("/api/v2/alerts", filter=f'label_77="{labels["label_77"]}"'))
    assert sorted((a["labels"]["sev"], len(a["labels"]), bool(a["status"]["inhibitedBy"])) for a in alerts) == [
        ("high", count + 2, False), ("low", count + 2, True)]
    assert len(timed(lambda: server.get("/api/v2/alerts/groups"))) == 2
    server.kill()
    server.start()
    assert sorted(len(a["labels"]) for a in server.get("/api/v2/alerts")) == [count + 2, count + 2]
