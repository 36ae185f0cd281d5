# SPDX-License-Identifier: Apache-2.0
"""--web.config.file: TLS, client certificates, users, headers, rate limit, and changes without a restart."""
import base64
import concurrent.futures
import contextlib
import http.client
import itertools
import os
import re
import select
import shutil
import signal
import socket
import ssl
import statistics
import subprocess
import threading
import time

import pytest

from lib.server import BINARY

CONFIG = """
route: {receiver: none}
receivers: [{name: none}]
"""
# bcrypt of "secret"
ANN = "$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW"
USERS = f"basic_auth_users:\n  ann: {ANN}\n"


@pytest.fixture
def web(serve, tmp_path):
    """web(text): a server with this web configuration file, which is its attribute web_file."""
    def start(text, *flags):
        path = tmp_path / "web.yml"
        path.write_text(text)
        server = serve(CONFIG, f"--web.config.file={path}", *flags)
        server.web_file = path
        return server
    return start


def basic(user, password):
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


def make_certificate(directory, name, subject="/CN=localhost", san="DNS:localhost,IP:127.0.0.1"):
    cert, key = directory / f"{name}.pem", directory / f"{name}.key"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", subject,
                    "-addext", f"subjectAltName={san}", "-keyout", key, "-out", cert], check=True, capture_output=True)
    return cert, key


def trusting(cert, client=None):
    context = ssl.create_default_context(cafile=cert)
    if client:
        context.load_cert_chain(*client)
    return context


def https(server, context, path="/-/healthy", headers=None):
    """(status, headers, body, certificate of the server)"""
    connection = http.client.HTTPSConnection("localhost", server.port, timeout=300, context=context)
    with contextlib.closing(connection):
        connection.connect()
        peer = connection.sock.getpeercert(binary_form=True)
        connection.request("GET", path, headers=headers or {})
        response = connection.getresponse()
        return response.status, response.headers, response.read(), peer


def tls(cert, key, more=""):
    return f"tls_server_config:\n  cert_file: {cert}\n  key_file: {key}\n{more}"


def refused(server, context):
    with pytest.raises((ssl.SSLError, ConnectionResetError, BrokenPipeError, http.client.RemoteDisconnected)):
        https(server, context)
    return True


def replace(path, source):
    """As a tool that renews certificates does it."""
    shutil.copy(source, str(path) + ".new")
    os.replace(str(path) + ".new", path)


def hang_up(server):
    server.process.send_signal(signal.SIGHUP)
    server.wait_log("Completed loading of configuration file")


def test_without_tls_it_says_so(web):
    server = web("{}\n")
    assert server.request("GET", "/-/healthy")[0] == 200
    server.wait_log(r'msg="TLS is disabled\."')


def test_tls(web, certificate):
    cert, key = certificate
    server = web(tls(cert, key))
    server.wait_log(r'msg="TLS is enabled\."')
    status, _, body, _ = https(server, trusting(cert))
    assert (status, body) == (200, b"OK")
    assert refused(server, ssl.create_default_context())
    old = ssl.create_default_context(cafile=cert)
    old.maximum_version = ssl.TLSVersion.TLSv1_2
    assert https(server, old)[0] == 200


def test_several_requests_over_one_tls_connection(web, certificate):
    server = web(tls(*certificate))
    connection = http.client.HTTPSConnection("localhost", server.port, timeout=300, context=trusting(certificate[0]))
    with contextlib.closing(connection):
        for n in range(20):
            body = b'[{"labels":{"alertname":"A%d","pad":"%s"}}]' % (n, b"x" * 50000)
            connection.request("POST", "/api/v2/alerts", body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            assert (response.status, response.read()) == (200, b"")
        connection.request("GET", "/api/v2/alerts")
        assert len(connection.getresponse().read()) > 20 * 50000


def test_pipelined_requests_in_one_record(web, certificate):
    server = web(tls(*certificate))
    with socket.create_connection(("localhost", server.port), timeout=300) as raw:
        with trusting(certificate[0]).wrap_socket(raw, server_hostname="localhost") as s:
            s.sendall(b"GET /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n" * 30
                      + b"GET /-/ready HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            got = b""
            while chunk := s.recv(65536):
                got += chunk
    assert got.count(b"HTTP/1.1 200 OK") == 31


def test_plain_http_to_a_tls_port_is_told(web, certificate):
    server = web(tls(*certificate))
    with socket.create_connection(("localhost", server.port), timeout=300) as s:
        s.sendall(b"GET /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n")
        got = b""
        while chunk := s.recv(65536):
            got += chunk
    assert got == b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n"
    assert https(server, trusting(certificate[0]))[0] == 200


def test_silence_in_the_handshake_delays_nobody(web, certificate):
    server = web(tls(*certificate))
    stuck = [socket.create_connection(("localhost", server.port)) for _ in range(50)]
    for s in stuck[:25]:
        s.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
    assert https(server, trusting(certificate[0]))[0] == 200
    # It was answered while all of them were still waited for.
    assert select.select(stuck, [], [], 0)[0] == []
    for s in stuck:
        s.close()


def test_clients_need_certificates(web, certificate, tmp_path):
    known = make_certificate(tmp_path, "known", "/CN=client", "DNS:client.example")
    stranger = make_certificate(tmp_path, "stranger", "/CN=other", "DNS:other.example")
    server = web(tls(*certificate, f"  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: {known[0]}\n"
                     "  client_allowed_sans: [client.example]\n"))
    assert refused(server, trusting(certificate[0]))
    assert refused(server, trusting(certificate[0], stranger))
    assert https(server, trusting(certificate[0], known))[0] == 200


def shown_end(server, context):
    """What the metrics say of the end of the server's certificate."""
    text = https(server, context, "/metrics")[2].decode()
    return float(re.search(r"^tocsin_web_certificate_expiry_timestamp_seconds (.*)$", text, re.M).group(1))


def written_end(certificate):
    line = subprocess.run(["openssl", "x509", "-enddate", "-noout", "-in", certificate], check=True, capture_output=True, text=True).stdout
    return ssl.cert_time_to_seconds(line.strip().removeprefix("notAfter="))


def test_certificates_are_renewed_without_a_restart(web, tmp_path):
    first, second = make_certificate(tmp_path, "first"), make_certificate(tmp_path, "second")
    cert, key = tmp_path / "live.pem", tmp_path / "live.key"
    shutil.copy(first[0], cert)
    shutil.copy(first[1], key)
    server = web(tls("live.pem", "live.key"))
    old = http.client.HTTPSConnection("localhost", server.port, timeout=300, context=trusting(first[0]))
    old.request("GET", "/-/healthy")
    assert old.getresponse().read() is not None
    before = https(server, trusting(first[0]))[3]
    assert shown_end(server, trusting(first[0])) == written_end(first[0])
    replace(key, second[1])
    replace(cert, second[0])
    hang_up(server)
    after = https(server, trusting(second[0]))[3]
    assert before != after
    assert shown_end(server, trusting(second[0])) == written_end(second[0])
    assert refused(server, trusting(first[0]))
    # who is connected stays so
    old.request("GET", "/-/healthy")
    assert old.getresponse().status == 200
    old.close()
    # and nonsense is not taken
    cert.write_text("no certificate")
    hang_up(server)
    assert https(server, trusting(second[0]))[3] == after


def test_users(web):
    server = web(USERS)
    for path in ("/-/healthy", "/metrics", "/api/v2/status", "/"):
        status, headers, body = server.request("GET", path)
        assert (status, headers["WWW-Authenticate"], body) == (401, "Basic", b"Unauthorized\n")
    assert server.request("GET", "/-/healthy", headers=basic("ann", "secret"))[0] == 200
    assert server.request("GET", "/-/healthy", headers=basic("ann", "secreT"))[0] == 401
    assert server.request("GET", "/-/healthy", headers=basic("bob", "secret"))[0] == 401
    assert server.request("GET", "/-/healthy", headers={"Authorization": "Bearer secret"})[0] == 401
    alerts = b'[{"labels":{"alertname":"A"}}]'
    kind = {"Content-Type": "application/json"}
    assert server.request("POST", "/api/v2/alerts", alerts, kind)[0] == 401
    assert server.request("POST", "/api/v2/alerts", alerts, kind | basic("ann", "secret"))[0] == 200


def test_slow_hashes_do_not_hold_up_those_who_are_known(web):
    """A hash of cost 12 takes a good part of a second: guesses wait for each other, not for others."""
    server = web(USERS + "  eve: $2b$12$abcdefghijklmnopqrstuuNlTTrIiRkcJzXl4o2WLS9wVpGXUVxyu\n")
    assert server.request("GET", "/-/healthy", headers=basic("ann", "secret"))[0] == 200
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        guesses = [pool.submit(server.request, "GET", "/", None, basic("eve", f"guess{n}"), 600) for n in range(8)]
        for _ in range(20):
            assert server.request("GET", "/-/healthy", headers=basic("ann", "secret"))[0] == 200
        assert not all(g.done() for g in guesses)
        assert {g.result()[0] for g in guesses} == {401}


def guesses(server, source, statuses, enough, user="ann", rate=200):
    """Posts with wrong passwords from an address of the loopback network, so many a second, until it is enough."""
    def one(n):
        connection = http.client.HTTPConnection(server.host, server.port, timeout=300, source_address=(source, 0))
        with contextlib.closing(connection):
            connection.request("POST", "/api/v2/alerts", b"[]", basic(user, f"guess{n}"))
            statuses.append(connection.getresponse().status)

    with concurrent.futures.ThreadPoolExecutor(32) as pool:
        for n in itertools.count():
            pool.submit(one, n)
            if enough.wait(1 / rate):
                pool.shutdown(cancel_futures=True)
                return


# bcrypt of "secret", of the usual cost: some 50 ms
USUAL = ("basic_auth_users:\n  ann: $2y$10$abcdefghijklmnopqrstuuqflPDzB6gcMhKa1rZqKiun2YGL5sa2u\n"
         "  bob: $2y$10$abcdefghijklmnopqrstuuqflPDzB6gcMhKa1rZqKiun2YGL5sa2u\n")


def test_a_flood_of_wrong_passwords(web):
    """Whose password is known is answered at once; who comes from elsewhere is not kept waiting by the flood."""
    server = web(USUAL)
    alerts, kind = b'[{"labels":{"alertname":"A"}}]', {"Content-Type": "application/json"}
    assert server.request("POST", "/api/v2/alerts", alerts, kind | basic("ann", "secret"))[0] == 200
    statuses, enough, between = [], threading.Event(), []

    def known():
        hashed = statuses.count(401)
        assert server.request("POST", "/api/v2/alerts", alerts, kind | basic("ann", "secret"))[0] == 200
        between.append(statuses.count(401) - hashed)
        time.sleep(0.03)

    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        flood = pool.submit(guesses, server, "127.0.0.1", statuses, enough)
        try:
            while len(statuses) < 20:
                known()
            connection = http.client.HTTPConnection(server.host, server.port, timeout=300, source_address=("127.0.0.2", 0))
            with contextlib.closing(connection):
                connection.request("POST", "/api/v2/alerts", alerts, kind | basic("bob", "secret"))
                assert connection.getresponse().status == 200
            for _ in range(20):
                known()
        finally:
            enough.set()
        flood.result()
    assert set(statuses) <= {401, 503}
    # Who is known waits for no guess; now and then one is done just then.
    assert statistics.median(between) <= 1, between


def test_users_and_headers_change_with_the_file(web):
    server = web(USERS)
    assert server.request("GET", "/-/healthy")[0] == 401
    replacement = server.web_file.with_name("other.yml")
    replacement.write_text("http_server_config:\n  headers:\n    X-Frame-Options: deny\n"
                           "    Content-Security-Policy: default-src 'self'\n")
    replace(server.web_file, replacement)
    # It is looked at once a second.
    end = time.monotonic() + 10
    while server.request("GET", "/-/healthy")[0] == 401 and time.monotonic() < end:
        time.sleep(0.05)
    status, headers, _ = server.request("GET", "/-/healthy")
    assert (status, headers["X-Frame-Options"], headers["Content-Security-Policy"]) == (200, "deny", "default-src 'self'")
    server.web_file.write_text("nonsense: true\n")
    hang_up(server)
    assert server.request("GET", "/-/healthy")[1]["X-Frame-Options"] == "deny"
    assert any(re.search(r"Unable to read the changed web configuration.*field nonsense not found", line)
               for line in server.log)


def test_the_rate_limit(web):
    server = web("rate_limit: {interval: 1h, burst: 3}\n")
    answers = [server.request("GET", "/-/healthy") for _ in range(5)]
    assert [a[0] for a in answers] == [200, 200, 200, 429, 429]
    assert answers[-1][2].strip() == b"Too Many Requests"


@pytest.mark.parametrize("text,why", [
    ("foo: bar\n", "field foo not found"),
    ("tls_server_config: {cert_file: nope.pem, key_file: nope.key}\n", "no such file"),
    ("tls_server_config: {cert_file: a}\n", "missing one of key or key_file"),
    ("basic_auth_users: {ann: secret}\n", "bcrypt"),
    ("http_server_config: {headers: {X-Foo: a}}\n", "can not be configured"),
    ("tls_server_config: [\n", "yaml"),
])
def test_a_wrong_file_prevents_the_start(tmp_path, text, why):
    config, path = tmp_path / "am.yml", tmp_path / "web.yml"
    config.write_text(CONFIG)
    path.write_text(text)
    done = subprocess.run([BINARY, f"--config.file={config}", f"--storage.path={tmp_path}/data",
                           "--web.listen-address=127.0.0.1:0", "--cluster.listen-address=",
                           f"--web.config.file={path}"], capture_output=True, text=True, timeout=300)
    assert done.returncode == 1
    assert re.search(re.escape(why), done.stderr), done.stderr
