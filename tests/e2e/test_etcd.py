# SPDX-License-Identifier: Apache-2.0
"""Instances that have an etcd in common: silences, acknowledgements, the log, and claims of what one of them tells."""
import base64
import collections
import json
import re
import signal
import subprocess
import threading
import time

import pytest

from lib.between import Between
from lib.etcd import BINARY as ETCD
from lib.etcd import Etcd, b64
from lib.server import BINARY, Server, rfc3339

CONFIG = """
route: {{receiver: hook, group_by: [alertname], group_wait: 200ms, group_interval: 1s, repeat_interval: 1h}}
receivers: [{{name: hook, webhook_configs: [{{url: "{url}/hook", timeout: 30s}}]}}]
"""
pytestmark = pytest.mark.skipif(ETCD is None, reason="no etcd here")


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """One that no test stops."""
    etcd = Etcd(tmp_path_factory.mktemp("etcd"), None, "--max-request-bytes=20000000").start()
    yield etcd
    etcd.stop()


@pytest.fixture
def own(tmp_path):
    """own(*, tls=None): one of the test's own."""
    all_of_them = []

    def start(tls=None):
        all_of_them.append(Etcd(tmp_path / f"etcd{len(all_of_them)}", tls).start())
        return all_of_them[-1]

    yield start
    for etcd in all_of_them:
        etcd.stop()


class Member(Server):
    def __init__(self, directory, name, config, etcd, ttl, *flags):
        super().__init__(directory / name, config, f"--etcd.endpoints={etcd.url}",
                         *([] if any(f.startswith("--etcd.prefix=") for f in flags) else [f"--etcd.prefix=/{directory.name}"]),
                         f"--etcd.lease-ttl={ttl}s", "--cluster.peer-timeout=1s", f"--cluster.peer-name={name}", *flags)
        self.name = name

    def until(self, what, text, timeout=60):
        end = time.monotonic() + timeout
        while not what():
            assert time.monotonic() < end and self.process.poll() is None, f"{self.name}: not {text}\n{''.join(self.log[-30:])}"
            time.sleep(0.1)

    def metric(self, line_start):
        for line in self.request("GET", "/metrics")[2].decode().splitlines():
            if line.startswith(line_start) and line[len(line_start)] in " {,}":
                return float(line.rsplit(" ", 1)[1])
        return 0

    def is_up(self):
        return self.metric("tocsin_etcd_up") == 1

    def sees(self, n):
        self.until(lambda: self.metric("tocsin_etcd_members") == n and self.is_up(), f"seeing {n} members")

    def state(self, silence):
        return next((s["status"]["state"] for s in self.get("/api/v2/silences") if s["id"] == silence), None)

    def kill(self):
        self.process.kill()
        self.process.wait()


@pytest.fixture
def members(tmp_path, sink):
    """members(etcd, n, *flags): started, and in sight of each other."""
    all_of_them = []

    def start(etcd, n=3, *flags, ttl=5, config=CONFIG, wait=True):
        some = [Member(tmp_path, "abc"[i], config.format(url=sink.url), etcd, ttl, *flags) for i in range(n)]
        all_of_them.extend(some)
        for m in some:
            m.start(wait=False)
        for m in some:
            line = m.wait_log("Listening on")
            m.host, m.port = re.search(r"address=([^\s]+):(\d+)", line).groups()
            m.port = int(m.port)
            m.url = f"http://{m.host}:{m.port}"
        if wait:
            for m in some:
                m.sees(n)
        return some

    yield start
    for m in all_of_them:
        if m.process is not None and m.process.poll() is None:
            m.process.send_signal(signal.SIGCONT)
            m.stop()


def test_silences_and_acknowledgements_cross(shared, members):
    a, b, c = members(shared)
    began = time.monotonic()
    made = a.silence(where="a")
    for m in (b, c):
        m.until(lambda m=m: m.state(made) == "active", "having the silence")
    took = time.monotonic() - began
    b.request("DELETE", f"/api/v2/silence/{made}")
    for m in (a, c):
        m.until(lambda m=m: m.state(made) == "expired", "seeing its end")
    kept = c.silence(where="c")
    print(f"crossed in {took:.3f} s")
    a.until(lambda: a.state(kept) == "active", "having it")
    # All of them go, and one comes back without its data.
    for m in (a, b, c):
        m.stop()
    for path in (a.dir / "data").iterdir():
        path.unlink()
    a.start()
    a.until(lambda: a.state(kept) == "active" and a.state(made) == "expired", "having what there was")
    assert a.metric("tocsin_etcd_records_refused_total") == 0
    etcd = a.get("/api/ext/v1/status")["cluster"]["etcd"]
    assert etcd["connected"] and etcd["endpoint"] == shared.url and etcd["prefix"] == f"/{a.dir.parent.name}" and etcd["error"] is None
    assert etcd["member"].startswith("a-") and 0 < etcd["lease_seconds"] <= 5
    # The silences were there before the watch told of its own entry.
    a.until(lambda: a.get("/api/ext/v1/status")["cluster"]["etcd"]["members"] == [etcd["member"]], "being the only member")
    assert etcd["records"] == 2 and etcd["waiting"] == 0 and etcd["revision"] > 0


def test_nonsense_in_the_prefix(shared, members, tmp_path):
    a, = members(shared, 1)
    prefix = f"/{tmp_path.name}"
    told = a.silence(where="a")
    shared.put(f"{prefix}/silences/garbage", b"\xff\xfe garbage")
    shared.put(f"{prefix}/silences/version", b"\x08\x63\x12\x00")
    shared.put(f"{prefix}/log/short", b"\x08\x01")
    shared.put(f"{prefix}/log/huge", b"x" * (10 << 20))
    shared.put(f"{prefix}/strange/key", b"whatever")
    shared.put(f"{prefix}/members/no-lease", b"whatever")
    a.until(lambda: a.metric("tocsin_etcd_records_refused_total") == 3, "refusing them")
    kept = a.silence(where="b")
    a.until(lambda: f"{prefix}/silences/{kept}" in shared.keys(prefix + "/silences/"), "writing on")
    assert a.metric("tocsin_etcd_members") == 1 and a.state(told) == "active"
    for key in ("garbage", "short", "huge"):
        assert len([line for line in a.log if f"/{key} " in line and "not taken" in line]) == 1, key
    assert a.metric("tocsin_etcd_records_newer") == 1
    assert len([line for line in a.log if "/version " in line and "of a newer version of tocsin, and left alone" in line]) == 1
    # Who starts then has them once more, and is not held up.
    a.stop()
    a.start()
    a.until(lambda: a.metric("tocsin_etcd_records_refused_total") == 3 and a.metric("tocsin_etcd_records_newer") == 1 and a.is_up(), "passing them over")


def value_of(etcd, key):
    return base64.b64decode(etcd.ask("/v3/kv/range", key=b64(key))["kvs"][0]["value"])


def test_records_of_a_newer_version(own, members, sink, tmp_path):
    """They stay as they are; what they are about is told all the same."""
    etcd, prefix = own(), f"/{tmp_path.name}"
    a, b = members(etcd, 2)
    silence = a.silence(where="a")
    all_alert([a, b], "1")
    sink.wait(1)
    for m in (a, b):
        m.until(lambda m=m: m.metric("tocsin_nflog_entries") == 1, "knowing what was told")
    a.until(lambda: len(etcd.keys(prefix + "/log/")) == 1, "writing what was told")
    keys = [*etcd.keys(prefix + "/log/"), *etcd.keys(prefix + "/silences/")]
    newer = {key: b"\x08\x02" + value_of(etcd, key)[2:] for key in keys}
    for key in keys:
        etcd.put(key, newer[key])
    for m in (a, b):
        m.until(lambda m=m: m.metric("tocsin_etcd_records_newer") == 2, "seeing that they are newer")
    a.request("DELETE", f"/api/v2/silence/{silence}")
    all_alert([a, b], "1", rfc3339())
    sink.wait(2)
    assert sink.items[1]["json"]["status"] == "resolved"
    # One that starts then has them from the beginning.
    a.stop()
    a.start()
    a.until(lambda: a.metric("tocsin_etcd_records_newer") == 2 and a.metric("tocsin_etcd_records_waiting") == 0, "leaving them alone")
    assert {key: value_of(etcd, key) for key in keys} == newer
    assert doubts([a, b]).keys() <= {"etcd_unavailable"}


def test_an_etcd_that_comes_and_goes(own, members, sink):
    etcd = own()
    a, b = members(etcd, 2)
    etcd.signal(signal.SIGSTOP)
    a.until(lambda: not a.is_up() and not b.is_up(), "missing the etcd")
    assert a.request("GET", "/-/ready")[0] == 200
    made = a.silence(where="away")
    etcd.signal(signal.SIGCONT)
    b.until(lambda: b.state(made) == "active", "having what was made meanwhile")
    # It forgets what was before: all is read anew.
    etcd.stop()
    etcd.start()
    etcd.compact()
    for m in (a, b):
        m.sees(2)
    made = b.silence(where="after")
    a.until(lambda: a.state(made) == "active", "having the new one")
    assert any("An etcd cannot be asked" in line for line in a.log)


def test_names_and_certificates(own, members, tmp_path, certificate):
    etcd = own(tls=certificate)
    etcd.want_names()
    (tmp_path / "password").write_text("secret\n")
    flags = [f"--etcd.ca-file={certificate[0]}", "--etcd.username=root", f"--etcd.password-file={tmp_path}/password"]
    a, b = members(etcd, 2, *flags)
    made = a.silence(where="a")
    b.until(lambda: b.state(made) == "active", "having it")
    (tmp_path / "password").write_text("wrong\n")
    b.stop()
    b.start()
    b.wait_log("etcd refuses.*invalid user ID or password")
    assert b.request("GET", "/-/ready")[0] == 200


class Receiver:
    """Keeps who calls it until `answers` is set: as one that hangs."""

    def __init__(self, sink):
        self.sink, self.answers = sink, threading.Event()
        sink.replies["/hook"] = lambda _: self.answers.wait(120) and 200 or 503

    def of(self, status, *names):
        """Notifications that tell of exactly these alerts."""
        def fits(item):
            return sorted(a["labels"]["n"] for a in item["json"]["alerts"] if a["status"] == status) == sorted(names)
        return [i for i in self.sink.items if fits(i)]


def all_alert(some, n, end=None):
    for m in some:
        m.post("/api/v2/alerts", [{"labels": {"alertname": "A", "n": n}, "startsAt": rfc3339(-60), **({"endsAt": end} if end else {})}])


def requests_of(member):
    return member.metric('alertmanager_notification_requests_total{integration="webhook"')


def owner_of(some):
    """The one that tells, and the others."""
    found = []
    some[0].until(lambda: found.extend(m for m in some if requests_of(m) > 0) or found, "being told by anybody")
    return found[0], [m for m in some if m is not found[0]]


def doubts(some, family="tocsin_notifications_possibly_duplicated_total"):
    """By cause, of all of them."""
    by_cause = collections.Counter()
    for m in some:
        for line in m.request("GET", "/metrics")[2].decode().splitlines():
            if line.startswith(family + "{"):
                cause = re.search(r'cause="(\w+)"', line)
                by_cause[cause and cause.group(1)] += int(float(line.rsplit(" ", 1)[1]))
    return {cause: n for cause, n in by_cause.items() if n > 0}


def have_flushed(some):
    """Each of them has looked into the log anew, which it does at the end of its turn, and acted on it."""
    before = [m.metric("alertmanager_nflog_queries_total") for m in some]
    for m, n in zip(some, before):
        m.until(lambda m=m, n=n + 2: m.metric("alertmanager_nflog_queries_total") >= n, "flushing")


def test_one_of_three_tells(shared, members, sink):
    three = members(shared)
    all_alert(three, "1")
    sink.wait(1)
    have_flushed(three)
    all_alert(three, "1", end=rfc3339())
    sink.wait(2)
    for m in three:
        m.until(lambda m=m: m.metric("alertmanager_dispatcher_aggregation_groups") == 0, "done with the group")
    assert [i["json"]["status"] for i in sink.items] == ["firing", "resolved"]
    keys = {i["headers"]["Idempotency-Key"] for i in sink.items}
    assert len(keys) == 2 and None not in keys
    assert doubts(three) == {}
    assert sum(m.metric('tocsin_etcd_claims_total{answer="won"') for m in three) == 2


def test_its_owner_is_killed(shared, members, sink):
    three, receiver = members(shared, ttl=3), Receiver(sink)
    all_alert(three, "1")
    sink.wait(1)
    owner, others = owner_of(three)
    owner.kill()
    began = time.monotonic()
    sink.wait(2, timeout=60)
    print(f"told by another after {time.monotonic() - began:.1f} s")
    receiver.answers.set()
    have_flushed(others)
    assert len({i["headers"]["Idempotency-Key"] for i in sink.items}) == 1
    assert len(sink.items) == 2 and doubts(others) == {"abandoned": 1}
    all_alert(others, "2")
    sink.wait(3, timeout=60)
    assert receiver.of("firing", "1", "2") == sink.items[2:]


def test_an_unknown_end_is_held(shared, members, sink):
    three, receiver = members(shared, ttl=3, config=CONFIG.replace("name: hook,", "name: hook, on_unknown: hold,")), Receiver(sink)
    all_alert(three, "1")
    sink.wait(1)
    owner, others = owner_of(three)
    owner.kill()
    others[0].until(lambda: doubts(others, "tocsin_notifications_held_back_total") == {None: 1}, "held back by one of them")
    assert len(sink.items) == 1
    receiver.answers.set()
    all_alert(others, "2")
    sink.wait(2, timeout=60)
    assert receiver.of("firing", "1", "2") == sink.items[1:] and doubts(others) == {}


def test_its_owner_is_killed_and_comes_back(shared, members, sink):
    three, receiver = members(shared, ttl=3), Receiver(sink)
    all_alert(three, "1")
    sink.wait(1)
    owner, others = owner_of(three)
    owner.kill()
    receiver.answers.set()
    sink.wait(2, timeout=60)
    owner.start()
    owner.sees(3)
    all_alert(three, "1")
    have_flushed(three)
    assert len({i["headers"]["Idempotency-Key"] for i in sink.items}) == 1
    assert len(sink.items) == 2 and doubts(three) == {"abandoned": 1}


def test_told_without_etcd(own, members, sink):
    etcd = own()
    three = members(etcd, ttl=2)
    all_alert(three, "1")
    sink.wait(1)
    have_flushed(three)
    etcd.stop()
    for m in three:
        m.until(lambda m=m: not m.is_up(), "missing the etcd")
    all_alert(three, "2")
    # Nobody knows of anybody: each of them tells, in its turn, and says so.
    sink.wait(4, timeout=60)
    three[0].until(lambda: doubts(three) == {"etcd_unavailable": 3}, "in doubt")
    etcd.start()
    for m in three:
        m.sees(3)
        m.until(lambda m=m: m.metric("tocsin_etcd_records_waiting") == 0, "writing what it told")
    # One that knows of nothing but what is in the etcd has nothing to tell; news is told by one.
    three[0].stop()
    for path in (three[0].dir / "data").iterdir():
        path.unlink()
    three[0].start()
    for m in three:
        m.sees(3)
    all_alert(three, "1")
    all_alert(three, "2")
    three[0].until(lambda: three[0].metric("alertmanager_nflog_queries_total") >= 1, "looking into the log")
    all_alert(three, "3")
    sink.wait(5, timeout=60)
    have_flushed(three)
    assert len(sink.items) == 5 and doubts(three).get("etcd_unavailable", 0) <= 3


def test_its_owner_sleeps(shared, members, sink):
    three, receiver = members(shared, ttl=3), Receiver(sink)
    all_alert(three, "1")
    sink.wait(1)
    owner, others = owner_of(three)
    owner.process.send_signal(signal.SIGSTOP)
    sink.wait(2, timeout=60)
    receiver.answers.set()
    have_flushed(others)
    owner.process.send_signal(signal.SIGCONT)
    owner.sees(3)
    all_alert(three, "2")
    sink.wait(3, timeout=60)
    have_flushed(three)
    assert receiver.of("firing", "1", "2") == sink.items[2:]
    assert doubts(three) == {"abandoned": 1}


@pytest.fixture
def between(shared):
    one = Between(shared.port)
    yield one
    one.stop()


def warnings(member, since):
    return [line for line in member.log[since:] if "component=etcd" in line and re.search("level=(WARN|ERROR)", line)]


def complaints(member, since):
    """Those that a slow machine alone does not bring about."""
    return [line for line in warnings(member, since) if not re.search("no answer (came )?in time", line)]


def test_an_etcd_that_answers_nonsense(between, members, sink):
    """Whatever it answers, or not: what is to be told is told, and the log says so once and not every second."""
    a, = members(between, 1, ttl=2)
    faults = ["truncated", "endless", "500", "403", "hangs"]
    for n, fault in enumerate(faults, 1):
        since = len(a.log)
        between.become(fault)
        a.until(lambda: not a.is_up(), f"missing the etcd when it {fault}")
        all_alert([a], str(n))
        sink.wait(n)
        a.until(lambda: warnings(a, since), f"saying that it {fault}")
        between.become("well")
        # Until then the next trouble is a part of this one.
        a.until(lambda: any("etcd answers again" in line for line in a.log[since:]), f"there again after it {fault}")
        a.until(a.is_up, "holding a lease")
        assert len(warnings(a, since)) <= 3, warnings(a, since)
    # All of it is in the etcd afterwards.
    a.until(lambda: a.metric("tocsin_etcd_records_waiting") == 0, "writing what it told")
    assert len(sink.items) == len(faults) and a.metric("tocsin_etcd_records") >= 1


def test_one_of_two_endpoints_hangs(between, shared, members, sink):
    between.become("hangs")
    both = type("Both", (), {"url": f"{between.url},{shared.url}"})
    a, = members(both, 1, ttl=4)
    all_alert([a], "1")
    sink.wait(1)
    assert doubts([a]) == {} and a.metric('tocsin_etcd_claims_total{answer="won"') == 1


def test_what_somebody_does_to_an_etcd(own, members, sink, tmp_path):
    """A role for the prefix only; tokens that are none any more; keys and leases dropped by hand; all of it lost."""
    etcd = own()
    prefix = f"/{tmp_path.name}"
    etcd.ask("/v3/auth/user/add", name="tocsin", password="word")
    etcd.ask("/v3/auth/role/add", name="tocsin")
    etcd.ask("/v3/auth/role/grant", name="tocsin", perm={"permType": "READWRITE", "key": b64(prefix + "/"), "range_end": b64(prefix + "0")})
    etcd.ask("/v3/auth/user/grant", user="tocsin", role="tocsin")
    etcd.want_names()
    (tmp_path / "password").write_text("word\n")
    a, = members(etcd, 1, "--etcd.username=tocsin", f"--etcd.password-file={tmp_path}/password", ttl=10)
    since = len(a.log)

    def goes_on(n):
        all_alert([a], str(n))
        sink.wait(n)
        a.until(lambda: a.is_up() and a.metric("tocsin_etcd_members") == 1 and a.metric("tocsin_etcd_records_waiting") == 0, f"there after {n}")

    goes_on(1)
    etcd.ask("/v3/auth/user/add", name="another", password="x")  # tokens from before are none any more
    goes_on(2)
    assert complaints(a, since) == []
    key, = etcd.keys(prefix + "/members/")
    etcd.ask("/v3/kv/deleterange", key=b64(key))
    a.wait_log("The key of this member in etcd is gone")
    a.until(lambda: etcd.keys(prefix + "/members/") == [key], "setting its key again")
    goes_on(3)
    for lease in etcd.ask("/v3/lease/leases")["leases"]:
        etcd.ask("/v3/lease/revoke", ID=lease["ID"])
    a.until(lambda: etcd.keys(prefix + "/members/") == [key], "taking another lease")
    goes_on(4)
    etcd.ask("/v3/kv/deleterange", key=b64("\0"), range_end=b64("\0"))
    goes_on(5)
    assert doubts([a]).keys() <= {"etcd_unavailable"} and len(sink.items) == 5
    assert len(complaints(a, since)) <= 6, complaints(a, since)


def test_an_authority_that_is_not_known(own, members, sink, certificate):
    a, = members(own(tls=certificate), 1, ttl=2, wait=False)
    a.wait_log("An etcd cannot be asked.*certificate")
    all_alert([a], "1")
    sink.wait(1)
    assert len(warnings(a, 0)) == 1 and not a.is_up()


@pytest.mark.parametrize("flags, said", [
    (["--etcd.endpoints=localhost:2379"], '"localhost:2379" is not an endpoint'),
    (["--etcd.endpoints=http://a:2379/path"], '"http://a:2379/path" is not an endpoint'),
    (["--etcd.prefix=tocsin"], "--etcd.prefix=tocsin: "),
    (["--etcd.lease-ttl=1500ms"], "--etcd.lease-ttl must be whole seconds from 2s to 1h"),
    (["--etcd.username=root"], "one is given without the other"),
    (["--etcd.endpoints=http://a", "--etcd.ca-file=/nowhere"], "--etcd.ca-file=/nowhere: "),
    (["--etcd.endpoints=http://a", "--etcd.username=a", "--etcd.password-file=/nowhere"], "--etcd.password-file=/nowhere: "),
])
def test_what_cannot_be(tmp_path, flags, said):
    config = tmp_path / "alertmanager.yml"
    config.write_text(CONFIG.format(url="http://localhost"))
    done = subprocess.run([BINARY, f"--config.file={config}", f"--storage.path={tmp_path / 'data'}", "--cluster.listen-address=",
                           "--web.listen-address=127.0.0.1:0", *flags], capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and said in done.stderr, done.stderr
