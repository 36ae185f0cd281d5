# SPDX-License-Identifier: Apache-2.0
"""ALT_LAS: a real Prometheus with its rules, its routing, and e-mail, Slack, SMS and webhook at the other end."""
import email
import email.policy
import re
import subprocess

import pytest

from lib.kannel import Kannel
from lib.prometheus import Exporter, Prometheus
from lib.server import AUTHORITIES, ROOT

RULES = ROOT / "rules/alt_las.rules.yml"


def test_the_rules_are_right():
    subprocess.run(["promtool", "check", "rules", RULES], check=True, capture_output=True)
    subprocess.run(["promtool", "test", "rules", ROOT / "rules/alt_las.rules.test.yml"], check=True, capture_output=True)


def hurried(directory):
    """The rules, without the minutes that they wait."""
    path = directory / "rules.yml"
    path.write_text(re.sub(r"^( +for:).*$", r"\1 0s", RULES.read_text(), flags=re.M))
    return path


def routing(mail, http, kannel):
    """The quickstart's configuration, its receivers exchanged for the test's, and sooner."""
    text = (ROOT / "contrib/quickstart/alertmanager.yml").read_text()
    for old, new in [("127.0.0.1:2525", f"127.0.0.1:{mail.port}"), ("http://127.0.0.1:5001", http.url),
                     ("http://127.0.0.1:13013/cgi-bin/sendsms", kannel.url), ("username: alerts", "username: tocsin"),
                     ("password: quickstart", "password: secret"), ("group_wait: 10s", "group_wait: 2s"),
                     ("group_interval: 5m", "group_interval: 3s")]:
        assert old in text, old
        text = text.replace(old, new)
    return text


@pytest.fixture
def world(tmp_path, sink, mail_sink, serve):
    kannel = Kannel(tmp_path / "kannel")
    mail = mail_sink()
    server = serve(routing(mail, sink, kannel), env=AUTHORITIES)
    exporters = {name: Exporter() for name in ("api-gateway", "segmentation-service", "ai-orchestrator",
                                               "archive-service", "postgresql")}
    jobs = {name: (e.address, {"service": name, "node": "n1"}) for name, e in exporters.items()}
    sink.replies["/slack"] = (200, {"Content-Type": "text/plain"}, b"ok")
    prometheus = Prometheus(tmp_path / "prometheus", hurried(tmp_path), f"{server.host}:{server.port}", jobs)
    yield server, exporters, sink, mail, kannel
    prometheus.close()
    kannel.close()
    for e in exporters.values():
        e.close()


def subject(item):
    return email.message_from_bytes(item["data"], policy=email.policy.default)["Subject"]


def groups(sink):
    return [r["json"]["groupLabels"] for r in sink.items if r["path"] == "/webhook"]


def test_each_alert_reaches_its_people_once(world):
    server, exporters, sink, mail, kannel = world
    # a warning: mail and record, nobody else
    exporters["postgresql"].metrics['pg_stat_database_numbackends{datname="a"}'] = 90
    sink.wait(1, lambda r: r["path"] == "/webhook" and r["json"]["groupLabels"] == {
        "service": "postgresql", "severity": "warning", "resource": "application"}, timeout=300)
    mail.wait(1, lambda m: "postgresql" in subject(m) and "FIRING" in subject(m))
    assert not [r for r in sink.items if r["path"] == "/slack"] and not kannel.items
    # critical: Slack as well, and it mutes the warning
    exporters["postgresql"].metrics['pg_stat_database_numbackends{datname="a"}'] = 200
    slack = sink.wait(1, lambda r: r["path"] == "/slack", timeout=300)[0]
    assert "PostgresConnectionsHigh" in slack["json"]["attachments"][0]["title"] or "200" in str(slack["json"])
    alerts = {(a["labels"]["alertname"], a["labels"]["severity"]): a["status"] for a in server.get("/api/v2/alerts")}
    assert alerts[("PostgresConnectionsHigh", "warning")]["inhibitedBy"]
    assert not kannel.items
    # very critical: the phone too
    exporters["archive-service"].close()
    message = kannel.wait(1, timeout=300)[0]
    assert message["to"] == "+905551112233" and "archive-service" in message["text"] and len(message["text"]) <= 160
    sink.wait(1, lambda r: r["path"] == "/slack" and "archive-service" in str(r["json"]))
    mail.wait(1, lambda m: "archive-service" in subject(m))
    # once: one firing message for each group on each channel
    firing = [r for r in sink.items if r["path"] == "/webhook" and r["json"]["status"] == "firing"]
    told = [tuple(sorted(r["json"]["groupLabels"].items())) for r in firing]
    assert len(told) == len(set(told)), told
    assert len(kannel.items) == 1


def test_the_end_is_told(world):
    server, exporters, sink, mail, kannel = world
    exporters["postgresql"].metrics['pg_stat_database_numbackends{datname="a"}'] = 90
    mail.wait(1, lambda m: subject(m).startswith("[FIRING") and "postgresql" in subject(m), timeout=300)
    exporters["postgresql"].metrics['pg_stat_database_numbackends{datname="a"}'] = 3
    mail.wait(1, lambda m: subject(m).startswith("[RESOLVED") and "postgresql" in subject(m), timeout=300)
    sink.wait(1, lambda r: r["path"] == "/webhook" and r["json"]["status"] == "resolved")
