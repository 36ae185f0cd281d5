# SPDX-License-Identifier: Apache-2.0
"""Reloads of large configurations: nobody waits for them but who asked."""
import contextlib
import os
import signal
import socket
import threading
import time

ROUTES = 10000
ALERTS = 300


def config(url, path, routes=ROUTES):
    kinds = ('team="t{}"', 'service=~"svc{}.*"', 'v=~"(a+)+[bc]{}x?"', 'env=~"prod{}|stage{}"')
    lines = ["route:", "  receiver: hook", "  group_by: [alertname]", "  group_wait: 100ms", "  group_interval: 1s",
             "  routes:"]
    for i in range(routes):
        matcher = kinds[i % 4].format(i, i)
        lines += ["  - receiver: hook", f"    matchers: ['{matcher}', 'severity!=\"none\"']"]
    lines += ["receivers:", f"- {{name: hook, webhook_configs: [{{url: '{url}/{path}'}}]}}", ""]
    return "\n".join(lines)


def small(sink):
    return config(sink.url, "old", routes=10)


class Reload(threading.Thread):
    """POST /-/reload, whose answer is awaited in a thread."""

    def __init__(self, server):
        super().__init__()
        self.server = server
        self.start()

    def run(self):
        self.status, _, self.body = self.server.request("POST", "/-/reload", timeout=300)

    def wait(self):
        self.join()
        return self.status, self.body


def test_a_reload_holds_nobody_up(serve, sink):
    server = serve(small(sink))
    server.post("/api/v2/alerts", [{"labels": {"alertname": f"A{i % 50}", "team": f"t{i}", "n": str(i)}}
                                   for i in range(ALERTS)])
    sink.wait(50)
    server.write_config(config(sink.url, "new"))
    reload = Reload(server)
    healthy = told = 0
    while reload.is_alive():
        time.sleep(0.005)
        assert server.request("GET", "/-/healthy")[0] == 200
        healthy += 1
        if healthy % 20 == 0 and told < 3:
            server.alert(alertname=f"During{told}")
            told += 1
    assert reload.wait() == (200, b"")
    # While the file was read, which is most of it, others had their answers.
    print(f"{healthy} answers meanwhile")
    assert healthy >= 20, healthy
    for i in range(told):
        sink.wait(1, lambda r: r["json"]["groupLabels"]["alertname"] == f"During{i}")
    server.alert(alertname="After")
    assert sink.wait(1, lambda r: r["json"]["groupLabels"]["alertname"] == "After")[0]["path"] == "/new"
    # And back again: what was in force is freed.
    server.write_config(small(sink))
    assert Reload(server).wait() == (200, b"")


class SlowFile:
    """The configuration as a pipe: its reader waits for what is written, as on a slow disk."""

    def __init__(self, server):
        self.server = server
        self.path = server.config
        self.path.unlink()
        os.mkfifo(self.path)
        self.end = os.open(self.path, os.O_RDWR)

    def wait_opened(self):
        """The server says that it loads the file before it opens it."""
        fds = f"/proc/{self.server.process.pid}/fd"
        end = time.monotonic() + 300
        while not any(self.is_pipe(f"{fds}/{fd}") for fd in os.listdir(fds)):
            assert time.monotonic() < end, "the configuration is not opened"
            time.sleep(0.005)

    def is_pipe(self, fd):
        with contextlib.suppress(FileNotFoundError):
            return os.path.samefile(fd, self.path)
        return False

    def finish(self, text, after):
        """What the reader gets, and what the file is from then on."""
        self.wait_opened()
        self.path.unlink()
        self.path.write_text(after)
        os.write(self.end, text.encode())
        os.close(self.end)


def test_reloads_that_come_together_share_one(serve, sink):
    server = serve(small(sink))
    slow = SlowFile(server)
    first = Reload(server)
    server.wait_log("Loading configuration file")
    others = [Reload(server) for _ in range(10)]
    server.process.send_signal(signal.SIGHUP)
    # All the while others are served, and those that wait have been seen.
    server.alert(alertname="During")
    sink.wait(1)
    slow.finish(config(sink.url, "new", routes=10), "route: {receiver: nowhere}\nreceivers: []\n")
    assert first.wait() == (200, b"")
    answers = [r.wait() for r in others]
    assert all(status == 500 and b'undefined receiver "nowhere"' in body for status, body in answers), answers
    assert sum("Loading configuration file\"" in line for line in server.log) == 2
    assert server.metric("alertmanager_config_last_reload_successful") == 0
    server.alert(alertname="After")
    assert sink.wait(1, lambda r: r["json"]["groupLabels"]["alertname"] == "After")[0]["path"] == "/new"


def test_the_end_does_not_wait_for_a_reload(serve, sink):
    server = serve(small(sink))
    slow = SlowFile(server)
    reload = Reload(server)
    server.wait_log("Loading configuration file")
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(300) == 0
    assert reload.wait() == (500, b"failed to reload config: the server is stopping\n")
    server.wait_log("is not waited for")
    os.close(slow.end)


def test_who_waits_for_a_reload_may_go(serve, sink):
    server = serve(small(sink))
    slow = SlowFile(server)
    with socket.create_connection((server.host, server.port)) as s:
        s.sendall(b"POST /-/reload HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
        server.wait_log("Loading configuration file")
    slow.finish(small(sink), small(sink))
    server.wait_log("Completed loading of configuration file")
