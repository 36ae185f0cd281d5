# SPDX-License-Identifier: Apache-2.0
"""Instances form a cluster, with each other and with Alertmanager: members, silences, one notification for all."""
import contextlib
import json
import re
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

import pytest

from lib.ports import free_port
from lib.server import BINARY, Server, rfc3339

CONFIG = """
route: {{receiver: hook, group_by: [alertname], group_wait: 200ms, group_interval: 1s, repeat_interval: 1h}}
receivers: [{{name: hook, webhook_configs: [{{url: "{url}/hook"}}]}}]
"""
ORIGINAL = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")
needs_original = pytest.mark.skipif(ORIGINAL is None, reason="no Alertmanager here")
LABEL = "monitoring/main"


class Member:
    """One instance: ours, or a real Alertmanager, spoken to in the same way."""

    def __init__(self, directory, config, name, peers, original=False, label=LABEL):
        self.name = name
        self.gossip = f"127.0.0.1:{free_port()}"
        flags = [f"--cluster.listen-address={self.gossip}", *([f"--cluster.label={label}"] if label else []),
                 "--cluster.peer-timeout=10s", "--cluster.reconnect-interval=1s", "--cluster.gossip-interval=50ms",
                 *(f"--cluster.peer={p.gossip}" for p in peers)]
        self.log = directory / f"{name}.log"
        self.server = None
        if original:
            self.url = f"http://127.0.0.1:{free_port()}"
            path = directory / f"{name}.yml"
            path.write_text(config)
            self.process = subprocess.Popen(
                [ORIGINAL, f"--config.file={path}", f"--storage.path={directory / name}",
                 f"--web.listen-address={self.url[7:]}", *flags], stderr=self.log.open("w"))
        else:
            self.server = Server(directory / name, config, f"--cluster.peer-name={name}", *flags).start()
            self.process, self.url = self.server.process, self.server.url
        self.until(lambda: self.get("/api/v2/status")["cluster"]["name"], "there")
        # Older Alertmanagers have a random name.
        self.name = self.get("/api/v2/status")["cluster"]["name"]

    def until(self, what, text, timeout=60):
        end = time.monotonic() + timeout
        while True:
            with contextlib.suppress(OSError, urllib.error.URLError):
                if what():
                    return
            assert time.monotonic() < end and self.process.poll() is None, f"{self.name}: not {text}"
            time.sleep(0.02)

    def request(self, path, value=None, method=None):
        body = None if value is None else json.dumps(value).encode()
        request = urllib.request.Request(self.url + path, body, {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.read()

    def get(self, path):
        return json.loads(self.request(path))

    def names(self):
        return sorted(p["name"] for p in self.get("/api/v2/status")["cluster"]["peers"])

    def sees(self, *members):
        self.until(lambda: self.names() == sorted(m.name for m in members), f"seeing {[m.name for m in members]}")

    def settles(self):
        self.until(lambda: self.get("/api/v2/status")["cluster"]["status"] == "ready", "settled")

    def silence(self, comment, **labels):
        return json.loads(self.request("/api/v2/silences", {
            "matchers": [{"name": k, "value": v, "isRegex": False} for k, v in labels.items()], "startsAt": rfc3339(),
            "endsAt": rfc3339(3600), "createdBy": "tester", "comment": comment}))["silenceID"]

    def state(self, silence):
        return next((s["status"]["state"] for s in self.get("/api/v2/silences") if s["id"] == silence), None)

    def metric(self, line_start):
        for line in self.request("/metrics").decode().splitlines():
            if line.startswith(line_start + " ") or line.startswith(line_start + "{"):
                return float(line.rsplit(" ", 1)[1])
        return None

    def stop(self):
        if self.server is not None:
            self.server.stop()
        elif self.process.poll() is None:
            self.process.terminate()
            self.process.wait(60)


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


def label_for(originals):
    """Older Alertmanagers know no labels of clusters."""
    if not originals:
        return LABEL
    known = subprocess.run([ORIGINAL, "--help"], capture_output=True, text=True, timeout=60)
    return LABEL if "--cluster.label" in known.stdout + known.stderr else ""


def trio(member, originals):
    """Three members, of which those of the names in `originals` are Alertmanager's; all see all."""
    label = label_for(originals)
    first = member("a", original="a" in originals, label=label)
    others = [member(name, first, original=name in originals, label=label) for name in "bc"]
    members = [first, *others]
    for m in members:
        m.sees(*members)
    return members


def share_silences(members):
    """What is made on one is seen on all; so is its end, wherever that is made."""
    made = [m.silence(comment, where=m.name) for m in members for comment in ("small", "large " * 300)]
    for m in members:
        for silence in made:
            m.until(lambda s=silence: m.state(s) == "active", "having all silences")
    for i, silence in enumerate(made):
        members[i % len(members)].request(f"/api/v2/silence/{silence}", method="DELETE")
    for m in members:
        for silence in made:
            m.until(lambda s=silence: m.state(s) == "expired", "seeing that they ended")


def tell_once(members, sink, name):
    """An alert that all of them have is told by one; the others look into the log when it is their turn."""
    for m in members:
        m.settles()
    looked = [m.metric("alertmanager_nflog_queries_total") for m in members]
    alert = [{"labels": {"alertname": name}, "startsAt": rfc3339()}]
    for m in members:
        m.request("/api/v2/alerts", alert)
    sink.wait(1, lambda i: name in json.dumps(i["json"]["groupLabels"]))
    for m, before in zip(members, looked):
        m.until(lambda m=m, b=before: m.metric("alertmanager_nflog_queries_total") > b, "done with its turn")
    for m in members[1:]:
        if m.server is not None:
            m.until(lambda m=m: m.metric('tocsin_cluster_log_entries_merged_total{result="taken"}') >= 1, "told of it")
            assert m.metric('alertmanager_notification_requests_total{integration="webhook"}') == 0
    assert len([i for i in sink.items if name in json.dumps(i["json"]["groupLabels"])]) == 1


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
    (["--cluster.listen-address=127.0.0.1:0", "--cluster.tls-config=tls.yml"], "--cluster.tls-config=tls.yml"),
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
        server = serve(CONFIG.format(url="http://localhost"), "--cluster.listen-address=0.0.0.0:9094")
    assert any("There is no cluster" in line and "already in use" in line for line in server.log)
    assert server.get("/api/v2/status")["cluster"]["status"] == "disabled"
