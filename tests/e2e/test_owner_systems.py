# SPDX-License-Identifier: Apache-2.0
"""The systems of contrib/examples with their own rules and configurations: a real Prometheus sees something fail, and the
people get their messages in their language, once for each cause. (ALT_LAS has test_owner.py; here are its messages.)"""
import contextlib
import datetime
import email
import email.policy
import http.client
import json
import re
import subprocess
import time

import pytest
import yaml

from lib.ports import free_port
from lib.prometheus import Exporter, Prometheus
from lib.server import AUTHORITIES, BINARY, ROOT

EXAMPLES = ROOT / "contrib/examples"
SYSTEMS = sorted(d.name for d in EXAMPLES.iterdir() if (d / "alertmanager.yml").exists())
EXTENDED = {"alt_las"}
PATIENCE = 300


class Grows:
    """A counter: more by `step` each time that it is scraped."""

    def __init__(self, step):
        self.step, self.value = step, 0

    def __format__(self, _):
        self.value += self.step
        return str(self.value)


def test_every_system_has_rules():
    assert {name.replace("-", "_") for name in SYSTEMS} <= {p.name.split(".")[0] for p in (ROOT / "rules").iterdir()}


@pytest.mark.parametrize("name", SYSTEMS)
def test_the_configuration_is_right(name):
    path = EXAMPLES / name / "alertmanager.yml"
    done = subprocess.run([BINARY, "check-config", path], check=True, capture_output=True, text=True)
    assert "SUCCESS" in done.stdout
    # the files of secrets are on the machines where it runs
    assert all("/etc/alertmanager/secrets/" in line for line in done.stderr.splitlines()), done.stderr
    if name not in EXTENDED:
        subprocess.run(["amtool", "check-config", path], check=True, capture_output=True)


def nearby(name, sink, mail):
    """The configuration as it is, its receivers here, its groups in a hurry, and its intervals never or always."""
    config = yaml.safe_load((EXAMPLES / name / "alertmanager.yml").read_text())
    language = {k: v for k, v in config["global"].items() if k in ("smtp_extras", "smtp_language", "smtp_time_zone")}
    config["global"] = {**language, "smtp_smarthost": f"127.0.0.1:{mail.port}", "smtp_from": "alerts@example.org", "smtp_require_tls": False,
                        "slack_api_url": f"{sink.url}/slack"}
    for key in ("templates", "rule_files"):
        if key in config:
            config[key] = [str(EXAMPLES / name / pattern) for pattern in config[key]]

    def hurry(route):
        for key in ("group_wait", "group_interval"):
            if key in route:
                route[key] = "1s"
        for child in route.get("routes", []):
            hurry(child)

    hurry(config["route"])
    for receiver in config["receivers"]:
        for hook in receiver.get("webhook_configs", []):
            hook["url"] = f"{sink.url}/{receiver['name']}"
        for sms in receiver.get("sms_configs", []):
            del sms["password_file"]
            sms.update(provider="kannel", url=f"{sink.url}/sms", password="x")
    return config


def at_times(config, now):
    """All time intervals hold now, or never."""
    month = datetime.date.today().month
    for interval in config["time_intervals"]:
        interval["time_intervals"] = [{"months": ["1:12" if now else str((month + 5) % 12 + 1)]}]
    return yaml.safe_dump(config)


def subject(item):
    return email.message_from_bytes(item["data"], policy=email.policy.default)["Subject"]


def text_of(item):
    return email.message_from_bytes(item["data"], policy=email.policy.default).get_body(("plain",)).get_content()


class World:
    def __init__(self, name, directory, serve, sink, mail, jobs, text=None):
        self.sink, self.mail = sink, mail
        sink.replies["/slack"] = (200, {"Content-Type": "text/plain"}, b"ok")
        sink.replies["/sms"] = 202
        self.config = nearby(name, sink, mail)
        self.server = serve(text(self.config) if text else yaml.safe_dump(self.config), env={**AUTHORITIES, "TZ": "Asia/Seoul"})
        self.exporters = {job: Exporter() for job in jobs}
        rules = directory / "rules.yml"
        text = (ROOT / f"rules/{name.replace('-', '_')}.rules.yml").read_text()
        rules.write_text(re.sub(r"^( +for:).*$", r"\1 0s", text, flags=re.M))
        self.prometheus = Prometheus(directory / "prometheus", rules, f"{self.server.host}:{self.server.port}",
                                     {job: (self.exporters[job].address, labels) for job, labels in jobs.items()}, again=True)

    def set(self, job, **metrics):
        for series, value in metrics.pop("more", {}).items():
            self.exporters[job].metrics[series] = value
        self.exporters[job].metrics.update(metrics)

    def stop(self, *jobs):
        """They answer no more."""
        for job in jobs:
            self.exporters.pop(job).close()

    def alerts(self, alertname):
        """As their groups have them, which say what intervals hold back."""
        groups = self.server.get("/api/v2/alerts/groups")
        return [a for g in groups for a in g["alerts"] if a["labels"]["alertname"] == alertname]

    def wait_alerts(self, alertname, good, count=1):
        end = time.monotonic() + PATIENCE
        while sum(1 for a in self.alerts(alertname) if good(a)) < count:
            assert time.monotonic() < end, (alertname, self.server.get("/api/v2/alerts"))
            time.sleep(0.1)

    def mails(self, part):
        return self.mail.wait(1, lambda m: part in subject(m), PATIENCE)

    def posts(self, path, part):
        return self.sink.wait(1, lambda r: r["path"] == path and part in r["body"].decode(), PATIENCE)

    def slack(self, part):
        def fits(r):
            return r["path"] == "/slack" and part in r["json"]["attachments"][0]["title"]
        return self.sink.wait(1, fits, PATIENCE)[0]["json"]["attachments"][0]

    def close(self):
        self.prometheus.close()
        for e in self.exporters.values():
            e.close()


@pytest.fixture
def world(tmp_path, serve, sink, mail_sink):
    worlds = []

    def make(name, jobs, **more):
        worlds.append(World(name, tmp_path, serve, sink, mail_sink(), jobs, **more))
        return worlds[-1]

    yield make
    for w in worlds:
        w.close()


def inhibited(alert):
    return alert["status"]["inhibitedBy"]


def test_alt_las_speaks_turkish(serve, sink, mail_sink):
    sink.replies["/slack"] = (200, {"Content-Type": "text/plain"}, b"ok")
    sink.replies["/sms"] = 202
    mail = mail_sink()
    server = serve(yaml.safe_dump(nearby("alt_las", sink, mail)), env=AUTHORITIES)
    alert = {"labels": {"alertname": "ServiceDown", "service": "archive-service", "severity": "critical", "resource": "application",
                        "page": "true"}, "annotations": {"summary": "archive-service", "runbook_url": "https://runbooks.example/archive"}}
    server.alert(alert)
    [told] = mail.wait(1, lambda m: "archive-service" in subject(m), PATIENCE)
    assert subject(told).startswith("[AKTİF:1]") and "KRİTİK" in text_of(told) and "Müdahale kılavuzu" in text_of(told)
    sms = sink.wait(1, lambda r: r["path"] == "/sms")[0]
    assert "to=%2B905551112233" in sms["query"]
    slack = sink.wait(1, lambda r: r["path"] == "/slack")[0]["json"]["attachments"][0]
    assert slack["title"].startswith("[KRİTİK]") and "Başlangıç: " in slack["text"]
    # the inhibition of rules/inhibition.yml
    server.alert(alertname="CpuHigh", service="archive-service", severity="warning", resource="cpu")
    [muted] = server.get("/api/v2/alerts", filter="alertname=CpuHigh")
    assert muted["status"]["inhibitedBy"]
    server.resolve(**alert["labels"])
    mail.wait(1, lambda m: "ÇÖZÜLDÜ" in subject(m), PATIENCE)


def test_streaming_layer_by_layer(world):
    jobs = {"revproxy": {}, "redpanda-1": {"job": "redpanda"}, "redpanda-2": {"job": "redpanda"}, "anomaly-worker": {}, "clickhouse": {}}
    w = world("streaming", jobs)
    # the front is slow: a warning by mail; then gone: whoever is on call, by a hook too
    w.set("revproxy", probe_success=1, probe_duration_seconds=0.9)
    [mail] = w.mails("[UYARI] revproxy warning: Revproxy yanıt süresi 900ms")
    assert mail["to"] == ["ekip@streaming.example"] and "yük testinde 200–300 ms" in text_of(mail)
    w.set("revproxy", probe_success=0)
    w.mails("[KRİTİK] revproxy critical: Revproxy üzerinden")
    w.posts("/nobetci", "RevproxyDown")
    # two brokers are one cause
    w.stop("redpanda-1", "redpanda-2")
    w.mails("[KRİTİK] stream critical: Redpanda: 2 broker çalışmıyor")
    w.wait_alerts("RedpandaBrokerDown", inhibited, 2)
    # a database
    w.stop("clickhouse")
    w.mails("[KRİTİK] db critical: ClickHouse")
    # what the model finds goes to the pipeline, by source, and to nobody's mail
    w.set("anomaly-worker", more={'anomaly_worker_anomalies_total{source="cpu"}': Grows(1)})
    [told] = w.posts("/anomali", "AnomalyFound")
    assert told["json"]["groupLabels"] == {"source": "cpu"} and "cpu kaynağında" in told["json"]["commonAnnotations"]["summary"]
    assert not [m for m in w.mail.items if "anomali" in subject(m)]


def test_data_platform_by_environment(world):
    jobs = {"dremio": {"environment": "production", "service": "dremio"}, "front": {"environment": "production", "service": "dremio"},
            "superset": {"environment": "staging", "service": "superset"}, "airbyte": {"environment": "development", "service": "airbyte"},
            "backup": {"environment": "production"}}
    w = world("data-platform", jobs, text=lambda c: at_times(c, now=False))
    w.set("front", probe_success=0)
    w.set("backup", more={'backup_last_success_timestamp_seconds{kind="incremental"}': int(time.time()) - 8 * 3600})
    w.stop("dremio", "superset", "airbyte")
    # production: mail, Slack and a hook, and its front is not told of beside it
    w.wait_alerts("EndpointDown", inhibited)
    [mail] = w.mails("[KRİTİK] production dremio: dremio çalışmıyor")
    assert mail["to"] == ["platform@example.com"] and "Hedef kurtarma süresi: bir saat." in text_of(mail)
    w.posts("/nobetci", "dremio")
    w.slack("[KRİTİK] production dremio")
    # staging: the channel alone; backups: who brings them back
    w.slack("[KRİTİK] staging superset")
    w.mail.wait(1, lambda m: m["to"] == ["felaket-kurtarma@example.com"] and "Son artımlı yedek 8h" in subject(m), PATIENCE)
    assert not [m for m in w.mail.items if "staging" in subject(m)]
    # development waits for the morning
    w.wait_alerts("ServiceDown", lambda a: a["status"]["mutedBy"] == ["mesai"])
    assert not [m for m in w.mail.items if "development" in subject(m)]
    assert w.server.reload(at_times(w.config, now=True))[0] == 200
    w.mails("[KRİTİK] development airbyte: airbyte çalışmıyor")


def test_christmas_trades(world):
    w = world("christmas", {"api": {}, "trading": {}}, text=lambda c: at_times(c, now=False))
    w.set("api", more={'http_requests_total{status="200"}': Grows(80), 'http_requests_total{status="500"}': Grows(20)})
    w.set("trading", more={'signals_total{strategy="reversal"}': 7, 'portfolio_pnl_ratio{strategy="momentum"}': -0.06})
    # a loss: the desk by both ways, without the warning of the same
    attachment = w.slack("[심각] DailyLoss trading: 손실 한도를 넘었습니다")
    assert "momentum 전략의 오늘 손익은 -6%입니다." in attachment["text"] and "KST" in attachment["text"]
    w.mails("[심각] DailyLoss trading: 손실 한도를 넘었습니다")
    w.wait_alerts("DailyLoss", lambda a: a["labels"]["severity"] == "warning" and inhibited(a))
    # errors: mail and Slack
    [mail] = w.mails("[심각] HighErrorRate")
    assert "API 오류율이 5%를 넘었습니다 (현재 20.0%)." in text_of(mail)
    w.slack("[심각] HighErrorRate")
    # signals are missed while the exchange is open
    w.wait_alerts("NoSignals", lambda a: a["status"]["mutedBy"] == ["exchange"])
    assert not [r for r in w.sink.items if "NoSignals" in r["body"].decode()]
    assert w.server.reload(at_times(w.config, now=True))[0] == 200
    w.slack("[경고] NoSignals trading: 매매 신호가 없습니다")
    # and the end of it
    w.set("trading", more={'portfolio_pnl_ratio{strategy="momentum"}': 0.01})
    w.mails("[해결됨] DailyLoss trading")


def test_restaurant_one_cause_one_message(world):
    jobs = {"node": {"node": "n1"}, "user": {"service": "user-service", "node": "n1"}, "iot": {"service": "iot-service", "node": "n2"},
            "order": {"service": "order-service", "node": "n2"}}
    w = world("restaurant", jobs)
    devices = 20
    w.set("iot", iot_devices_expected=devices,
          more={f'iot_device_last_seen_timestamp_seconds{{device="d{i}",kind="냉장고"}}': int(time.time()) - 600 for i in range(devices)})
    w.set("order", more={'orders_total{status="done"}': Grows(9), 'orders_total{status="failed"}': Grows(1)})
    # many devices are one message for the people, in 10 s of waiting as it stands, and one for the shop's program
    w.slack("[심각] iot-service critical: IoT 기기의 100%가 오프라인입니다")
    w.wait_alerts("IotDeviceOffline", inhibited, devices)
    w.posts("/shop", "IotDevicesOffline")
    assert len([r for r in w.sink.items if r["path"] == "/slack" and "iot-service" in r["json"]["attachments"][0]["title"]]) <= devices // 10
    # orders: whoever is on call, and the shop
    [mail] = w.mails("[심각] order-service critical: 주문의 10%가 실패하고 있습니다")
    assert mail["to"] == ["oncall@restaurant.local"] and "종이 주문서" in text_of(mail)
    w.posts("/shop", "OrdersFail")
    # a node takes its services with it
    w.stop("node", "user")
    w.slack("[심각] kubernetes critical: 노드 n1가 응답하지 않습니다")
    w.wait_alerts("ServiceDown", inhibited)


@pytest.fixture
def nginx(tmp_path):
    """nginx(text): started with that configuration."""
    started = []

    def start(text):
        path = tmp_path / "nginx.conf"
        path.write_text(f"daemon off;\nerror_log {tmp_path}/error.log;\npid {tmp_path}/nginx.pid;\n" + text)
        started.append(subprocess.Popen(["/usr/sbin/nginx", "-p", tmp_path, "-c", path, "-e", tmp_path / "error.log"],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))

    yield start
    for process in started:
        process.terminate()
        process.wait(300)


def test_streaming_has_nginx_in_front(serve, nginx, tmp_path):
    front = free_port()
    server = serve("route: {receiver: none}\nreceivers: [{name: none}]\n", f"--web.external-url=http://127.0.0.1:{front}/alertmanager/")
    text = (EXAMPLES / "streaming/nginx.conf").read_text()
    temporary = " ".join(f"{kind}_temp_path {tmp_path}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    for old, new in [("listen 80;", f"listen 127.0.0.1:{front};"), ("alertmanager:9093", f"127.0.0.1:{server.port}"),
                     ("http {", f"http {{ access_log off; {temporary}"), ("resolver 127.0.0.11 valid=10s;", "")]:
        assert old in text, old
        text = text.replace(old, new)
    nginx(text)

    def ask(method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", front, timeout=300)
        with contextlib.closing(connection):
            connection.request(method, path, body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            return response.status, response.headers, response.read()

    end = time.monotonic() + PATIENCE
    while True:
        try:
            status, _, page = ask("GET", "/alertmanager/")
            break
        except OSError:
            assert time.monotonic() < end, (tmp_path / "error.log").read_text()
            time.sleep(0.1)
    assert status == 200 and b"<html" in page
    assert ask("GET", "/alertmanager")[0] == 301
    assert ask("POST", "/alertmanager/api/v2/alerts", json.dumps([{"labels": {"alertname": "Front"}}]))[0] == 200
    assert b"Front" in ask("GET", "/alertmanager/api/v2/alerts")[2]
    assert ask("GET", "/alertmanager/metrics")[0] == 403
    assert ask("GET", "/")[0] == 502
