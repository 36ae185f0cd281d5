# SPDX-License-Identifier: Apache-2.0
"""A receiver that hangs, refuses or drips delays nobody else."""
import socket
import threading
import time

CONFIG = """
route:
  receiver: good
  group_by: [alertname]
  group_wait: 100ms
  group_interval: 1s
  routes:
    - {{receiver: bad, matchers: [to=bad]}}
receivers:
  - {{name: good, webhook_configs: [{{url: "{url}/good"}}]}}
  - name: bad
    webhook_configs:
      - {{url: "http://127.0.0.1:{hang}/"}}
      - {{url: "http://127.0.0.1:1/"}}
      - {{url: "http://127.0.0.1:{drip}/"}}
    email_configs:
      - {{to: a@b.c, from: d@e.f, smarthost: "127.0.0.1:{hang}", require_tls: false}}
"""


class Drip:
    """Accepts connections; with `text` sends it a byte at a time, without says nothing."""

    def __init__(self, text=b""):
        self.text = text
        self.stop = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=100)
        self.port = self.listener.getsockname()[1]
        self.open = []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.open.append(connection)
            if self.text:
                threading.Thread(target=self.drip, args=(connection,), daemon=True).start()

    def drip(self, connection):
        for byte in self.text:
            if self.stop.wait(0.2):
                return
            try:
                connection.sendall(bytes([byte]))
            except OSError:
                return

    def close(self):
        self.stop.set()
        self.listener.close()
        for connection in self.open:
            connection.close()


def test_bad_receivers_delay_nobody(serve, sink):
    hang, drip = Drip(), Drip(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + b"x" * 100000)
    try:
        server = serve(CONFIG.format(url=sink.url, hang=hang.port, drip=drip.port))
        for n in range(30):
            server.alert(alertname=f"Bad{n}", to="bad")
        # Each bad one is waited for at least ten seconds: good ones behind them all would come after minutes.
        with server.promptly(5):
            for n in range(30):
                server.alert(alertname=f"Good{n}", to="good")
            sink.wait(30, timeout=100)
        with server.promptly(1):
            assert server.request("GET", "/-/healthy")[0] == 200
        server.stop()
    finally:
        hang.close()
        drip.close()


def test_a_failing_receiver_is_retried_and_the_other_one_is_not_repeated(serve, sink):
    answers = iter([500, 503, 500])
    sink.replies["/flaky"] = lambda request: next(answers, 200)
    server = serve("""
route: {{receiver: two, group_by: [alertname], group_wait: 100ms, group_interval: 60s}}
receivers:
  - name: two
    webhook_configs: [{{url: "{url}/flaky"}}, {{url: "{url}/steady"}}]
""".format(url=sink.url))
    server.alert(alertname="A")
    sink.wait(4, lambda r: r["path"] == "/flaky", timeout=300)
    assert len([r for r in sink.items if r["path"] == "/steady"]) == 1
    bodies = {r["body"] for r in sink.items if r["path"] == "/flaky"}
    assert len(bodies) == 1
    server.wait_log("Notify attempt failed, will retry later")


DEAR = """
route: {{receiver: dear, group_by: [alertname], group_wait: 10ms, group_interval: 1h}}
receivers:
  - name: dear
    slack_configs:
      - {{api_url: "{url}/slack", channel: c, title: '{{{{ range 1000000000 }}}}{{{{ end }}}}', text: late}}
"""


def test_dear_templates_leave_room_for_others(serve, sink):
    """Each takes all the steps there are; together they may not hold the loop for longer than one does."""
    server = serve(DEAR.format(url=sink.url))
    server.alert(alertname="First")
    server.wait_log("A template failed")
    count, slowest = 12, 0
    begun, end = server.all_seconds(), time.monotonic() + 300
    server.alert(*({"alertname": f"A{i}"} for i in range(count)))
    answered = server.loop_seconds()
    while len(sink.items) <= count:
        # As often as somebody may ask: one answer after the other cost more than what is measured.
        time.sleep(0.02)
        assert server.request("GET", "/-/healthy")[0] == 200
        until = server.loop_seconds()
        slowest, answered = max(slowest, until - answered), until
        assert time.monotonic() < end
    took = server.all_seconds() - begun
    print(f"{count} notifications in {took:.2f} s of CPU, for the slowest answer meanwhile {slowest:.2f} s")
    assert slowest < took / 2
