# SPDX-License-Identifier: Apache-2.0
"""/api/ext/v1 as the web page uses it: what it begins with, what goes wrong, who may change something."""
import csv
import io
import json
import time

CONFIG = """
route:
  receiver: fine
  group_by: [alertname]
  group_wait: 50ms
  group_interval: 200ms
  repeat_interval: 10h
  routes: [{{matchers: [to=bad], receiver: bad}}]
receivers:
  - {{name: fine, webhook_configs: [{{url: '{url}/fine'}}]}}
  - {{name: bad, webhook_configs: [{{url: '{url}/bad'}}]}}
"""
EXT = "/api/ext/v1/"


def wait_for(look, timeout=300):
    end = time.monotonic() + timeout
    while not (found := look()):
        assert time.monotonic() < end
        time.sleep(0.05)
    return found


def problems(server):
    return server.get(EXT + "overview")["problems"]


def test_problems_and_status(serve, sink):
    sink.replies["/bad"] = 400
    server = serve(CONFIG.format(url=sink.url))
    page = server.request("GET", "/")[2].decode()
    assert server.get(EXT + "overview")["assets"] in page
    assert problems(server) == []
    server.alert(alertname="A", to="bad")
    server.alert(alertname="B")
    [failing] = wait_for(lambda: problems(server))
    assert failing["code"] == "receiver_failing" and failing["link"] == "#/receivers/bad"
    assert failing["text"].startswith("bad: ") and "400" in failing["text"] and ", 1 failure since " in failing["text"]
    assert server.get(EXT + "overview")["alerts"]["last_received"]

    status = server.get(EXT + "status")
    assert status["reload"]["ok"] and status["reload"]["error"] is None
    assert set(status["features"]) >= {"alerts", "silences", "ack", "history", "explain", "test", "preview"}
    assert status["store"]["healthy"] and status["store"]["bytes"] > 0 and status["store"]["error"] is None
    assert status["limits"]["connections"] > 0 and status["limits"]["get_rejected"] == 0
    assert status["cluster"] == {**server.get("/api/v2/status")["cluster"], "split": False, "differing": 0, "etcd": None}

    assert server.reload("route: {receiver: nobody}")[0] == 500
    assert [p["code"] for p in problems(server)] == ["reload_failed", "receiver_failing"]
    refused = server.get(EXT + "status")["reload"]
    assert not refused["ok"] and "nobody" in refused["error"] and refused["at"] > refused["in_force_since"]
    assert refused["hash"] == status["reload"]["hash"]

    sink.replies.pop("/bad")
    assert server.reload(CONFIG.format(url=sink.url))[0] == 200
    server.alert(alertname="A", to="bad")
    wait_for(lambda: problems(server) == [])


def test_pages_of_other_sites_change_nothing(serve, sink):
    server = serve(CONFIG.format(url=sink.url), "--web.external-url=https://alerts.example/")
    body = json.dumps({"matchers": ["alertname=A"], "createdBy": "jo", "comment": "c", "duration": 60})

    def post(**headers):
        headers = {k.replace("_", "-"): v for k, v in headers.items()}
        return server.request("POST", EXT + "silences", body, {"Content-Type": "application/json", **headers})[0]

    assert post(Origin="https://evil.example") == post(Origin="null") == post(Sec_Fetch_Site="cross-site") == 403
    assert server.get(EXT + "silences")["total"] == 0
    assert post(Content_Type="text/plain") == 415
    assert post(Origin=server.url) == post(Origin="https://alerts.example") == post() == 200
    status, headers, _ = server.request("OPTIONS", EXT + "silences", headers={
        "Origin": "https://evil.example", "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"})
    assert status == 405 and not any(name.lower().startswith("access-control") for name in headers)


def test_whole_lists_as_files(serve, sink):
    """More than are sorted at a time: each is there once, in order."""
    server = serve(CONFIG.format(url=sink.url).replace("50ms", "1h"))
    server.alert(*({"alertname": "A", "n": f"{i:04}"} for i in range(4200)))
    wait_for(lambda: server.get(EXT + "overview")["alerts"]["total"] == 4200)

    def rows(path):
        status, headers, body = server.request("GET", EXT + path, headers={"Accept-Encoding": ""}, timeout=300)
        assert status == 200 and "attachment" in headers["Content-Disposition"]
        return list(csv.DictReader(io.StringIO(body.decode(), newline="")))

    alerts = rows("alerts?format=csv&sort=name")
    assert len({a["fingerprint"] for a in alerts}) == len(alerts) == 4200
    assert len(rows("alerts?format=csv&limit=4001&sort=newest")) == 4001
    by_n = json.loads(server.request("GET", EXT + "groups?format=json&group_by=n&alerts=1&sort=name", timeout=300)[2])
    assert len({g["id"] for g in by_n["items"]}) == by_n["total"] == by_n["total_alerts"] == 4200 and by_n["next"] is None
    assert all(len(g["alerts"]) == 1 and not g["more"] for g in by_n["items"])
