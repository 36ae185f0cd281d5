# SPDX-License-Identifier: Apache-2.0
"""Text messages through a real Kannel."""
import subprocess
import threading
import time

import pytest

from lib.kannel import SERVICE, Kannel
from lib.server import BINARY

CONFIG = """
route: {{receiver: phone, group_by: [alertname], group_wait: 100ms, group_interval: 60s}}
receivers:
  - name: phone
    sms_configs:
      - provider: kannel
        url: {url}
        username: tocsin
        password_file: {password}
        from: ALERTS
        to: ['+905551112233', '{{{{ .CommonLabels.phone }}}}']
        {more}
"""


@pytest.fixture
def kannel(tmp_path):
    k = Kannel(tmp_path / "kannel")
    yield k
    k.close()


def start(serve, kannel, tmp_path, more=""):
    password = tmp_path / "password"
    password.write_text("secret\n")
    return serve(CONFIG.format(url=kannel.url, password=password, more=more))


def test_each_phone_gets_one_short_message(serve, kannel, tmp_path):
    server = start(serve, kannel, tmp_path)
    server.alert(alertname="DiskFull", phone="+905559998877", instance="db1")
    messages = kannel.wait(2)
    assert {m["to"] for m in messages} == {"+905551112233", "+905559998877"}
    assert all("DiskFull" in m["text"] and m["from"] == "ALERTS" and len(m["text"]) <= 160 for m in messages)
    assert len(kannel.items) == 2


def test_other_alphabets_arrive_whole(serve, kannel, tmp_path):
    server = start(serve, kannel, tmp_path, more="text: 'Veri kaybı: {{ .CommonLabels.alertname }} ğüşİ 데이터 손실'")
    server.alert(alertname="PostgreSQL")
    assert kannel.wait(1)[0]["text"] == "Veri kaybı: PostgreSQL ğüşİ 데이터 손실"


HEARD = """
route: {{receiver: phone, group_by: [alertname], group_wait: 10ms, group_interval: 60s}}
gateways:
  - name: main
    preset: kannel
    url: {kannel}
    username: tocsin
    password: secret
    from: "2222"
    hear: {{reports: true, replies: ["+905551112233"], secret: t/k, url: "{server}"}}
receivers: [{{name: phone, sms_configs: [{{gateways: [main], to: ["+905551112233"], text: "{{{{ .CommonLabels.alertname }}}}"}}]}}]
"""


def test_what_the_network_reports_and_what_people_answer_is_heard(serve, tmp_path):
    """Kannel is told where to reach the server when that is known, which it is after the start."""
    server = serve("{route: {receiver: none}, receivers: [{name: none}]}")
    kannel = Kannel(tmp_path / "kannel", SERVICE.format(url=server.url + "/api/ext/v1/sms/main/reply", token="t%%2Fk"))
    try:
        server.reload(HEARD.format(kannel=kannel.url, server=server.url))
        server.alert(alertname="DiskFull")
        assert [m["text"] for m in kannel.wait(1)] == ["DiskFull"]
        until = time.monotonic() + 300
        while [d["state"] for d in server.get("/api/ext/v1/deliveries")["items"]] != ["delivered"]:
            assert time.monotonic() < until, server.get("/api/ext/v1/deliveries")
            time.sleep(0.05)
        kannel.say("+905551112233", "2222", "Ack")
        answer = kannel.wait(2)[1]
        assert (answer["from"], answer["to"], answer["text"]) == ("2222", "+905551112233", "ACK DiskFull: 1 alert")
        assert [s["createdBy"] for s in server.get("/api/v2/silences")] == ["phone ...2233"]
    finally:
        kannel.close()


def test_a_failed_recipient_is_retried_alone(serve, sink, tmp_path):
    refused = iter([True])

    def gateway(request):
        if "to=%2B905559998877" in request["query"] and next(refused, False):
            return 503, {}, b"Temporal failure, try again later."
        return 202, {}, b"0: Accepted for delivery"

    sink.replies["/send"] = gateway
    password = tmp_path / "password"
    password.write_text("secret")
    server = serve(CONFIG.format(url=sink.url + "/send", password=password, more=""))
    server.alert(alertname="A", phone="+905559998877")
    tried = sink.wait(3)
    to = ["5559998877" if "5559998877" in r["query"] else "5551112233" for r in tried]
    assert sorted(to) == ["5551112233", "5559998877", "5559998877"]
    assert server.metric('alertmanager_notifications_failed_total{integration="sms",reason="other"}') in (0, None)


def test_who_was_served_is_not_told_again_by_the_next_flush(serve, sink, tmp_path):
    """One phone's network is down for longer than a flush lasts: the other hears of the alert once."""
    down = {"to": "5559998877"}

    def gateway(request):
        if down["to"] in request["query"]:
            return 503, {}, b"Temporal failure, try again later."
        return 202, {}, b"0: Accepted for delivery"

    sink.replies["/send"] = gateway
    password = tmp_path / "password"
    password.write_text("secret")
    config = CONFIG.replace("group_interval: 60s", "group_interval: 1s")
    server = serve(config.format(url=sink.url + "/send", password=password, more=""))
    server.alert(alertname="A", phone="+905559998877")
    server.wait_log("notify retry canceled", 30)
    sink.wait(len(sink.items) + 1)  # the next flush has begun, so the outcome of the last one is on disk
    server.kill()
    # Alertmanager has no use for who was served.
    subprocess.run([BINARY, "export", "--storage.path", server.dir / "data", tmp_path], check=True)
    assert b"5551112233" not in (tmp_path / "nflog").read_bytes()
    down["to"] = "nobody"
    before = len(sink.items)
    server.start()
    sink.wait(before + 1)
    assert "5559998877" in sink.items[-1]["query"]
    assert len([r for r in sink.items if "5551112233" in r["query"]]) == 1


MANY = """
route: {{receiver: phone, group_by: [alertname], group_wait: 10ms, group_interval: 1s}}
receivers:
  - name: phone
    sms_configs:
      - {{provider: kannel, url: {url}, username: u, password: p, to: {to}{more}}}
"""


@pytest.mark.alone
@pytest.mark.parametrize("how", ["breaks off", "hangs"])
def test_a_number_that_gets_no_answer_holds_back_no_other(serve, sink, how):
    """The first of twenty gets none: all others are served at once and once."""
    bad, release = "5550000000", threading.Event()

    def gateway(request):
        if bad in request["query"]:
            if how == "hangs":
                release.wait(60)
            raise ConnectionError
        return 202, {}, b"0: Accepted for delivery"

    sink.replies["/send"] = gateway
    to = [f"+{int(bad) + n}" for n in range(20)]
    server = serve(MANY.format(url=sink.url + "/send", to=to, more=", timeout: 1s" if how == "hangs" else ""))
    server.alert(alertname="A")
    served = max(r["at"] for r in sink.wait(19, lambda r: bad not in r["query"]))
    server.wait_log("1 of 20 recipients not served")
    tried = [r["at"] for r in sink.wait(3, lambda r: bad in r["query"])]
    release.set()
    others = [r["query"] for r in sink.items if bad not in r["query"]]
    assert len(others) == len(set(others)) == 19
    # None had to wait until the bad one was given up.
    assert served < tried[-1]
    server.stop()


def test_a_number_given_up_beside_one_served_is_counted(serve, sink):
    sink.replies["/send"] = lambda request: (202, {}, b"0: Accepted for delivery") if "to=%2B1" in request["query"] else \
        (403, {}, b"Not routable. Do not try again.")
    server = serve(MANY.format(url=sink.url + "/send", to=["+1", "+2", "+3"], more=""))
    server.alert(alertname="A")
    server.wait_metric('tocsin_recipients_given_up_total{integration="sms"}', 2)
    server.wait_log("Notification of one of several recipients was given up")
    assert server.metric('alertmanager_notification_requests_failed_total{integration="sms"}') == 0
    server.stop()


def test_numbers_that_hang_are_given_time_to_share(serve, sink):
    """Without a timeout of their own, as many as are asked at once hang; the rest is served in the same attempt."""
    release = threading.Event()

    def gateway(request):
        if "555000000" in request["query"]:
            release.wait(60)
            raise ConnectionError
        return 202, {}, b"0: Accepted for delivery"

    sink.replies["/send"] = gateway
    to = [f"+{5550000000 + n}" for n in range(13)]
    server = serve(MANY.format(url=sink.url + "/send", to=to, more=""))
    server.alert(alertname="A")
    sink.wait(3, lambda r: "555000001" in r["query"])
    server.wait_log("10 of 13 recipients not served", 30)
    release.set()
    server.stop()
