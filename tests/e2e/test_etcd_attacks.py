# SPDX-License-Identifier: Apache-2.0
"""An etcd that dribbles, is full of what others put there, or is an older self; prefixes that nobody would choose."""
import re
import shutil
import subprocess
import time

import pytest

from lib.between import Between
from lib.etcd import BINARY as ETCD
from lib.etcd import b64
from lib.server import BINARY, rfc3339
from test_etcd import CONFIG, all_alert, doubts, members, own, shared, warnings  # noqa: F401

pytestmark = pytest.mark.skipif(ETCD is None, reason="no etcd here")


def test_answers_that_come_a_byte_at_a_time(own, members, sink):
    """As long as all of an answer is there in time it counts; else that is an etcd that cannot be asked."""
    etcd = own()
    between = Between(etcd.port)
    try:
        a, = members(type("It", (), {"url": between.url}), 1, ttl=20)
        # A fifth of the lease is there for an answer of some 150 bytes: by far enough, and by far not.
        between.pause = 0.002
        between.become("drips")
        for n in (1, 2):
            all_alert([a], str(n))
            sink.wait(n)
        a.until(lambda: a.metric("tocsin_etcd_records_waiting") == 0 and a.is_up(), "writing what it told")
        assert doubts([a]).keys() <= {"etcd_unavailable"}
        between.pause = 0.5
        between.become("drips")
        a.until(lambda: not a.is_up(), "giving it up")
        all_alert([a], "3")
        sink.wait(3)
        between.become("well")
        a.until(lambda: a.is_up() and a.metric("tocsin_etcd_records_waiting") == 0, "there again")
        assert len(sink.items) == 3 and 1 <= doubts([a])["etcd_unavailable"] <= 3
        assert len(etcd.keys(f"/{a.dir.parent.name}/log/")) == 1
    finally:
        between.stop()


# Seconds, on a machine that is busy with other tests.
SLOW = 300


def fill(etcd, prefix, first, n):
    for i in range(first, first + n, 100):
        etcd.ask("/v3/kv/txn", success=[
            {"requestPut": {"key": b64(f"{prefix}{k:07d}"), "value": b64(f"nothing of ours, nor of use: {k}")}} for k in range(i, i + 100)])


def peak(member):
    with open(f"/proc/{member.process.pid}/status") as f:
        return int(re.search(r"VmHWM:\s+(\d+)", f.read())[1]) >> 10


def test_an_etcd_full_of_foreign_keys(own, members, sink, tmp_path):
    """Beside the prefix nothing is read; below it all is looked at, in slices, and told of some times a minute."""
    etcd, prefix = own(), f"/{tmp_path.name}"
    for some in ("/silences/", "/log/", "/else/", "!/", "0/"):
        fill(etcd, prefix + some, 0, 20000)
    began = time.monotonic()
    # The lease outlives what a slow machine takes to read all of it.
    a, = members(etcd, 1, ttl=120, wait=False)
    a.until(lambda: a.is_up() and a.metric("tocsin_etcd_members") == 1, "being a member", SLOW)
    print(f"up in {time.monotonic() - began:.1f} s, peak {peak(a)} MiB")
    a.until(lambda: a.metric("tocsin_etcd_records_refused_total") == 40000, "refusing what it could read", SLOW)
    all_alert([a], "1")
    sink.wait(1)
    kept = a.silence(where="here")
    a.until(lambda: f"{prefix}/silences/{kept}" in etcd.keys(f"{prefix}/silences/{kept[:8]}"), "writing on")
    # And while it watches.
    fill(etcd, prefix + "/log/", 20000, 20000)
    a.until(lambda: a.metric("tocsin_etcd_records_refused_total") == 60000, "refusing these", SLOW)
    all_alert([a], "2")
    sink.wait(2)
    assert doubts([a]) == {} and a.is_up()
    told = [line for line in a.log if "A record in etcd is not taken" in line]
    # Ten in each minute that it took.
    assert 10 <= len(told) <= 10 * (2 + (time.monotonic() - began) / 60)
    assert a.metric("tocsin_etcd_events_total") < 90000
    print(f"peak {peak(a)} MiB")


def post(some, name, end=None):
    """A group of its own."""
    for m in some:
        m.post("/api/v2/alerts", [{"labels": {"alertname": name}, "startsAt": rfc3339(-60), "endsAt": end or rfc3339(3600)}])


def test_an_etcd_that_is_restored_from_a_backup(own, members, sink, tmp_path):
    """Its revisions and leases are those of a former time. Members notice, say so, and tell it what has come since."""
    etcd = own()
    a, b = members(etcd, 2, ttl=3)
    prefix = f"/{tmp_path.name}"
    ended = a.silence(where="ended since")
    post([a, b], "before")
    sink.wait(1)
    a.until(lambda: len(etcd.keys(prefix + "/log/")) == 1, "writing what was told")
    etcd.stop()
    shutil.copytree(etcd.dir / "data", tmp_path / "backup")
    etcd.start()
    for m in (a, b):
        m.sees(2)
    a.request("DELETE", f"/api/v2/silence/{ended}")
    made = b.silence(where="made since")
    for m in (a, b):
        m.until(lambda m=m: m.state(ended) == "expired" and m.state(made) == "active", "knowing it")
    post([a, b], "before", rfc3339())
    sink.wait(2)
    post([a, b], "since")
    sink.wait(3)
    for m in (a, b):
        m.until(lambda m=m: m.metric("tocsin_etcd_records_waiting") == 0, "writing it")
    # So many changes that the old one cannot come by the same revision soon.
    fill(etcd, "/others/", 0, 2000)
    post([a, b], "late")
    sink.wait(4)
    for m in (a, b):
        m.until(lambda m=m: m.metric("tocsin_etcd_records") == 5, "hearing of all that was told")
    a.until(lambda: sum(m.metric("tocsin_etcd_records_waiting") for m in (a, b)) == 0, "writing what was told")
    since = [len(m.log) for m in (a, b)]
    etcd.stop()
    shutil.rmtree(etcd.dir / "data")
    (tmp_path / "backup").rename(etcd.dir / "data")
    etcd.start()
    for m, n in zip((a, b), since):
        m.until(lambda m=m, n=n: any("etcd has lost what it had said" in line for line in m.log[n:]), "noticing")
        m.sees(2)
    for m in (a, b):
        m.until(lambda m=m: m.metric("tocsin_etcd_records_waiting") == 0, "writing what it had lost")
        assert m.state(ended) == "expired" and m.state(made) == "active"
    a.until(lambda: len(etcd.keys(prefix + "/log/")) == 3 and len(etcd.keys(prefix + "/silences/")) == 2, "having all again")
    # What was told is told no more, and goes on.
    for name in ("since", "late"):
        post([a, b], name)
    post([a, b], "since", rfc3339())
    post([a, b], "after")
    sink.wait(6)
    told = sorted((i["json"]["groupLabels"]["alertname"], i["json"]["status"]) for i in sink.items)
    assert told == sorted([("before", "firing"), ("before", "resolved"), ("since", "firing"), ("late", "firing"), ("since", "resolved"),
                           ("after", "firing")])
    for m, n in zip((a, b), since):
        assert len(warnings(m, n)) <= 6, warnings(m, n)


@pytest.mark.parametrize("prefix", ["/%2e%2e/..", "/a//b", "/{\"key\":\"\\\\u0000\"}", "/*?[a-z]<&>'`$(x)", "/" + "x" * 199],
                         ids=["dots", "slashes", "json", "shell", "long"])
def test_strange_prefixes(shared, members, prefix):
    """They are keys as they stand there, nothing else."""
    before = set(shared.keys("/"))
    a, = members(shared, 1, f"--etcd.prefix={prefix}")
    made = a.silence(where="there")
    a.until(lambda: f"{prefix}/silences/{made}" in shared.keys("/"), "writing it")
    assert all(key.startswith(prefix + "/") for key in set(shared.keys("/")) - before)
    assert a.get("/api/ext/v1/status")["cluster"]["etcd"]["prefix"] == prefix
    for key in set(shared.keys("/")) - before:
        shared.ask("/v3/kv/deleterange", key=b64(key))


@pytest.mark.parametrize("prefix", ["/", "", "//", "tocsin", "/tocsin/", "/t\u00f6csin", "/a b", "/a\tb", "/" + "x" * 5000],
                         ids=["slash", "empty", "slashes", "none", "end", "unicode", "blank", "tab", "long"])
def test_prefixes_that_are_refused(tmp_path, prefix):
    config = tmp_path / "alertmanager.yml"
    config.write_text(CONFIG.format(url="http://localhost"))
    done = subprocess.run([BINARY, f"--config.file={config}", f"--storage.path={tmp_path / 'data'}", "--cluster.listen-address=",
                           "--web.listen-address=127.0.0.1:0", "--etcd.endpoints=http://127.0.0.1:1", f"--etcd.prefix={prefix}"],
                          capture_output=True, timeout=60)
    assert done.returncode == 1 and b"--etcd.prefix=" in done.stderr and b"with a slash in front and none at the end" in done.stderr
    assert not (tmp_path / "data").exists()
