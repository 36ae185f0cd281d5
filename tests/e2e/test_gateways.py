# SPDX-License-Identifier: Apache-2.0
"""Text messages through gateways of several providers, one after the other; what they report; what people answer."""
import json
import time

import pytest

from lib.gateways import Gateways, number, post, twilio_signature
from lib.modem import SMSD, Modem
from lib.ports import free_ports
from lib.server import Server

TOKEN = "auth-token"
CONFIG = """
route:
  receiver: phones
  group_by: [alertname]
  group_wait: 10ms
  group_interval: 1s
  routes:
    - {{matchers: [alertname=Lost], receiver: lost}}
    - {{matchers: [alertname=Leak], receiver: leak}}
    - {{matchers: [alertname=Modem], receiver: modem}}
    - {{matchers: ['alertname=~"Metered.*"'], receiver: metered}}
gateways:
  - name: main
    preset: twilio
    url: {fake}/twilio
    account: AC1
    password: {token}
    from: "+15005550006"
    hear: {{reports: true}}
  - {{name: careful, preset: twilio, url: {fake}/twilio, account: AC1, password: {token}, from: ALERTS, on_unknown: give_up}}
  - {{name: dead, preset: 46elks, url: "http://127.0.0.1:{closed}", username: u, password: p, from: ALERTS}}
  - {{name: nexmo, preset: vonage, url: {fake}/vonage, username: key, password: secret, from: ALERTS}}
  - name: backup
    preset: 46elks
    url: {fake}/elks
    username: u
    password: p
    from: ALERTS
    hear: {{reports: true, replies: ["{ok}"], secret: t/k}}
  - {{name: modem, preset: smstools, spool: {spool}}}
  - name: metered
    preset: twilio
    url: {fake}/twilio
    account: AC1
    password: {token}
    from: ALERTS
    per_person_hour: 1
    budget_exempt: ['severity="critical"']
receivers:
  - {{name: modem, sms_configs: [{{gateways: [modem], to: ["{ok}", "{hangs}"], text: "{{{{ .CommonLabels.alertname }}}} 디스크"}}]}}
  - name: phones
    sms_configs:
      - {{gateways: [main, backup], to: {main}, text: "{{{{ .CommonLabels.alertname }}}} 디스크"}}
      - {{gateways: [dead, nexmo, backup], to: {nexmo}, text: "{{{{ .CommonLabels.alertname }}}}"}}
  - {{name: lost, sms_configs: [{{gateways: [careful, backup], to: ["{hangs}"], timeout: 1s}}]}}
  - {{name: leak, sms_configs: [{{gateways: [main, backup], to: ["{leak}"]}}]}}
  - {{name: metered, sms_configs: [{{gateways: [metered], to: ["{metered}"], send_resolved: false}}]}}
"""


@pytest.fixture(scope="module")
def fake():
    gateways = Gateways()
    yield gateways
    gateways.close()


@pytest.fixture(scope="module")
def server(fake, tmp_path_factory):
    """All that is tried has been sent, but what hangs."""
    spool = tmp_path_factory.mktemp("spool")
    for name in ("outgoing", "sent", "failed"):
        (spool / name).mkdir()
    config = CONFIG.format(spool=spool, fake=fake.url, token=TOKEN, closed=free_ports(1)[0], ok=number("01"), hangs=number("05"), leak=number("14"), metered=number("02"),
                           main=[number(n) for n in ("01", "03", "04", "08", "10", "13")], nexmo=[number(n) for n in ("06", "07")])
    server = Server(tmp_path_factory.mktemp("gateways"), config, "--web.external-url=http://am.example.org")
    server.start()
    fake.before["10"] = lambda sid: report(server, "main", {"MessageSid": sid, "MessageStatus": "delivered"})
    server.spool = spool
    for name in ("DiskFull", "Lost", "Leak"):
        server.alert(alertname=name)
    yield server
    fake.hang.set()
    server.stop()


def report(server, gateway, form, token=TOKEN):
    path = f"/api/ext/v1/sms/{gateway}/report"
    return post(server.url + path, form, twilio_signature(token, "http://am.example.org" + path, form))


def reported(server):
    """Reports of the gateways that history has, but for those of the modem. It is asked once its database is open."""
    status, _, body = server.request("GET", "/api/ext/v1/history?kind=delivery")
    return [e for e in json.loads(body)["items"] if e["gateway"] != "modem"] if status == 200 else []


def delivery(server, end, state, gateway=None, alertname=None):
    """The one to that number, of that group, when it has come to that state."""
    until = time.monotonic() + 300
    while True:
        items = server.get("/api/ext/v1/deliveries", recipient=number(end))["items"]
        found = [d for d in items if d["state"] == state and gateway in (None, d["gateway"]) and alertname in (None, d["group"]["alertname"])]
        if found:
            return found[0]
        assert time.monotonic() < until, items
        time.sleep(0.05)


def test_each_number_is_served_by_whoever_takes_it(server, fake):
    by = {end: delivery(server, end, "accepted") for end in ("01", "03", "04", "06", "07", "08", "13")}
    assert [by[end]["gateway"] for end in ("01", "04", "06", "07", "08", "13")] == ["main", "backup", "nexmo", "backup", "main", "main"]
    assert by["01"]["provider_id"] == "SM01" and by["01"]["segments"] == 1
    # Its 201 has a body that nobody can read: taken all the same, and nothing will be heard of it.
    assert not by["13"].get("provider_id")
    # Put off twice, it is the turn of the next one.
    assert by["03"]["gateway"] == "backup" and len(fake.requests("03", "/twilio")) == 2
    for end in by:
        assert len(fake.requests(end, "/elks")) == (by[end]["gateway"] == "backup")
    assert fake.requests("01")[0]["headers"]["Authorization"].startswith("Basic ")


def test_a_request_without_an_answer_is_not_made_again_where_that_is_wanted(server, fake):
    lost = delivery(server, "05", "unknown")
    assert (lost["gateway"], lost["tries"], len(fake.requests("05"))) == ("careful", 1, 1)


def test_a_redirect_takes_no_credentials_elsewhere(server, fake):
    delivery(server, "14", "accepted")
    assert all("Authorization" not in r["headers"] for r in fake.elsewhere.items)


def test_reports_move_what_they_are_of(server):
    delivery(server, "10", "delivered")  # the report was there before the answer
    assert report(server, "main", {"MessageSid": "SM01", "MessageStatus": "delivered"}, token="another")[0] == 403
    delivery(server, "01", "accepted")
    for status in ("delivered", "delivered", "sent", "undelivered"):  # twice, and out of order
        assert report(server, "main", {"MessageSid": "SM01", "MessageStatus": status})[0] == 200
    delivery(server, "01", "delivered")
    assert report(server, "main", {"MessageSid": "SM08", "MessageStatus": "undelivered", "ErrorCode": "30003"})[0] == 200
    assert "30003" in delivery(server, "08", "failed")["error"]
    assert post(server.url + "/api/ext/v1/sms/backup/report?token=t/k", {"id": "s04", "status": "delivered"})[0] == 200
    delivery(server, "04", "delivered")
    assert report(server, "careful", {"MessageSid": "SM01", "MessageStatus": "sent"})[0] == 404
    expected = {("main", "SM10", "delivered"), ("main", "SM01", "delivered"), ("main", "SM08", "failed"), ("backup", "s04", "delivered")}
    until = time.monotonic() + 300
    while {(e["gateway"], e["provider_id"], e["state"]) for e in reported(server)} != expected:
        assert time.monotonic() < until, reported(server)
        time.sleep(0.05)


def test_replies_act_on_the_last_message(server):
    def reply(text, end="01", token="t/k"):
        return post(f"{server.url}/api/ext/v1/sms/backup/reply?token={token}", {"from": number(end), "message": text})

    delivery(server, "03", "accepted")
    assert reply("STATUS", token="x")[0] == 403
    assert reply("ack", end="03") == (200, "")  # not listed
    assert reply("what?") == (200, "Answer ACK, SIL 2h or STATUS")
    assert reply("status") == (200, "DiskFull: 1 firing")
    assert reply("'Ack '") == (200, "ACK DiskFull: 1 alert")
    assert reply("SIL 2h") == (200, "SIL 2h: DiskFull")
    assert reply("stop") == (200, "")
    made = {(s["createdBy"], s["comment"].startswith("ACK!")) for s in server.get("/api/v2/silences")}
    assert made == {("phone ...0001", True), ("phone ...0001", False)}


def test_a_modem_sends_what_lies_in_its_spool(server):
    server.alert(alertname="Modem")
    by = {end: delivery(server, end, "accepted", "modem")["provider_id"] for end in ("01", "05")}
    text = (server.spool / "outgoing" / by["01"]).read_text()
    assert text.startswith(f"To: {number('01')[1:]}\nAlphabet: UTF-8\n") and text.endswith("\n\nModem 디스크")
    (server.spool / "outgoing" / by["01"]).rename(server.spool / "sent" / by["01"])
    (server.spool / "outgoing" / by["05"]).rename(server.spool / "failed" / by["05"])
    (server.spool / "failed" / by["05"]).write_text("To: 1\nFail_reason: no network\n\n")
    assert delivery(server, "05", "failed", "modem")["error"] == "no network"
    delivery(server, "01", "accepted", "modem")
    assert [p.name for p in server.spool.glob("*/*")] != [] and not list(server.spool.glob(".*"))


MODEM = """
route: {{receiver: phone, group_by: [alertname], group_wait: 10ms, group_interval: 60s}}
gateways: [{{name: modem, preset: smstools, spool: {spool}}}]
receivers: [{{name: phone, sms_configs: [{{gateways: [modem], to: ["{{{{ .CommonLabels.phone }}}}"], text: "{{{{ .CommonLabels.text }}}}"}}]}}]
"""


@pytest.mark.skipif(not SMSD, reason="no smsd here")
def test_the_daemon_of_a_modem_takes_what_is_in_its_spool(serve, tmp_path):
    """A real smsd, which says of a number that the network refuses that it failed."""
    modem = Modem(tmp_path / "modem", fails=[number("23")])
    try:
        server = serve(MODEM.format(spool=modem.spool))
        texts = {"21": "Disk dolu: srv-ankara-12", "22": "Veri kaybı: ğüşİ öç 디스크", "23": "Disk dolu"}
        for end, text in texts.items():
            server.alert(alertname=end, phone=number(end), text=text)
        server.alert(alertname="short", phone="1550", text="Kısa numara")
        told = modem.wait(3, lambda m: m["to"] != number("23"))
        assert {(m["to"], m["alphabet"], m["text"]) for m in told} == {
            (number("21"), "GSM-7", texts["21"]), (number("22"), "UCS-2", texts["22"]), ("1550", "UCS-2", "Kısa numara")}
        assert "CMS ERROR: 500" in delivery(server, "23", "failed", "modem")["error"]
        sent = {delivery(server, end, "accepted", "modem")["provider_id"] for end in ("21", "22")}
        until = time.monotonic() + 300
        while not sent <= {p.name for p in (modem.spool / "sent").iterdir()}:
            assert time.monotonic() < until, modem.spool
            time.sleep(0.05)
    finally:
        modem.close()


def test_a_budget_keeps_all_but_what_is_exempt(server, fake):
    """When it opens, after an hour, a digest follows: unit.core.test_deliveries."""
    def tell(name, severity, state):
        server.alert(alertname=name, severity=severity)
        return delivery(server, "02", state, "metered", name)

    tell("MeteredFirst", "warning", "accepted")
    kept = tell("MeteredSecond", "warning", "suppressed")
    tell("MeteredThird", "critical", "accepted")
    assert (kept["tries"], kept["provider_id"], kept["digest"], kept["digested"]) == (0, "", False, False)
    sent = [r["body"].decode() for r in fake.requests("02")]
    assert len(sent) == 2 and not [body for body in sent if "MeteredSecond" in body]
    listed = server.get("/api/ext/v1/deliveries", state="suppressed", gateway="metered")["items"]
    assert [d["id"] for d in listed] == [kept["id"]]
    count = 'tocsin_recipient_deliveries_total{integration="sms",gateway="metered",state="%s"}'
    server.wait_metric(count % "accepted", 2)
    assert server.metric(count % "suppressed") == 1
    assert server.metric("tocsin_recipient_suppressed_messages") == 1
