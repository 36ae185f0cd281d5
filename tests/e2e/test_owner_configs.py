# SPDX-License-Identifier: Apache-2.0
"""Configurations as operators write them down for Alertmanager: they start unchanged and do what they say."""
import email
import email.policy
import subprocess

import pytest

from lib.server import BINARY

SLACK = """
global:
  resolve_timeout: 5m
  slack_api_url: 'https://hooks.slack.example/services/YOUR/SLACK/WEBHOOK'

route:
  group_by: ['alertname', 'job']
  group_wait: 30s
  group_interval: 5m
  repeat_interval: 4h
  receiver: 'slack'

receivers:
- name: 'slack'
  slack_configs:
  - channel: '#alerts'
    send_resolved: true
    title: "{{ .GroupLabels.alertname }}"
    text: "{{ range .Alerts }}{{ .Annotations.description }}\\n{{ end }}"
"""
MAIL = """
route: {receiver: mail, group_wait: 30s}
receivers:
- name: 'mail'
  email_configs:
  - to: 'alerts@example.com'
    from: 'alertmanager@example.com'
    smarthost: 'smtp.example.com:587'
    auth_username: 'alertmanager'
    auth_password: 'password'
    require_tls: true
"""
# Keys of several years side by side: match and matchers, muting by its old name, an old inhibition.
OLD_AND_NEW = """
global:
  resolve_timeout: 5m
route:
  receiver: default
  group_by: [alertname, cluster, service]
  routes:
  - match: {severity: critical}
    receiver: pager
    group_wait: 10s
    continue: true
  - match_re: {service: mysql|cassandra}
    receiver: dba
    mute_time_intervals: [weekend]
  - matchers: [namespace =~ "dev-.*", 'team = "a b"']
    receiver: "null"
inhibit_rules:
- source_match: {severity: critical}
  target_match_re: {severity: warning|info}
  equal: [alertname, cluster]
mute_time_intervals:
- name: weekend
  time_intervals:
  - weekdays: [saturday, sunday]
receivers:
- name: default
  webhook_configs: [{url: 'http://127.0.0.1:5001/'}]
- name: pager
  pagerduty_configs: [{service_key: key}]
- name: dba
- name: "null"
templates: ['/etc/alertmanager/template/*.tmpl']
"""


@pytest.mark.parametrize("text", [SLACK, MAIL, OLD_AND_NEW], ids=["slack", "mail", "old-and-new"])
def test_it_starts_and_shows_itself(serve, tmp_path, text):
    server = serve(text)
    shown = server.get("/api/v2/status")["config"]["original"]
    assert "YOUR/SLACK" not in shown and "auth_password: password" not in shown
    # what it shows may be loaded again
    (tmp_path / "shown.yml").write_text(shown)
    subprocess.run([BINARY, "check-config", tmp_path / "shown.yml"], check=True, capture_output=True)
    assert server.reload()[0] == 200


def test_slack_messages(serve, sink):
    sink.replies["/hook"] = (200, {"Content-Type": "text/plain"}, b"ok")
    text = SLACK.replace("https://hooks.slack.example/services/YOUR/SLACK/WEBHOOK", f"{sink.url}/hook")
    server = serve(text.replace("30s", "500ms").replace("group_interval: 5m", "group_interval: 1s"))
    alerts = [{"labels": {"alertname": "HighCpuUsage", "job": "api", "instance": i, "severity": "warning"},
               "annotations": {"description": f"CPU usage of {i} is above 80%"}} for i in "ab"]
    server.alert(*alerts)
    message = sink.wait(1)[0]["json"]
    attachment = message["attachments"][0]
    assert message["channel"] == "#alerts" and attachment["title"] == "HighCpuUsage"
    assert attachment["text"] == "CPU usage of a is above 80%\nCPU usage of b is above 80%\n"
    assert attachment["color"] == "danger"
    for a in alerts:
        server.resolve(**a["labels"])
    sink.wait(1, lambda r: r["json"]["attachments"][0]["color"] == "good")


def test_mail_by_starttls(serve, mail_sink, certificate):
    mail = mail_sink(certificate=certificate, users={"alertmanager": "password"})
    text = MAIL.replace("smtp.example.com:587", f"localhost:{mail.port}").replace("30s", "100ms")
    text += f"    tls_config: {{ca_file: {certificate[0]}}}\n"
    server = serve(text)
    server.alert(alertname="DatabaseConnections", severity="warning")
    item = mail.wait(1)[0]
    message = email.message_from_bytes(item["data"], policy=email.policy.default)
    assert message["To"] == "alerts@example.com" and message["From"] == "alertmanager@example.com"
    assert "[FIRING:1]" in message["Subject"] and "DatabaseConnections" in message.get_body().get_content()


def test_routes_of_old_and_new_keys(serve):
    server = serve(OLD_AND_NEW)
    server.alert(alertname="A", cluster="c", severity="critical", service="mysql")
    server.alert(alertname="A", cluster="c", severity="warning", service="web")
    server.alert(alertname="A", cluster="d", severity="warning", namespace="dev-1", team="a b")
    listed = {(a["labels"]["cluster"], a["labels"]["severity"]): a for a in server.get("/api/v2/alerts")}
    receivers = {k: [r["name"] for r in a["receivers"]] for k, a in listed.items()}
    assert receivers == {("c", "critical"): ["pager", "dba"], ("c", "warning"): ["default"], ("d", "warning"): ["null"]}
    assert listed["c", "warning"]["status"]["state"] == "suppressed"
    assert listed["c", "warning"]["status"]["inhibitedBy"] == [listed["c", "critical"]["fingerprint"]]
    assert listed["d", "warning"]["status"]["inhibitedBy"] == []
