# SPDX-License-Identifier: Apache-2.0
"""Clusters whose members speak over mutual TLS: ours, Alertmanager's, and those that are not let in."""
import socket
import ssl
import struct
import subprocess
import time

import pytest

from lib.members import FAST, ORIGINAL, Member, label_for, original_knows, share_silences, tell_once
from lib.server import BINARY

CONFIG = """
route: {{receiver: hook, group_by: [alertname], group_wait: 200ms, group_interval: 1s, repeat_interval: 1h}}
receivers: [{{name: hook, webhook_configs: [{{url: "{url}/hook"}}]}}]
"""
TLS = """
tls_server_config: {{cert_file: {name}.pem, key_file: {name}.key, client_auth_type: RequireAndVerifyClientCert, client_ca_file: ca.pem}}
tls_client_config: {{cert_file: {name}.pem, key_file: {name}.key, ca_file: {ca}.pem}}
"""
needs_original = pytest.mark.skipif(ORIGINAL is None or not original_knows("cluster.tls-config"), reason="no Alertmanager here that knows TLS")


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    """A directory of two authorities, `ca` and `other`, and a certificate of each for 127.0.0.1; and what names them."""
    d = tmp_path_factory.mktemp("certificates")

    def openssl(*words):
        subprocess.run(["openssl", *words], cwd=d, check=True, capture_output=True)

    (d / "names").write_text("subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth,clientAuth\n")
    for ca, name in (("ca", "member"), ("other", "stranger")):
        key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        openssl("req", "-x509", *key, "-days", "2", "-subj", f"/CN={ca}", "-keyout", f"{ca}.key", "-out", f"{ca}.pem")
        openssl("req", *key, "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.csr")
        openssl("x509", "-req", "-in", f"{name}.csr", "-CA", f"{ca}.pem", "-CAkey", f"{ca}.key", "-CAcreateserial", "-days", "2",
                "-extfile", "names", "-out", f"{name}.pem")
        (d / f"{name}.yml").write_text(TLS.format(name=name, ca="ca"))
    return d


@pytest.fixture
def member(tmp_path, sink, certificates):
    """member(name, *peers, certificate="member", ...): a started one, stopped at the end."""
    started = []

    def start(name, *peers, certificate="member", original=False, **more):
        flags = [*FAST, f"--cluster.tls-config={certificates / certificate}.yml"] if certificate else FAST
        started.append(Member(tmp_path, CONFIG.format(url=sink.url), name, peers, original=original, flags=flags,
                              label=label_for("x" if ORIGINAL else ""), **more))
        return started[-1]

    yield start
    for m in started:
        m.stop()


def trio(member, originals):
    members = [member("a", original="a" in originals)]
    members += [member(name, members[0], original=name in originals) for name in "bc"]
    for m in members:
        m.sees(*members)
    return members


def test_three_of_ours_and_strangers(member, sink):
    members = trio(member, "")
    share_silences(members)
    tell_once(members, sink, "Once")
    for m in members:
        assert m.metric("alertmanager_tls_transport_packet_bytes_received_total") > 0
        assert m.metric("alertmanager_tls_transport_packet_bytes_sent_total") > 0
        assert m.metric('alertmanager_tls_transport_stream_connections_received_total') > 0
        assert m.metric("alertmanager_cluster_failed_peers") == 0
        assert m.metric("tocsin_cluster_certificate_expiry_timestamp_seconds") > time.time()
    before = members[0].metric("alertmanager_tls_transport_read_errors_total")
    plain, stranger = member("p", members[0], certificate=None), member("s", members[0], certificate="stranger")
    members[0].until(lambda: members[0].metric("alertmanager_tls_transport_read_errors_total") >= before + 2, "refusing them")
    members[0].until(lambda: stranger.metric('alertmanager_tls_transport_write_errors_total{connection_type="stream"}') >= 1,
                     "refused")
    assert plain.names() == ["p"] and stranger.names() == ["s"] and members[0].names() == ["a", "b", "c"]


@needs_original
@pytest.mark.parametrize("originals", ["a", "bc"])
def test_with_alertmanager(member, sink, originals):
    members = trio(member, originals)
    share_silences(members)
    tell_once(members, sink, "Mixed")
    last = members.pop()
    last.stop()
    for m in members:
        m.sees(*members)


def test_a_certificate_is_replaced(member, certificates, sink):
    """The files are read again; a member that starts later speaks with one that has the new certificate."""
    one = member("a")
    kept = {name: (certificates / name).read_bytes() for name in ("member.pem", "member.key")}
    try:
        for name in kept:
            (certificates / name).write_bytes((certificates / name.replace("member", "stranger")).read_bytes())
        refused = member("b", one)
        refused.until(lambda: refused.metric('alertmanager_tls_transport_write_errors_total{connection_type="stream"}') >= 1,
                      "refusing")
        assert one.names() == ["a"]
    finally:
        for name, text in kept.items():
            (certificates / name).write_bytes(text)
    one.sees(one, refused)


def connect(one, certificates):
    context = ssl.create_default_context(cafile=certificates / "ca.pem")
    context.check_hostname = False
    context.load_cert_chain(certificates / "member.pem", certificates / "member.key")
    host, port = one.gossip.split(":")
    return context.wrap_socket(socket.create_connection((host, int(port))))


def test_frames_that_are_refused(member, certificates):
    one = member("a")
    for noise in (struct.pack("<I", 1 << 31),  # too long
                  struct.pack("<I", 4) + b"\xff\xff\xff\xff",  # no Protocol Buffers
                  struct.pack("<I", 8) + b"\x0a\x06v9.9.9",  # another version
                  struct.pack("<I", 10) + b"\x0a\x06v0.1.0\x10\x07"):  # neither a stream nor a packet
        with connect(one, certificates) as s:
            s.sendall(noise)
            assert s.recv(100) == b""
    one.until(lambda: one.metric("alertmanager_tls_transport_read_errors_total") >= 4, "refusing it")
    assert one.names() == ["a"]


@pytest.mark.parametrize("text, said", [
    ("tls_server_config: {}", "invalid TLS server config: TLS config is not present"),
    ("tls_server_config: {cert_file: member.pem, key_file: member.key}\ntls_client_config: {ca_file: nowhere.pem}",
     "unable to read CA cert"),
])
def test_configurations_that_are_refused(tmp_path, certificates, text, said):
    config = tmp_path / "alertmanager.yml"
    config.write_text(CONFIG.format(url="http://localhost"))
    tls = certificates / "refused.yml"
    tls.write_text(text)
    done = subprocess.run([BINARY, f"--config.file={config}", f"--storage.path={tmp_path / 'data'}",
                           "--web.listen-address=127.0.0.1:0", "--cluster.listen-address=127.0.0.1:0",
                           f"--cluster.tls-config={tls}"], capture_output=True, text=True, timeout=300)
    assert done.returncode == 1 and said in done.stderr, done.stderr
