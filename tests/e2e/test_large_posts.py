# SPDX-License-Identifier: Apache-2.0
"""Bodies of very many alerts: they are taken in slices, and nobody else waits for them."""
import json
import signal
import socket
import threading
import time

CONFIG = "route: {receiver: nobody, group_by: [alertname]}\nreceivers: [{name: nobody}]\n"
JSON = {"Content-Type": "application/json"}
RECEIVED = 'alertmanager_alerts_received_total{status="firing"}'
# One turn with all of them would be seconds of work in a build with sanitizers.
ALERTS = 20_000
HELD_MAX = 1


def body(n, end=b""):
    return json.dumps([{"labels": {"alertname": f"A{i % 100}", "n": str(i)}} for i in range(n)]).encode()[:-1] + end + b"]"


class Post(threading.Thread):
    def __init__(self, server, data, path="/api/v2/alerts"):
        super().__init__()
        self.server, self.data, self.path = server, data, path
        self.start()

    def run(self):
        self.status, _, self.answer = self.server.request("POST", self.path, self.data, JSON, timeout=300)

    def wait(self):
        self.join()
        return self.status, self.answer


def received(server):
    text = server.request("GET", "/metrics")[2].decode()
    return next(float(line.split()[-1]) for line in text.splitlines() if line.startswith("alertmanager_alerts_received_total") and "firing" in line)


def begin(server, data):
    """A socket on which all of the request was sent."""
    s = socket.create_connection((server.host, server.port), timeout=300)
    s.sendall(b"POST /api/v2/alerts HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
              b"Content-Length: %d\r\n\r\n" % len(data) + data)
    return s


def wait_received(server, n):
    end = time.monotonic() + 300
    while received(server) < n:
        assert time.monotonic() < end


def test_a_large_post_holds_nobody_up(serve):
    server = serve(CONFIG)
    large = Post(server, body(ALERTS))
    between = set()
    answered = 0
    while large.is_alive():
        with server.promptly(HELD_MAX):
            assert server.request("GET", "/-/healthy")[0] == 200
        server.alert(alertname="Small", n=str(answered))
        answered += 1
        between.add(received(server) - answered)
    assert large.wait() == (200, b"")
    assert received(server) == ALERTS + answered
    # They were answered while it was read and while it was taken; how many times is a matter of the machine.
    assert answered >= 5 and len(between) >= 3
    # A mistake at its end: nothing changes, and nobody waits for that either.
    large = Post(server, body(ALERTS, b",{}"))
    while large.is_alive():
        with server.promptly(HELD_MAX):
            server.request("GET", "/-/healthy")
    status, answer = large.wait()
    assert status == 422 and json.loads(answer)["message"] == f"{ALERTS}.labels in body is required"
    assert received(server) == ALERTS + answered


def test_who_hangs_up_has_posted_all_the_same(serve):
    server = serve(CONFIG)
    s = begin(server, body(20_000))
    wait_received(server, 1)
    s.close()
    wait_received(server, 20_000)


def test_a_stop_answers_what_is_under_way(serve):
    server = serve(CONFIG)
    s = begin(server, body(5_000))
    wait_received(server, 1)
    server.process.send_signal(signal.SIGTERM)
    assert s.recv(12) == b"HTTP/1.1 200"
    assert server.process.wait(300) == 0
    server.stop()
    server.start()
    # Answered is stored.
    assert len(server.get("/api/v2/alerts")) == 5_000
