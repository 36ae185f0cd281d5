# SPDX-License-Identifier: Apache-2.0
"""What watches the router: its alert rules and its dashboard against a real scrape, and the dead man's switch."""
import contextlib
import http.client
import json
import re
import ssl
import time
import urllib.parse
import urllib.request

import pytest
import yaml

from lib.ports import free_port
from lib.prometheus import Prometheus
from lib.server import ROOT

CONFIG = """
route:
  receiver: hook
  group_by: [alertname]
  group_wait: 100ms
  group_interval: 1s
  routes: [{{matchers: [alertname = Watchdog], receiver: dead-man, group_wait: 0s, group_interval: 1s, repeat_interval: 1s}}]
receivers:
- name: hook
  webhook_configs: [{{url: "{url}/hook"}}]
  sms_configs: [{{provider: http, url: "{url}/sms", body: "{{{{ .To }}}}", to: ["+905551112233"]}}]
- {{name: dead-man, webhook_configs: [{{url: "{url}/dead-man", send_resolved: false}}]}}
ui: {{heartbeats: [{{name: prometheus, matchers: [alertname = Watchdog]}}]}}
"""
RULES = ROOT / "rules/tocsin.rules.yml"
DASHBOARD = ROOT / "contrib/grafana/tocsin.json"


class Watched:
    """A member of a cluster with TLS, that has an etcd, too, though nobody answers there; a Prometheus that scrapes it, with the rules."""

    def __init__(self, directory, serve, sink, certificate):
        tls = directory / "cluster.yml"
        tls.write_text("tls_server_config: {cert_file: %s, key_file: %s}\ntls_client_config: {ca_file: %s}\n"
                       % (*certificate, certificate[0]))
        self.server = serve(CONFIG.format(url=sink.url), f"--cluster.listen-address=127.0.0.1:{free_port()}",
                            f"--cluster.tls-config={tls}", "--etcd.endpoints=http://127.0.0.1:1")
        address = f"{self.server.host}:{self.server.port}"
        self.prometheus = Prometheus(directory / "prometheus", RULES, address, {"tocsin": (address, {})}, again=True)

    def ask(self, path, **query):
        url = f"http://127.0.0.1:{self.prometheus.port}/api/v1/{path}?{urllib.parse.urlencode(query)}"
        with contextlib.suppress(OSError), urllib.request.urlopen(url, timeout=60) as answer:
            return json.loads(answer.read())["data"]
        return None

    def until(self, what, good):
        end = time.monotonic() + 300
        while not good():
            assert time.monotonic() < end, what
            time.sleep(0.2)


@pytest.fixture
def watched(tmp_path, serve, sink, certificate):
    w = Watched(tmp_path, serve, sink, certificate)
    yield w
    w.prometheus.close()


def families(text):
    return set(re.findall(r"^# TYPE (\S+)", text, re.M))


def used(expression):
    names = set(re.findall(r"\b((?:tocsin|alertmanager|process)_[a-z_]+)", expression))
    return {re.sub(r"_(bucket|sum|count)$", "", n) if "_seconds_" in n or "bytes_" in n else n for n in names}


def dashboard_queries():
    panels = json.loads(DASHBOARD.read_text())["panels"]
    return [(p["title"], t["expr"]) for p in panels for t in p.get("targets", [])]


def web_tls_families(serve, sink, tmp_path, certificate):
    """Those of a server that speaks TLS."""
    web = tmp_path / "web.yml"
    web.write_text("tls_server_config: {cert_file: %s, key_file: %s}\n" % certificate)
    server = serve(CONFIG.format(url=sink.url), f"--web.config.file={web}")
    context = ssl.create_default_context(cafile=certificate[0])
    connection = http.client.HTTPSConnection("localhost", server.port, timeout=300, context=context)
    with contextlib.closing(connection):
        connection.request("GET", "/metrics")
        return families(connection.getresponse().read().decode())


def test_rules_dashboard_and_dead_man(watched, sink, serve, tmp_path, certificate):
    w = watched
    w.server.silence(alertname="Silenced")
    w.server.alert({"alertname": "Some", "severity": "warning"}, {"alertname": "Silenced"})
    sink.wait(1, lambda r: r["path"] == "/hook")
    w.until("nothing is suppressed", lambda: w.server.metric("alertmanager_notifications_suppressed_total"))
    w.until("no delivery to a person", lambda: w.server.metric("tocsin_recipient_deliveries_total") is not None)
    # all that rules and dashboard speak of is there
    there = families(w.server.request("GET", "/metrics")[2].decode()) | web_tls_families(serve, sink, tmp_path, certificate)
    rules = [r for g in yaml.safe_load(RULES.read_text())["groups"] for r in g["rules"]]
    for what, expression in [(r["alert"], r["expr"]) for r in rules] + dashboard_queries():
        assert used(expression) <= there, (what, used(expression) - there)

    # every rule is evaluated, and those fire that should: the watchdog, and that nobody answers where the etcd should be
    def evaluated():
        data = w.ask("rules")
        found = [r for g in data["groups"] for r in g["rules"]] if data else []
        return len(found) == len(rules) and all(r["health"] == "ok" for r in found)

    w.until("rules that cannot be evaluated", evaluated)
    w.until("no watchdog", lambda: w.server.get("/api/v2/alerts", filter="alertname=Watchdog"))

    # every query of the dashboard has an answer
    def answered(expression):
        expression = re.sub(r"\$(job|instance)\b", ".*", expression).replace("$__rate_interval", "1m")
        data = w.ask("query", query=expression)
        return data and data["result"]

    for title, expression in dashboard_queries():
        w.until((title, expression), lambda e=expression: answered(e))

    # the dead man's switch: pings for as long as all of the way is open, and the page knows a heartbeat that stopped
    before = len([r for r in sink.items if r["path"] == "/dead-man"])
    sink.wait(before + 2, lambda r: r["path"] == "/dead-man")
    assert [h["missing_since"] for h in w.server.get("/api/ext/v1/status")["heartbeats"]] == [None]
