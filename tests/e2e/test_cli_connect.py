# SPDX-License-Identifier: Apache-2.0
"""How the commands reach a server (--http.config.file, proxies), how they stop, and what they do with long answers."""
import array
import fcntl
import os
import re
import signal
import socket
import subprocess
import sys
import termios
import threading
import time

import pytest

from lib.server import BINARY, SANITIZER

CONFIG = "route: {receiver: none}\nreceivers: [{name: none}]\n"


@pytest.fixture
def start(tmp_path):
    """start(arguments, **environment): the process of a command."""
    running = []

    def begin(*arguments, **more):
        env = {k: v for k, v in os.environ.items() if "proxy" not in k.lower()}
        env.update(HOME=str(tmp_path), **more)
        running.append(subprocess.Popen([BINARY, *map(str, arguments)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True, env=env))
        return running[-1]

    yield begin
    for p in running:
        p.kill()
        p.communicate()


@pytest.fixture
def cli(start, tmp_path):
    """cli(url, settings of HTTP, arguments): what a command prints, or with status=1 what it complains of."""
    def run(url, settings, *arguments, status=0, stdin="", **env):
        http = []
        if settings is not None:
            (tmp_path / "http.yml").write_text(settings)
            http = [f"--http.config.file={tmp_path / 'http.yml'}"]
        out, complaint = ended(p := start(*arguments, f"--alertmanager.url={url}", *http, **env), stdin)
        assert p.returncode == status, (out, complaint)
        return complaint if status else out

    return run


def ended(p, stdin=""):
    out, complaint = p.communicate(stdin, timeout=300)
    assert not SANITIZER.search(complaint), complaint
    return out, complaint


class Listener:
    """Gives each connection to a function in a thread of its own."""

    def __init__(self, serve):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.serve = serve
        self.asked = threading.Semaphore(0)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                s, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self._one, args=(s,), daemon=True).start()

    def _one(self, s):
        with s:
            head = b""
            while not head.endswith(b"\r\n\r\n"):
                byte = s.recv(1)
                if not byte:
                    return
                head += byte
            self.asked.release()
            try:
                self.serve(s, head.decode())
            except OSError:
                pass

    def close(self):
        self.socket.close()


@pytest.fixture
def listen():
    listeners = []

    def make(serve):
        listeners.append(Listener(serve))
        return listeners[-1]

    yield make
    for listener in listeners:
        listener.close()


def hang(s, head):
    """Until the client goes."""
    s.recv(1)


def oauth2(sink, status=200, body=b'{"access_token": "tok", "token_type": "bearer", "expires_in": 3600}'):
    sink.replies["/token"] = (status, {"Content-Type": "application/json"}, body)
    return f"oauth2: {{client_id: us, client_secret: hush, token_url: '{sink.url}/token', scopes: [alerts]}}\n"


def test_oauth2(sink, cli):
    def who(request):
        known = request["headers"]["Authorization"] == "Bearer tok"
        answer = b'{"silenceID": "i"}' if request["path"].endswith("silences") else b"[]"
        return (200, {}, answer) if known else (401, {}, b'"who are you?"')

    settings = oauth2(sink)
    sink.replies["/api/v2/alerts"] = sink.replies["/api/v2/silences"] = who
    assert cli(sink.url, settings, "alert", "query").startswith("Alertname")
    asked = sink.wait(1)[0]
    assert asked["body"] == b"grant_type=client_credentials&scope=alerts"
    # One token for all that a command asks.
    sink.items.clear()
    assert cli(sink.url, settings, "silence", "import", stdin="[{}, {}]") == "i\ni\n"
    assert [r["path"] for r in sink.items] == ["/token", "/api/v2/silences", "/api/v2/silences"]
    told = cli(sink.url, None, "alert", "query", status=1)
    assert "401: who are you?" in told
    told = cli(sink.url, oauth2(sink, 400, b'{"error": "invalid_scope"}'), "alert", "query", status=1)
    assert "oauth2: \"invalid_scope\"" in told and "hush" not in told


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    """Certificate and key of alerts.internal."""
    d = tmp_path_factory.mktemp("tls")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                    "-subj", "/CN=alerts", "-addext", "subjectAltName=DNS:alerts.internal", "-keyout", d / "key.pem",
                    "-out", d / "cert.pem"], check=True, capture_output=True)
    return d / "cert.pem", d / "key.pem"


@pytest.fixture
def tls_server(serve, elsewhere, tmp_path):
    web = tmp_path / "web.yml"
    web.write_text(f"tls_server_config: {{cert_file: {elsewhere[0]}, key_file: {elsewhere[1]}}}\n")
    return serve(CONFIG, f"--web.config.file={web}")


def test_server_name(tls_server, elsewhere, cli):
    url = f"https://127.0.0.1:{tls_server.port}"
    query = url, f"tls_config: {{ca_file: {elsewhere[0]}, server_name: alerts.internal}}\n", "alert", "query"
    assert cli(*query).startswith("Alertname")
    told = cli(url, f"tls_config: {{ca_file: {elsewhere[0]}}}\n", "alert", "query", status=1)
    assert "certificate" in told and "127.0.0.1" in told
    assert "certificate" in cli(url, "tls_config: {server_name: alerts.internal}\n", "alert", "query", status=1)
    assert "ca.pem" in cli(url, "tls_config: {ca_file: ca.pem}\n", "alert", "query", status=1)


def tunnel(s, head):
    """A proxy for one who knows a password."""
    method, target, _ = head.split(" ", 2)
    assert method == "CONNECT" and "X-Gate: north" in head
    if "Proxy-Authorization: Basic dTpw" not in head:       # u:p
        s.sendall(b"HTTP/1.1 407 x\r\nContent-Length: 0\r\n\r\n")
        return
    host, port = target.split(":")
    with socket.create_connection(("127.0.0.1", port)) as there:
        s.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        back = threading.Thread(target=pour, args=(there, s), daemon=True)
        back.start()
        pour(s, there)
        back.join()


def pour(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def test_through_a_proxy(tls_server, elsewhere, sink, listen, cli):
    settings = (f"proxy_url: 'http://u:p@127.0.0.1:{listen(tunnel).port}'\nproxy_connect_header: {{X-Gate: [north]}}\n"
                f"tls_config: {{ca_file: {elsewhere[0]}}}\n")
    query = f"https://alerts.internal:{tls_server.port}", settings, "alert", "query"
    assert cli(*query).startswith("Alertname")
    told = cli(query[0], query[1].replace("u:p@", "u:q@"), "alert", "query", status=1)
    assert "407" in told and "u:q" not in told
    # Without TLS the proxy is asked for the whole URL.
    sink.replies["http://alerts.internal/api/v2/alerts"] = (200, {}, b"[]")
    assert cli("http://alerts.internal", f"proxy_url: {sink.url}", "alert", "query").startswith("Alertname")
    # Without a file the environment says it, as to amtool; with one, that has to say so.
    env = {"HTTP_PROXY": sink.url}
    assert cli("http://alerts.internal", None, "alert", "query", **env).startswith("Alertname")
    assert "no such host" in cli("http://alerts.internal", "follow_redirects: true", "alert", "query", status=1, **env)


REFUSALS = [
    (403, b'{"code": 403, "message": "\\"jo\\" lacks the scope \\"write\\""}', '403: "jo" lacks the scope "write"'),
    (403, b'{"error": {"code": "forbidden", "message": "jo may not write"}}', "403: jo may not write"),
    (400, b'{"error": {"code": "bad_matcher", "message": "bad x", "field": "filter", "index": 2}}', "400: filter[2]: bad x"),
    (400, b'{"error": {"code": "bad_cursor", "message": "begin without", "field": "cursor"}}', "400: cursor: begin without"),
    (400, b'{"error": {"code": "bad_member", "message": "limit must be 1 to 9", "field": "limit"}}', "400: limit must be 1 to 9"),
    (400, b'{"status": "error", "error": "of old"}', "400: of old"),
    (404, b'"nowhere"', "404: nowhere"),
    (500, b'<html>broken', "500: <html>broken"),
    (502, b'', "502\n"),
]


def test_the_servers_words(sink, cli):
    answers = [(status, {}, body) for status, body, _ in REFUSALS]
    sink.replies["/api/v2/silences"] = lambda request: answers.pop(0)
    told = cli(sink.url, None, "silence", "import", "--force", stdin=str([{} for _ in REFUSALS]), status=1)
    assert [line.split("answered ")[-1] for line in told.splitlines()[:-1]] == [words.strip() for _, _, words in REFUSALS]


def test_headers_and_credentials(sink, cli):
    sink.replies["/api/v2/alerts"] = (200, {}, b"[]")
    cli(sink.url, "authorization: {credentials: c}\nhttp_headers: {X-Scope-OrgID: {values: [team]}}\n", "alert", "query")
    asked = sink.wait(1)[0]["headers"]
    assert asked["Authorization"] == "Bearer c" and asked["X-Scope-OrgID"] == "team"
    assert asked["User-Agent"].startswith("tocsin/")


def test_redirects(sink, cli):
    """What is posted is never lost in a redirect that turns it into a question."""
    add = "alert", "add", "A"
    sink.replies["/old/api/v2/alerts"] = lambda r: (sink.status, {"Location": "/api/v2/alerts"}, b"")
    sink.replies["/api/v2/alerts"] = (200, {}, b"[]")
    sink.status = 302
    assert "answered 302" in cli(sink.url + "/old", None, *add, status=1)
    assert cli(sink.url + "/old", None, "alert", "query").startswith("Alertname")
    assert {r["method"] for r in sink.items if r["path"] == "/api/v2/alerts"} == {"GET"}
    sink.status = 308
    cli(sink.url + "/old", None, *add)
    assert b'"alertname":"A"' in sink.items[-1]["body"]
    assert "answered 308" in cli(sink.url + "/old", "follow_redirects: false", *add, status=1)


def parts(directory):
    return sorted(p.name for p in directory.iterdir())


# A process begins with the peak of the one that it is forked from, so the fork is that of a small one.
PEAK = """import resource, subprocess, sys
status = subprocess.call(sys.argv[1:])
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(status)"""


def test_a_long_answer_is_not_kept_in_memory(listen, tmp_path):
    size, block = 300 << 20, bytes(1 << 20)

    def send(s, head):
        assert head.startswith("POST /api/ext/v1/backup ")
        s.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size)
        for _ in range(size // len(block)):
            s.sendall(block)

    done = subprocess.run([sys.executable, "-c", PEAK, BINARY, "backup", tmp_path / "copy", "--alertmanager.url", listen(send).url],
                          capture_output=True, text=True, env=dict(os.environ, HOME=str(tmp_path)))
    assert done.returncode == 0 and (tmp_path / "copy").stat().st_size == size
    assert int(done.stdout.split()[-1]) < 150 << 10       # KiB


def test_a_download_that_stands_still(listen, start, tmp_path):
    def stop(s, head):
        s.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nsome")
        hang(s, head)

    (tmp_path / "out").mkdir()
    p = start("backup", tmp_path / "out/copy", "--timeout=300ms", "--alertmanager.url", listen(stop).url)
    assert "nothing came or went for 300ms" in ended(p)[1]
    assert p.returncode == 1 and parts(tmp_path / "out") == []


def test_a_server_that_does_not_answer(listen, start):
    p = start("alert", "query", "--timeout=300ms", "--alertmanager.url", listen(hang).url)
    assert "context deadline exceeded" in ended(p)[1] and p.returncode == 1


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_waiting(listen, start, number):
    server = listen(hang)
    p = start("alert", "query", "--alertmanager.url", server.url)
    assert server.asked.acquire(timeout=300)
    p.send_signal(number)
    assert ended(p) == ("", "") and p.returncode == -number


def test_a_signal_during_a_backup(listen, start, tmp_path):
    def stop(s, head):
        s.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nsome")
        hang(s, head)

    (tmp_path / "out").mkdir()
    p = start("backup", tmp_path / "out/copy", "--alertmanager.url", listen(stop).url)
    part = tmp_path / "out/copy.part"
    wait_for(lambda: part.exists() and part.stat().st_size == 4)
    p.send_signal(signal.SIGINT)
    ended(p)
    assert p.returncode == -signal.SIGINT and parts(tmp_path / "out") == []


def wait_for(what, timeout=300):
    end = time.monotonic() + timeout
    while not what():
        assert time.monotonic() < end
        time.sleep(0.005)


def is_empty(pipe):
    left = array.array("i", [0])
    fcntl.ioctl(pipe, termios.FIONREAD, left)
    return left[0] == 0


def test_a_signal_in_a_stream(sink, start):
    """What was read is posted."""
    p = start("alert", "add", "--stdin", "--alertmanager.url", sink.url)
    p.stdin.write('{"labels": {"a": "1"}}\n{"labels": {"a": "2"}}\n')
    p.stdin.flush()
    wait_for(lambda: is_empty(p.stdin))
    p.send_signal(signal.SIGINT)
    p.wait(30)
    assert p.returncode == -signal.SIGINT and p.stderr.read() == ""
    assert [a["labels"] for r in sink.items for a in r["json"]] == [{"a": "1"}, {"a": "2"}]


def test_a_signal_while_trying_again(start):
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    p = start("alert", "add", "--stdin", "--retry=1h", f"--alertmanager.url=http://127.0.0.1:{port}")
    p.stdin.write('{"labels": {"a": "1"}}\n')
    p.stdin.flush()
    assert p.stderr.readline().endswith("connection refused; trying again\n")
    p.send_signal(signal.SIGINT)
    p.wait(30)
    assert p.returncode == -signal.SIGINT
    assert re.search("the last of 1 lines may not have been posted", p.stderr.read())
