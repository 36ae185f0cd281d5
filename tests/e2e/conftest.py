# SPDX-License-Identifier: Apache-2.0
import pathlib
import signal
import subprocess
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

from lib.server import Server  # noqa: E402
from lib.sinks import HttpSink, MailSink  # noqa: E402


def pytest_configure(config):
    # A shell lets what it starts in the background ignore this, and so would all that tests start and interrupt.
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    config.addinivalue_line("markers", "alone: measures time, or takes all of the machine: nothing else runs beside it")


@pytest.fixture
def sink():
    s = HttpSink()
    yield s
    s.close()


@pytest.fixture
def serve(tmp_path):
    """serve(config, *flags): a started server, stopped cleanly (and checked) at the end."""
    servers = []

    def start(config, *flags, **more):
        server = Server(tmp_path / f"server{len(servers)}", config, *flags, **more)
        servers.append(server)
        return server.start()

    yield start
    for server in servers:
        server.stop()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    """(certificate file, key file) for localhost and 127.0.0.1; it is its own authority."""
    d = tmp_path_factory.mktemp("tls")
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", d / "key.pem", "-out", d / "cert.pem"],
        check=True, capture_output=True)
    return d / "cert.pem", d / "key.pem"


@pytest.fixture
def mail_sink():
    sinks = []

    def make(**more):
        sinks.append(MailSink(**more))
        return sinks[-1]

    yield make
    for s in sinks:
        s.close()
