# SPDX-License-Identifier: Apache-2.0
"""Clients that take connections and answers and do nothing with them, and what others notice of that."""
import json
import socket
import time

from lib.server import BINARY

CONFIG = "route: {receiver: nobody}\nreceivers: [{name: nobody}]\n"
LIST = b"GET /api/v2/alerts HTTP/1.1\r\nHost: x\r\n\r\n"


def connect(server, data=b"", small=True):
    s = socket.socket()
    if small:
        # What the client does not read shall not be hidden in its kernel.
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    s.settimeout(60)
    s.connect((server.host, server.port))
    s.sendall(data)
    return s


def until_the_end(s):
    got = b""
    while piece := s.recv(1 << 16):
        got += piece
    return got


def wait_for(what):
    end = time.monotonic() + 300
    while not what():
        assert time.monotonic() < end
        time.sleep(0.02)


def fill(server, n=300):
    """The list of them is larger than what kernels buffer."""
    text = "x" * 20000
    for at in range(0, n, 100):
        server.post("/api/v2/alerts", [{"labels": {"alertname": f"a{i}"}, "annotations": {"text": text}}
                                       for i in range(at, at + 100)])


def test_slow_readers_are_in_nobodys_way(serve):
    server = serve(CONFIG, "--web.get-concurrency=2")
    fill(server)
    slow = []
    for _ in range(4):
        # A place is free again when it shows that the last one does not read.
        s = connect(server, LIST)
        while not s.recv(12).endswith(b"200"):
            s.close()
            s = connect(server, LIST)
        slow.append(s)
        for path in ("/-/healthy", "/-/ready", "/metrics"):
            with server.promptly(2):
                assert server.request("GET", path)[0] == 200
    wait_for(lambda: server.request("GET", "/api/v2/receivers")[0] == 200)
    assert server.metric('alertmanager_http_requests_in_flight{method="get"}') == 5
    for s in slow:
        s.close()
    # They have gone, and so has what was made for them.
    wait_for(lambda: server.metric('alertmanager_http_requests_in_flight{method="get"}') == 1)


def test_who_has_ended_his_side_gets_the_answer(serve):
    server = serve(CONFIG)
    fill(server)
    s = connect(server, LIST.replace(b"1.1", b"1.0"), small=False)
    s.shutdown(socket.SHUT_WR)
    head, body = until_the_end(s).split(b"\r\n\r\n", 1)
    assert head.startswith(b"HTTP/1.0 200 OK") or head.startswith(b"HTTP/1.1 200 OK")
    assert len(json.loads(body)) == 300


def test_health_comes_back_when_descriptors_have_run_out(serve, tmp_path):
    few = tmp_path / "few"
    few.write_text(f'#!/bin/sh\nulimit -n 64\nexec {BINARY} "$@"\n')
    few.chmod(0o755)
    server = serve(CONFIG, binary=few)
    for begun in (b"", b"GET / HTTP/1.1\r\nHos"):
        held = [connect(server, begun) for _ in range(100)]
        assert server.request("GET", "/-/healthy")[0] == 200
        server.alert(alertname="stored")
        for s in held:
            s.close()
    assert server.metric("tocsin_store_healthy") == 1


def test_turns_of_the_loop_are_measured(serve):
    server = serve(CONFIG)
    server.alert(alertname="one")
    assert server.metric("tocsin_loop_stall_seconds_count") > 0
    assert server.metric("tocsin_loop_stall_longest_seconds") > 0
