# SPDX-License-Identifier: Apache-2.0
"""Behind other alert routers: their webhooks come in, are grouped, silenced and told anew."""
import json

from lib.server import rfc3339

HUB = """
route: {{receiver: pager, group_by: [team], group_wait: 100ms, group_interval: 1s, repeat_interval: 1h}}
receivers:
- {{name: pager, webhook_configs: [{{url: "{url}/pager"}}]}}
"""
EDGE = """
route: {{receiver: hub, group_by: [alertname], group_wait: 100ms, group_interval: 1s, repeat_interval: 1h}}
receivers:
- {{name: hub, webhook_configs: [{{url: "{hub}/api/ext/v1/webhook"}}]}}
"""


def grafana(status, **more):
    """As Grafana's documentation of its webhook notifier shows it."""
    alert = {
        "status": status,
        "labels": {"alertname": "High memory usage", "team": "blue", "zone": "us-1"},
        "annotations": {"description": "The system has high memory usage", "summary": "This alert was triggered"},
        "startsAt": rfc3339(-60), "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "https://play.grafana.org/alerting/1afz29v7z/edit", "fingerprint": "c6eadffa33fcdf37",
        "silenceURL": "https://play.grafana.org/alerting/silence/new?matchers=x",
        "dashboardURL": "https://play.grafana.org/d/1", "panelURL": "https://play.grafana.org/d/1?viewPanel=2",
        "values": {"B": 44.23943737541908, "C": 1}}
    alert.update(more)
    return {"receiver": "My Super Webhook", "status": status, "orgId": 1, "alerts": [alert], "groupLabels": {},
            "commonLabels": {"team": "blue"}, "commonAnnotations": {}, "externalURL": "https://play.grafana.org/",
            "version": "1", "groupKey": "{}:{}", "truncatedAlerts": 0, "title": "[FIRING:1]", "state": "alerting",
            "message": "**Firing**"}


def test_one_router_behind_another(serve, sink):
    hub = serve(HUB.format(url=sink.url))
    edge = serve(EDGE.format(hub=hub.url))
    edge.alert({"alertname": "A", "team": "blue"}, {"alertname": "B", "team": "blue"})
    told = sink.wait(1, lambda r: len(r["json"]["alerts"]) == 2)[0]["json"]
    assert told["groupLabels"] == {"team": "blue"} and told["status"] == "firing"
    assert [a["labels"]["alertname"] for a in told["alerts"]] == ["A", "B"]
    hub.silence(alertname="B")
    edge.resolve(alertname="A", team="blue")
    told = sink.wait(1, lambda r: r["json"]["status"] == "resolved")[0]["json"]
    assert [(a["labels"]["alertname"], a["status"]) for a in told["alerts"]] == [("A", "resolved")]
    assert [a["labels"]["alertname"] for a in hub.get("/api/v2/alerts")] == ["B"]


def test_grafana(serve, sink):
    hub = serve(HUB.format(url=sink.url))
    assert hub.post("/api/ext/v1/webhook", grafana("firing")) == {"alerts": 1}
    alert = sink.wait(1)[0]["json"]["alerts"][0]
    assert alert["generatorURL"] == "https://play.grafana.org/alerting/1afz29v7z/edit"
    assert alert["annotations"]["dashboard_url"] == "https://play.grafana.org/d/1"
    assert alert["annotations"]["panel_url"].endswith("viewPanel=2")
    assert alert["annotations"]["silence_url"].startswith("https://play.grafana.org/alerting/silence/new")
    assert alert["annotations"]["values"] == "B=44.23943737541908 C=1"
    hub.post("/api/ext/v1/webhook", grafana("resolved", endsAt=rfc3339(-1)))
    assert sink.wait(1, lambda r: r["json"]["status"] == "resolved")


def test_it_is_on_disk_before_the_answer(serve, sink):
    hub = serve(HUB.format(url=sink.url))
    hub.post("/api/ext/v1/webhook?timeout=2h", grafana("firing"))
    hub.kill()
    hub.start()
    assert [a["labels"]["team"] for a in hub.get("/api/v2/alerts")] == ["blue"]


def test_mistakes_are_told(serve, sink):
    hub = serve(HUB.format(url=sink.url))
    for body, status, piece in (("{}", 422, "alerts"), ("nonsense", 400, "no JSON"),
                                (json.dumps(grafana("sleeping")), 400, "alerts[0]: status must be")):
        got, headers, text = hub.request("POST", "/api/ext/v1/webhook", body, {"Content-Type": "application/json"})
        assert got == status and headers["Content-Type"] == "application/json"
        assert piece in json.loads(text)["message"]
