# SPDX-License-Identifier: Apache-2.0
"""Those who talk to an Alertmanager: Prometheus, amtool, vmalert, Grafana, karma.

More than those in PATH: PROMETHEUS and AMTOOL name other binaries.
"""
import json
import os
import re
import shutil
import subprocess

import pytest

from lib.prometheus import Exporter, Prometheus
from lib.server import rfc3339

CONFIG = """
route:
  receiver: hook
  group_by: [alertname]
  group_wait: 200ms
  group_interval: 1s
  repeat_interval: 1h
  routes:
    - {{matchers: [severity="page"], receiver: phone, continue: true, routes: [{{match: {{team: db}}, receiver: dba}}]}}
    - {{match_re: {{team: "db.*"}}, receiver: dba}}
receivers:
  - {{name: hook, webhook_configs: [{{url: "{url}/hook"}}]}}
  - {{name: phone}}
  - {{name: dba}}
inhibit_rules: [{{source_matchers: [severity="page"], target_matchers: [severity="info"], equal: [team]}}]
"""
RULES = """
groups:
  - name: g
    interval: 1s
    rules:
      - alert: TooHot
        expr: temperature > 30
        labels: {severity: hot, "room": '{{ $labels.room }}'}
        annotations: {summary: 'it is {{ $value }} in "{{ $labels.room }}"'}
"""


def binaries(name):
    found = [shutil.which(name), os.environ.get(name.upper())]
    return [pytest.param(b, id=f"{name}{i}") for i, b in enumerate(found) if b]


@pytest.mark.parametrize("binary", binaries("prometheus"))
def test_prometheus(serve, sink, tmp_path, binary):
    server = serve(CONFIG.format(url=sink.url))
    (tmp_path / "rules.yml").write_text(RULES)
    exporter = Exporter()
    exporter.metrics['temperature{room="küche"}'] = 41
    prometheus = Prometheus(tmp_path / "prometheus", tmp_path / "rules.yml", f"{server.host}:{server.port}",
                            {"house": (exporter.address, {})}, binary)
    try:
        told = sink.wait(1, lambda r: r["json"]["status"] == "firing", timeout=300)[0]["json"]
        alert = told["alerts"][0]
        assert alert["labels"]["room"] == "küche" and alert["labels"]["severity"] == "hot"
        assert alert["annotations"]["summary"] == 'it is 41 in "küche"'
        assert f":{prometheus.port}/graph" in alert["generatorURL"]
        listed = server.get("/api/v2/alerts")
        assert [a["fingerprint"] for a in listed] == [alert["fingerprint"]]
        assert listed[0]["endsAt"] > listed[0]["updatedAt"]     # Prometheus says until when it may be believed
        exporter.metrics['temperature{room="küche"}'] = 20
        over = sink.wait(1, lambda r: r["json"]["status"] == "resolved", timeout=300)[0]["json"]
        assert over["alerts"][0]["fingerprint"] == alert["fingerprint"]
        assert over["alerts"][0]["startsAt"] == alert["startsAt"]
    finally:
        prometheus.close()
        exporter.close()


@pytest.fixture(params=binaries("amtool"))
def amtool(request, serve, sink, tmp_path):
    server = serve(CONFIG.format(url=sink.url))

    def run(*arguments, status=0):
        done = subprocess.run([request.param, f"--alertmanager.url={server.url}", *arguments], capture_output=True,
                              text=True, env=dict(os.environ, HOME=str(tmp_path)))
        assert done.returncode == status, done
        return done.stdout

    run.server = server
    return run


def test_amtool_silences(amtool):
    one = amtool("silence", "add", "-c", 'ä "q"', "-a", "me", "-d", "2h30m", "a!=b", "c!~d.*", 'e="f g"').strip()
    two = amtool("silence", "add", "-c", "later", "--start", rfc3339(3600), "--end", rfc3339(7200), "alert1").strip()
    amtool("silence", "add", "-c", "x", "-d", "5x", "a=b", status=1)
    amtool("silence", "add", "-c", "x", "--end", "2020-01-01T00:00:00Z", "a=b", status=1)
    amtool("silence", "add", "-c", "x", status=1)
    found = {s["id"]: s for s in json.loads(amtool("-o", "json", "silence", "query"))}
    assert set(found) == {one, two} and found[two]["status"]["state"] == "pending"
    assert [(m["name"], m["isEqual"], m["isRegex"]) for m in found[one]["matchers"]] == [
        ("a", False, False), ("c", False, True), ("e", True, False)]
    assert 'alertname="alert1"' in amtool("silence", "query", "alertname=alert1")
    assert 'e="f g"' in amtool("-o", "extended", "silence", "query", "e=f g")
    assert "new" in amtool("silence", "update", "-c", "new", "-d", "5h", one)
    assert one in amtool("silence", "query", "-q").split()
    exported = amtool("-o", "json", "silence", "query")
    amtool("silence", "expire", one, two)
    assert amtool("silence", "query", "-q") == ""
    assert set(amtool("silence", "query", "-q", "--expired").split()) == {one, two}
    done = subprocess.run([shutil.which("amtool"), f"--alertmanager.url={amtool.server.url}", "silence", "import"],
                          input=exported, capture_output=True, text=True)
    assert done.returncode == 0, done
    assert len(amtool("silence", "query", "-q").split()) == 2


def test_amtool_alerts_and_routes(amtool):
    amtool("alert", "add", "A1", "severity=page", "team=db", "--annotation=s=hello w", "--generator-url=http://g/")
    amtool("alert", "add", "alertname=A2", "severity=info", "team=db")
    amtool("alert", "add", "A3", f"--start={rfc3339(-60)}", f"--end={rfc3339(600)}", "x=y")
    assert "A1" in amtool("alert", "query", 'alertname=~"A1|A3"') and "A3" in amtool("alert")
    assert "A2" not in amtool("alert", "query") and "A2" in amtool("alert", "query", "-i")
    assert amtool("-o", "json", "alert", "query", "-r", "nobody").strip() == "[]"
    file = f"--config.file={amtool.server.config}"
    assert amtool("config", "routes", "test", file, "severity=page", "team=db").strip() == "dba,dba"
    amtool("config", "routes", "test", file, "--verify.receivers=phone", "a=b", status=1)
    assert "severity" in amtool("config", "routes", "show", file)
    assert "receiver: hook" in amtool("config", "show")
    amtool("cluster", "show")
    assert "SUCCESS" in amtool("check-config", str(amtool.server.config))


def test_vmalert(serve, sink):
    server = serve(CONFIG.format(url=sink.url))
    alert = {"startsAt": rfc3339(-30).replace("Z", "123456Z"),
             "generatorURL": "http://vm:8880/vmalert/alert?group_id=1&alert_id=2",
             "endsAt": rfc3339(120), "labels": {"alertname": "Vm", "alertgroup": "g", "severity": "hot"},
             "annotations": {"summary": "тест"}}
    post = ("POST", "/api/v2/alerts")
    status, _, body = server.request(*post, json.dumps([alert]), {"Content-Type": "application/json"})
    assert (status, body) == (200, b"")
    told = sink.wait(1)[0]["json"]["alerts"][0]
    assert told["generatorURL"] == alert["generatorURL"] and told["annotations"] == alert["annotations"]
    alert["endsAt"] = rfc3339()
    assert server.request(*post, json.dumps([alert]), {"Content-Type": "application/json"})[0] == 200
    assert sink.wait(1, lambda r: r["json"]["status"] == "resolved")


def test_grafana(serve, sink):
    """Its data source for a Prometheus Alertmanager: the test, the groups, silences made, changed and ended."""
    server = serve(CONFIG.format(url=sink.url))
    assert server.request("GET", "/alertmanager/api/v2/status")[0] == 404       # or it takes us for Mimir
    status = server.get("/api/v2/status")
    assert status["versionInfo"]["version"] and "route:" in status["config"]["original"]
    server.alert(alertname="A", severity="hot")
    sink.wait(1)
    server.alert(alertname="A", severity="page")
    query = {"silenced": "true", "inhibited": "true", "active": "true"}
    groups = server.get("/api/v2/alerts/groups", **query, receiver="hook")
    assert [g["receiver"]["name"] for g in groups] == ["hook"]
    assert [g["receiver"]["name"] for g in server.get("/api/v2/alerts/groups", **query)] == ["hook", "phone"]
    body = {"comment": "c", "createdBy": "admin", "startsAt": rfc3339(), "endsAt": rfc3339(7200),
            "matchers": [{"name": "alertname", "value": "A", "isRegex": False, "isEqual": True}]}
    made = server.post("/api/v2/silences", body)["silenceID"]
    assert server.get(f"/api/v2/silence/{made}")["status"]["state"] == "active"
    assert server.post("/api/v2/silences", dict(body, id=made, comment="d"))["silenceID"] == made
    assert server.get("/api/v2/silences")[0]["comment"] == "d"
    assert server.request("DELETE", f"/api/v2/silence/{made}")[0] == 200
    assert server.get(f"/api/v2/silence/{made}")["status"]["state"] == "expired"
    assert [r["name"] for r in server.get("/api/v2/receivers")] == ["hook", "phone", "dba"]


def test_karma(serve, sink):
    """It takes the version from the metrics, then lists groups and silences."""
    server = serve(CONFIG.format(url=sink.url))
    metrics = server.request("GET", "/metrics", headers={"Accept": "text/plain"})[2].decode()
    version = re.search(r'^alertmanager_build_info\{.*version="([^"]+)"\} 1$', metrics, re.M).group(1)
    assert tuple(map(int, version.split("."))) >= (0, 22, 0)
    server.alert(alertname="A", severity="page", team="x")
    server.alert(alertname="B", severity="info", team="x")
    server.silence(alertname="A")
    groups = server.get("/api/v2/alerts/groups")
    assert {(a["labels"]["alertname"], a["status"]["state"]) for g in groups for a in g["alerts"]} == {
        ("A", "suppressed"), ("B", "suppressed")}
    for g in groups:
        assert set(g) >= {"alerts", "labels", "receiver"}
        for a in g["alerts"]:
            assert set(a) >= {"annotations", "endsAt", "fingerprint", "receivers", "startsAt", "status", "updatedAt",
                              "labels"}
    assert len(server.get("/api/v2/silences", **{"filter": 'alertname="A"'})) == 1
    status, headers, _ = server.request("OPTIONS", "/api/v2/silences", headers={
        "Origin": "http://karma", "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type"})
    assert status in (200, 204) and headers["Access-Control-Allow-Origin"] in ("*", "http://karma")
