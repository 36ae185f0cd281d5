# SPDX-License-Identifier: Apache-2.0
"""Nothing a client sends may do more than get a clear refusal."""
import json
import resource
import select
import socket
import time
import urllib.parse

import pytest

from lib.server import Server

CONFIG = """
route: {receiver: none}
receivers: [{name: none}]
"""


def raw(server, data, timeout=40, shut=False):
    """Everything the server answers to these bytes until it closes."""
    with socket.create_connection((server.host, server.port), timeout=timeout) as s:
        s.sendall(data)
        if shut:
            s.shutdown(socket.SHUT_WR)
        answer = b""
        while chunk := s.recv(65536):
            answer += chunk
        return answer


def post(server, path, body, content_type="application/json"):
    return server.request("POST", path, body, {"Content-Type": content_type} if content_type else {})


@pytest.fixture
def server(serve):
    return serve(CONFIG)


@pytest.fixture(scope="module")
def unmoved(tmp_path_factory):
    """One server for all that is refused: it changes nothing."""
    with Server(tmp_path_factory.mktemp("unmoved"), CONFIG) as server:
        yield server


@pytest.mark.parametrize("body,status", [
    (b"[{", 400), (b"{}", 400), (b"", 422), (b"[null]", 422), (b"[[]]", 400), (b'[{"labels":[]}]', 400),
    (b'[{"labels":{"a":1}}]', 400), (b'[{"labels":{"a":{"b":"c"}}}]', 400), (b'[{"labels":{}}]', 400),
    (b'[{"labels":{"":"x"}}]', 400), (b'[{"labels":{"a":"b"},"startsAt":"now"}]', 400),
    (b'[{"labels":{"a":"b"},"startsAt":7}]', 400),
    (b'[{"labels":{"a":"b"},"startsAt":"2030-01-02T00:00:00Z","endsAt":"2030-01-01T00:00:00Z"}]', 400),
    (b'[{"labels":{"a":"b"},"generatorURL":"no url"}]', 422), (b"[" * 100000, 400), (b"\xff\xfe", 400),
    (b'[{"labels":{"a":"b"}', 400), (b"nonsense", 400), (b'"string"', 400), (b"123", 400),
])
def test_alerts_that_are_none(unmoved, body, status):
    answer = post(unmoved, "/api/v2/alerts", body)
    assert answer[0] == status, answer
    assert json.loads(answer[2])
    assert unmoved.get("/api/v2/alerts") == []


def test_valid_alerts_beside_invalid_ones_are_taken(server):
    status, _, body = post(server, "/api/v2/alerts", json.dumps(
        [{"labels": {"alertname": "good"}}, {"labels": {"x": ""}}, {"labels": {"alertname": "fine"}}]))
    assert status == 400 and json.loads(body) == "at least one label pair required"
    assert {a["labels"]["alertname"] for a in server.get("/api/v2/alerts")} == {"good", "fine"}


@pytest.mark.parametrize("silence,status", [
    ({}, 422), ({"matchers": []}, 422), ([], 400), (None, 422), ("x", 400),
    ({"matchers": [{"name": "a", "value": "(", "isRegex": True}]}, 400),
    ({"matchers": [{"name": "a", "value": ".*", "isRegex": True}]}, 400),
    ({"matchers": [{"name": "a", "value": "b", "isRegex": False}], "startsAt": "2031-01-01T00:00:00Z"}, 400),
    ({"matchers": [{"name": "a", "value": "b", "isRegex": False}], "id": "x" * 5000}, 404),
    ({"matchers": [{"name": "a", "value": "b", "isRegex": "no"}]}, 400),
])
def test_silences_that_are_none(unmoved, silence, status):
    if isinstance(silence, dict) and "matchers" in silence:
        silence = {"startsAt": "2029-01-01T00:00:00Z", "endsAt": "2030-01-01T00:00:00Z", "createdBy": "me",
                   "comment": "c", **silence}
    answer = post(unmoved, "/api/v2/silences", json.dumps(silence))
    assert answer[0] == status, answer
    assert unmoved.get("/api/v2/silences") == []


def test_filters_that_are_none(unmoved):
    for path in ("/api/v2/alerts?filter=%7Ba", "/api/v2/alerts?receiver=(", "/api/v2/silences?filter=a=~%22(%22",
                 "/api/v2/alerts/groups?receiver_matchers=x", "/api/v2/receivers?receiver_matchers=%22"):
        status, _, body = unmoved.request("GET", path)
        assert status == 400, (path, body)
        assert isinstance(json.loads(body), str)


def test_unknown_paths_and_methods(server):
    assert server.request("GET", "/nope")[0] == 404
    assert server.request("GET", "/api/v2/nope")[0] == 404
    assert server.request("DELETE", "/api/v2/alerts")[0] == 405
    assert server.request("PUT", "/metrics")[0] == 405
    assert server.request("GET", "/-/reload")[0] == 405
    assert server.request("GET", "/%2e%2e/%00")[0] in (400, 404)
    assert server.request("BREW", "/api/v2/alerts")[0] in (405, 501)


def test_a_body_over_the_limit_is_refused(server):
    head = b"POST /api/v2/alerts HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: "
    answer = raw(server, head + b"%d\r\n\r\n" % (65 << 20) + b"[" + b" " * 100000)
    assert answer == b"" or answer.startswith((b"HTTP/1.1 413", b"HTTP/1.1 400")), answer[:200]
    assert server.request("GET", "/-/healthy")[0] == 200


def test_a_body_of_64_mib_is_read_and_answered(server):
    body = b"[" + b" " * ((64 << 20) - 2) + b"]"
    assert post(server, "/api/v2/alerts", body)[0] == 200
    assert post(server, "/api/v2/alerts", body[:-1] + b"x")[0] == 400


@pytest.mark.parametrize("data", [
    b"\r\n\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST /api/v2/alerts HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
    b"POST /api/v2/alerts HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n",
    b"POST /api/v2/alerts HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
    b"GET /-/healthy HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 400000 + b"\r\n",
    b"GET /" + b"a" * (2 << 20) + b" HTTP/1.1\r\nHost: a\r\n\r\n",
], ids=["empty lines", "no path", "version", "TLS", "two lengths", "negative", "huge", "bad chunk", "headers", "path"])
def test_what_is_no_http(unmoved, data):
    try:
        answer = raw(unmoved, data, shut=True)
    except (ConnectionResetError, BrokenPipeError):
        answer = b""
    assert answer == b"" or answer.split(b" ")[1][:1] in (b"4", b"5"), answer[:200]
    assert unmoved.request("GET", "/-/healthy")[0] == 200


def test_ten_thousand_idle_connections(server):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 20000), hard))
    count = min(10000, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 200)
    before = server.resident_bytes()
    idle = []
    try:
        for _ in range(count):
            idle.append(socket.create_connection((server.host, server.port), timeout=300))
        with server.promptly(2):
            server.alert(alertname="Still")
            assert len(server.get("/api/v2/alerts")) == 1
        print(f"{(server.resident_bytes() - before) / count:.0f} bytes for each idle connection")
    finally:
        for s in idle:
            s.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert server.request("GET", "/-/healthy")[0] == 200


def test_slow_headers_are_cut_off_and_delay_nobody(server):
    slow = [socket.create_connection((server.host, server.port), timeout=300) for _ in range(20)]
    for s in slow:
        s.sendall(b"GET /-/healthy HTTP/1.1\r\nHo")
    begin = time.monotonic()
    assert server.request("GET", "/-/healthy")[0] == 200
    # It was answered while all of them were still waited for.
    assert select.select(slow, [], [], 0)[0] == []
    # a byte now and then does not keep it open
    slow[0].sendall(b"s")
    answer = slow[0].recv(1000)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 4")
    assert time.monotonic() - begin > 5
    for s in slow:
        s.close()


def test_a_reader_that_does_not_read_delays_nobody(server):
    server.post("/api/v2/alerts", [{"labels": {"alertname": "A", "n": str(n), "pad": "x" * 1000}} for n in range(5000)])
    with socket.create_connection((server.host, server.port)) as stuck:
        stuck.sendall(b"GET /api/v2/alerts HTTP/1.1\r\nHost: x\r\n\r\n")
        # Who waited for that reader would wait for ever.
        with server.promptly(3):
            for _ in range(10):
                assert server.request("GET", "/-/healthy")[0] == 200


def test_a_pattern_of_a_query_cannot_hold_the_server(server):
    server.alert(*({"alertname": "A", "x": "a" * 40 + f"!{i}"} for i in range(1500)))
    query = urllib.parse.urlencode({"filter": 'x=~"(a|aa)+"'})
    for path in ("/api/v2/alerts", "/api/v2/alerts/groups"):
        with socket.create_connection((server.host, server.port)) as dear:
            dear.sendall(f"GET {path}?{query} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
            with server.promptly(5):
                for _ in range(10):
                    assert server.request("GET", "/-/healthy")[0] == 200
            answer = b"".join(iter(lambda: dear.recv(65536), b""))
        assert answer.startswith(b"HTTP/1.1 200") and answer.endswith(b"[]\n"), answer[-200:]
    assert len(server.get("/api/v2/alerts", filter='x=~"a+!1[0-9]"')) == 10
    assert len(server.get("/api/v2/alerts", filter='x!~"(a+)+[bc][d-e]{0,30}"')) == 1500
