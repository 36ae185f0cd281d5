# SPDX-License-Identifier: Apache-2.0
"""contrib/openapi.yaml: it has the routes that there are, and their answers are as it says."""
import json
import pathlib
import re
import time
import urllib.parse

import yaml

from lib.schema import Schemas
from lib.server import rfc3339

TOP = pathlib.Path(__file__).parents[2]
DOCUMENT = yaml.safe_load((TOP / "contrib/openapi.yaml").read_text())
SCHEMAS = Schemas(DOCUMENT)
ROUTE = re.compile(r'^ROUTE\(EXT, (\w+), "/api/ext/v1(/[^"]*)"', re.M)
EXT = "/api/ext/v1"
CONFIG = """
route:
  receiver: hook
  group_by: [alertname]
  group_wait: 50ms
  group_interval: 200ms
  repeat_interval: 10h
  routes:
    - {{matchers: [to=bad], receiver: bad, mute_time_intervals: [never]}}
    - {{matchers: [to=quiet], receiver: hook, active_time_intervals: [never]}}
receivers:
  - {{name: hook, webhook_configs: [{{url: '{url}/hook'}}]}}
  - {{name: bad, webhook_configs: [{{url: '{url}/bad'}}]}}
time_intervals: [{{name: never, time_intervals: [{{years: ['1999']}}]}}]
inhibit_rules: [{{name: down, source_matchers: [alertname=Down], target_matchers: [alertname=Slow], equal: [host]}}]
"""


def operations():
    return {(method.upper(), path) for path, item in DOCUMENT["paths"].items() for method in item}


def test_it_has_the_routes_that_there_are():
    routes = set(ROUTE.findall((TOP / "src/api/routes.def").read_text()))
    assert routes == operations()


def test_it_is_whole():
    """All that is referred to is there, and what is there is referred to; parameters of a path are described."""
    text = (TOP / "contrib/openapi.yaml").read_text()
    wanted = set(re.findall(r"'#/components/(\w+)/(\w+)'", text))
    there = {(kind, name) for kind, items in DOCUMENT["components"].items() for name in items}
    assert wanted == there
    for path, item in DOCUMENT["paths"].items():
        for operation in item.values():
            given = {p["name"] for p in map(SCHEMAS.resolve, operation.get("parameters", [])) if p["in"] == "path"}
            assert given == set(re.findall(r"\{(\w+)\}", path)), path


class Asking:
    """Asks, compares the answer with the file, and notes which operations were asked."""
    def __init__(self, server):
        self.server, self.asked = server, set()

    def __call__(self, method, path, value=None, status=200, query=None, **params):
        operation = DOCUMENT["paths"][path][method.lower()]
        target = EXT + re.sub(r"\{(\w+)\}", lambda m: urllib.parse.quote(params[m[1]], safe=""), path)
        target += "?" + urllib.parse.urlencode(query, doseq=True) if query else ""
        known = {SCHEMAS.resolve(p)["name"] for p in operation.get("parameters", [])}
        assert set(query or {}) <= known, path
        if value is not None:
            body = operation["requestBody"]["content"]["application/json"]["schema"]
            assert SCHEMAS.errors(value, body) == [], path
        got, _, text = self.server.request(method, target, json.dumps(value) if value is not None else None,
                                           {"Content-Type": "application/json"})
        assert got == status, (target, text)
        answer = json.loads(text) if text else None
        response = SCHEMAS.resolve(operation["responses"].get(str(status), operation["responses"]["default"]))
        schema = response["content"]["application/json"]["schema"] if "content" in response else {"type": "null"}
        assert SCHEMAS.errors(answer, schema) == [], target
        if status == 200:
            self.asked.add((method, path))
        return answer


def until(look, timeout=300):
    end = time.monotonic() + timeout
    while not (found := look()):
        assert time.monotonic() < end
        time.sleep(0.05)
    return found


def test_answers_are_as_it_says(serve, sink):
    sink.replies["/bad"] = 400
    server = serve(CONFIG.format(url=sink.url))
    ask = Asking(server)
    server.alert({"alertname": "Slow", "host": "a"}, {"alertname": "Down", "host": "a"}, {"alertname": "Bad", "to": "bad"},
                 {"alertname": "Hush", "severity": "page"}, {"alertname": "Ended"}, {"alertname": "Quiet", "to": "quiet"},
                 {"labels": {"alertname": "Taken", "n": "1"}, "annotations": {"summary": "x"}, "generatorURL": "http://a/"})
    until(lambda: server.get(EXT + "/overview")["alerts"]["total"] == 7)
    server.resolve(alertname="Ended")

    # What changes things.
    made = ask("POST", "/silences", {"matchers": ["alertname=Hush"], "createdBy": "jo", "comment": "c", "duration": 3600,
                                     "annotations": {"a": "b"}})["silenceID"]
    schedule = {"location": "Europe/Istanbul", "windows": [{"weekdays": ["mon"], "from": "22:00", "to": "06:00"}], "until": None}
    ask("POST", "/silences", {"matchers": [{"name": "a", "value": "b"}], "createdBy": "jo", "comment": "c", "schedule": schedule})
    ask("POST", "/silences", {"matchers": ["alertname=Ended"], "createdBy": "jo", "comment": "c", "duration": 3600, "ends_with": "alert"})
    ask("POST", "/silences/bulk", {"action": "extend", "ids": [made, "none"], "seconds": 60})
    ask("POST", "/silences/preview", {"matchers": ["alertname=~Slow|Down", "host=~("], "limit": 5})
    taken = ask("POST", "/ack", {"matchers": ["alertname=Taken"], "owner": "jo", "comment": "mine"})
    ask("POST", "/ack", {"matchers": ["alertname=Taken"], "owner": "max", "comment": "no"}, status=409)
    ask("POST", "/receivers/{receiver}/test", {"integration": 0}, receiver="hook")
    ask("POST", "/receivers/{receiver}/test", {"alert": {"labels": {"alertname": "X"}}}, receiver="bad")
    ask("POST", "/templates/preview", {"text": "{{ .Receiver }}", "receiver": "hook"})
    ask("POST", "/templates/preview", {"text": "{{ .No.Such }}{{ if }}"}, status=400)
    assert server.reload()[0] == 200

    # What is to be seen of it.
    kinds = {"firing", "resolved", "inhibited", "silenced", "acked", "notification", "silence_created", "ack_created", "reloaded"}
    # It is opened while others are answered already.
    until(lambda: server.request("GET", f"{EXT}/history?limit=1")[0] == 200)
    until(lambda: kinds <= {i["kind"] for i in ask("GET", "/history", query={"limit": 1000})["items"]})
    states = {a["state"]: a for a in ask("GET", "/alerts", query={"sort": "name"})["items"]}
    assert {"silenced", "inhibited", "acked", "active"} <= set(states)
    for alert in states.values():
        ask("GET", "/alerts/{fingerprint}", fingerprint=alert["fp"])
    groups = ask("GET", "/groups", query={"alerts": 3})["items"]
    ask("GET", "/groups", query={"group_by": "to,severity", "limit": 1})
    ask("GET", "/groups/{group}", group=groups[0]["id"])
    ask("GET", "/groups/{group}/alerts", group=groups[0]["id"])
    ask("GET", "/labels")
    ask("GET", "/labels/{label}/values", label="alertname")
    ask("GET", "/silences", query={"state": ["active", "pending", "expired"], "sort": "alerts"})
    revision = ask("GET", "/overview")
    since = ".".join([revision["instance"], *(str(revision["revision"][k]) for k in ("alerts", "silences", "config", "history"))])
    ask("GET", "/changes", query={"since": since, "wait": 0})
    ask("GET", "/receivers")
    ask("GET", "/routes")
    ask("GET", "/deliveries", query={"state": "failed", "recipient": "+1", "limit": 10})
    ask("GET", "/status")
    ask("GET", "/cluster")
    ask("GET", "/stats", query={"range": "1h"})
    for labels in ({"alertname": "New"}, {"alertname": "Slow", "host": "a"}, {"alertname": "Hush", "severity": "page"}):
        ask("POST", "/explain", {"labels": labels})
    ask("POST", "/explain", {"fingerprint": states["silenced"]["fp"], "at": rfc3339()})
    ask("DELETE", "/ack/{silenceID}", silenceID=taken["id"])
    for path, query in (("/alerts", {"cursor": "x"}), ("/alerts", {"filter": "="}), ("/history", {"kind": "x"})):
        ask("GET", path, status=400, query=query)
    ask("GET", "/alerts/{fingerprint}", status=404, fingerprint="1")
    assert ask.asked == operations()
