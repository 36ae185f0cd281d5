# SPDX-License-Identifier: Apache-2.0
"""Instances form a cluster, with each other and with Alertmanager: members, silences, one notification for all."""
import json
import re
import signal
import socket
import subprocess

import pytest

from lib.members import ORIGINAL, Member, label_for, share_silences, tell_once
from lib.server import BINARY, rfc3339

CONFIG = """
route: {{receiver: hook, group_by: [alertname], group_wait: 200ms, group_interval: 1s, repeat_interval: 1h}}
receivers: [{{name: hook, webhook_configs: [{{url: "{url}/hook"}}]}}]
"""
needs_original = pytest.mark.skipif(ORIGINAL is None, reason="no Alertmanager here")


@pytest.fixture
def member(tmp_path, sink):
    """member(name, *peers, original=False): a started one, stopped at the end."""
    all_of_them = []

    def start(name, *peers, **more):
        all_of_them.append(Member(tmp_path, CONFIG.format(url=sink.url), name, peers, **more))
        return all_of_them[-1]

    yield start
    for m in all_of_them:
        m.stop()


def trio(member, originals):
    """Three members, of which those of the names in `originals` are Alertmanager's; all see all."""
    label = label_for(originals)
    first = member("a", original="a" in originals, label=label)
    others = [member(name, first, original=name in originals, label=label) for name in "bc"]
    members = [first, *others]
    for m in members:
        m.sees(*members)
    return members


def test_three_of_ours(member, sink):
    members = trio(member, "")
    share_silences(members)
    tell_once(members, sink, "Once")
    for i, m in enumerate(members):
        assert m.metric("alertmanager_cluster_enabled") == 1
        assert m.metric("alertmanager_cluster_members") == 3
        assert m.metric("alertmanager_peer_position") == i
        assert m.metric("alertmanager_cluster_failed_peers") == 0
        assert m.metric(f'alertmanager_cluster_peer_info{{peer="{m.name}"}}') == 1


def test_the_first_one_dies(member, sink):
    members = trio(member, "")
    for m in members:
        m.settles()
    members[0].process.send_signal(signal.SIGSTOP)
    try:
        for m in members[1:]:
            m.request("/api/v2/alerts", [{"labels": {"alertname": "Told"}, "startsAt": rfc3339()}])
        sink.wait(1)
        for m in members[1:]:
            m.sees(*members[1:])
            m.until(lambda m=m: m.metric("alertmanager_cluster_failed_peers") == 1, "missing one")
    finally:
        members[0].process.send_signal(signal.SIGCONT)
    for m in members:
        m.sees(*members)
    members[0].stop()
    for m in members[1:]:
        m.sees(*members[1:])
    assert len(sink.items) == 1


def test_what_there_was_before_a_member_came(member):
    first = member("a")
    made = [first.silence(f"number {i}", number=str(i)) for i in range(300)]
    second = member("b", first)
    second.until(lambda: {s["id"] for s in second.get("/api/v2/silences")} == set(made), "having all silences")
    third = member("c", second)
    first.sees(first, second, third)
    third.silence("new", number="new")
    first.until(lambda: len(first.get("/api/v2/silences")) == 301, "having the new one")
    first.until(lambda: first.metric("alertmanager_silences_gossip_messages_propagated_total") >= 1, "passing it on")
    assert first.metric("tocsin_cluster_records_malformed_total") == 0


def test_what_is_told_of_the_cluster(member, sink):
    """Members, configurations that differ, and that most are not there: by API, command, metrics and log."""
    one = member("a")
    two = member("b", one)
    for m in (one, two):
        m.sees(one, two)
        m.settles()

    def cluster(m):
        return m.get("/api/ext/v1/cluster")

    one.until(lambda: all(x["self"] or x["heard_seconds"] is not None for x in cluster(one)["members"]), "hearing the other")
    told = cluster(one)
    assert [(x["name"], x["self"], x["state"], x["version"]) for x in told["members"]] == [
        ("a", True, "alive", told["members"][0]["version"]), ("b", False, "alive", told["members"][0]["version"])]
    assert told["members"][0]["config"] == told["members"][1]["config"] == one.get("/api/ext/v1/status")["reload"]["hash"]
    assert (told["status"], told["position"], told["expected"], told["missing"]) == ("ready", 0, 2, [])
    assert cluster(two)["position"] == 1 and cluster(two)["wait_seconds"] == 10
    # Another configuration, and the same again.
    other = two.server.config.read_text()
    assert two.server.reload(other.replace("1h", "2h"))[0] == 200
    for m in (one, two):
        m.until(lambda m=m: cluster(m)["differing"] == 1, "seeing that they differ")
        assert m.metric("tocsin_cluster_members_differing") == 1
    one.server.wait_log("another configuration than this one.*members=b")
    shown = subprocess.run([BINARY, "cluster", "show", "-o", "extended", "--alertmanager.url", one.url], capture_output=True,
                           text=True, timeout=300, check=True).stdout
    assert "Members:         2 of 2" in shown and "1 with another configuration" in shown and two.gossip in shown
    assert two.server.reload(other)[0] == 200
    one.server.wait_log("No member of the cluster has another configuration any more")
    # One that ends is not missed, one that is dead is.
    two.process.send_signal(signal.SIGSTOP)
    try:
        one.until(lambda: cluster(one)["split"], "seeing that it is split")
        assert one.get("/api/ext/v1/status")["cluster"]["split"] and one.metric("tocsin_cluster_split") == 1
        assert cluster(one)["missing"] == [two.gossip]
    finally:
        two.process.send_signal(signal.SIGCONT)
    one.server.wait_log("may be split")
    one.server.wait_log("not split any more")
    two.stop()
    one.sees(one)
    assert cluster(one)["split"] is False and cluster(one)["expected"] == 1


def test_another_label_is_another_cluster(member):
    first = member("a")
    stranger = member("b", first, label="another")
    first.until(lambda: first.metric("tocsin_cluster_messages_refused_total") >= 2, "refusing messages")
    assert first.names() == ["a"] and stranger.names() == ["b"]


@needs_original
@pytest.mark.parametrize("originals", ["c", "ab"])
def test_with_alertmanager(member, sink, originals):
    members = trio(member, originals)
    share_silences(members)
    tell_once(members, sink, "Mixed")
    members[1].stop()
    for m in (members[0], members[2]):
        m.sees(members[0], members[2])
    members[2].process.send_signal(signal.SIGSTOP)
    try:
        members[0].sees(members[0])
    finally:
        members[2].process.send_signal(signal.SIGCONT)
    for m in (members[0], members[2]):
        m.sees(members[0], members[2])


def test_noise_is_refused(member):
    """Datagrams and streams that make no sense change nothing."""
    one = member("a")
    host, port = one.gossip.split(":")
    for noise in (b"", b"\x00", b"\xff" * 1400, b"\x07\xff", b"\x09\x82\xa4Algo\x00\xa3Buf\xa4\xff\xff\xff\xff", b"\x0c\0\0\0\0x"):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.sendto(noise, (host, int(port)))
        with socket.create_connection((host, int(port))) as s:
            s.sendall(noise)
            s.shutdown(socket.SHUT_WR)
            assert s.recv(100) == b""
    one.until(lambda: one.metric("tocsin_cluster_messages_refused_total") >= 6, "refusing it")
    assert one.names() == ["a"]


@pytest.mark.parametrize("flags, said", [
    (["--cluster.listen-address=nowhere:1"], "invalid listen address"),
    (["--cluster.listen-address=127.0.0.1"], "missing port in address"),
    (["--cluster.listen-address=127.0.0.1:0", "--cluster.advertise-address=example.com:1"], "failed to parse advertise address"),
    (["--cluster.listen-address=127.0.0.1:0", "--cluster.peer=one"], "split host/port for peer one"),
    (["--cluster.listen-address=127.0.0.1:0", "--cluster.label=" + 256 * "x"], "too long"),
    (["--cluster.listen-address=127.0.0.1:0", "--cluster.tls-config=/nowhere/tls.yml"], "/nowhere/tls.yml"),
])
def test_what_cannot_be(tmp_path, flags, said):
    config = tmp_path / "alertmanager.yml"
    config.write_text(CONFIG.format(url="http://localhost"))
    done = subprocess.run([BINARY, f"--config.file={config}", f"--storage.path={tmp_path / 'data'}",
                           "--web.listen-address=127.0.0.1:0", *flags], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and said in done.stderr, done.stderr


def test_a_port_that_is_taken(member, tmp_path):
    one = member("a")
    config = tmp_path / "alertmanager.yml"
    config.write_text(CONFIG.format(url="http://localhost"))
    done = subprocess.run([BINARY, f"--config.file={config}", f"--storage.path={tmp_path / 'data'}",
                           "--web.listen-address=127.0.0.1:0", f"--cluster.listen-address={one.gossip}"],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and re.search(r"unable to initialize gossip mesh: .*address already in use", done.stderr)


def test_a_lone_instance_needs_no_port(serve):
    with socket.socket() as taken:
        try:
            taken.bind(("0.0.0.0", 9094))
            taken.listen()
        except OSError:
            pass  # by somebody else
        server = serve(CONFIG.format(url="http://localhost"), lone=False)
    assert any("There is no cluster" in line and "already in use" in line for line in server.log)
    assert server.get("/api/v2/status")["cluster"]["status"] == "disabled"
