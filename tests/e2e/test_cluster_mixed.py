# SPDX-License-Identifier: Apache-2.0
"""Clusters of our instances and Alertmanager's: who joins gets all there is, one takes another's place and nothing is told anew."""
import json
import signal
import subprocess

import pytest

from lib.members import FAST, ORIGINAL, Member, label_for
from lib.meshfiles import log_entries, read_records, silences, write_records
from lib.server import BINARY, rfc3339

CONFIG = """
route: {{receiver: hook, group_by: [alertname], group_wait: 200ms, group_interval: 1s, repeat_interval: 1h}}
receivers: [{{name: hook, webhook_configs: [{{url: "{url}/hook"}}]}}]
"""
pytestmark = pytest.mark.skipif(ORIGINAL is None, reason="no Alertmanager here")
SOON = ("--cluster.peer-timeout=5s", *FAST[1:])
# Only gossip and the joining carry anything.
NO_PUSHPULL = (*FAST, "--cluster.pushpull-interval=1h")


@pytest.fixture
def member(tmp_path, sink):
    """member(name, *peers, original=False, ...): a started one, stopped at the end."""
    started = []

    def start(name, *peers, original=False, **more):
        started.append(Member(tmp_path, CONFIG.format(url=sink.url), name, peers, original=original, label=label_for("x"),
                              **more))
        return started[-1]

    yield start
    for m in started:
        m.stop()


def replaced(member, members, i, original):
    """members[i] ends, and another program goes on with its name, its address and its data."""
    old = members[i]
    others = [m for m in members if m is not old]
    old.stop()
    for m in others:
        m.sees(*others)
    if old.server is not None:
        subprocess.run([BINARY, "export", f"--storage.path={old.data}", old.data], check=True, timeout=60,
                       capture_output=True)
        (old.data / "tocsin.db").unlink()
    members[i] = member(old.place, *others, original=original, gossip=old.gossip, flags=SOON)
    for m in members:
        m.sees(*members)
        m.settles()


def tell(members, sink, name, times):
    """All have the alert, and it has been told that often."""
    looked = [m.metric("alertmanager_nflog_queries_total") for m in members]
    for m in members:
        m.request("/api/v2/alerts", [{"labels": {"alertname": name}, "startsAt": rfc3339(-60), "endsAt": rfc3339(3600)}])
    sink.wait(times, lambda i: name in json.dumps(i["json"]["groupLabels"]))
    for m, before in zip(members, looked):
        m.until(lambda m=m, b=before: m.metric("alertmanager_nflog_queries_total") > b, "done with its turn")
    assert len([i for i in sink.items if name in json.dumps(i["json"]["groupLabels"])]) == times


def test_every_member_is_replaced_there_and_back(member, sink):
    members = [member("a", original=True, flags=SOON)]
    for name in "bc":
        members.append(member(name, members[0], original=True, flags=SOON))
    for m in members:
        m.sees(*members)
        m.settles()
    tell(members, sink, "First", 1)
    kept = members[0].silence("made at first", where="here")
    for original in (False, True):
        for i in range(3):
            replaced(member, members, i, original)
            for m in members:
                m.until(lambda m=m: m.state(kept) == "active", "having the silence")
        tell(members, sink, "First", 1)
        tell(members, sink, f"Second {original}", 1)
    assert [m.original for m in members] == [True] * 3
    assert len(sink.items) == 3


@pytest.mark.parametrize("originals", ["a", "bc"])
def test_the_first_is_killed(member, sink, originals):
    members = [member("a", original="a" in originals)]
    members += [member(name, members[0], original=name in originals) for name in "bc"]
    for m in members:
        m.sees(*members)
        m.settles()
    # Older Alertmanagers have random names, and so is their place.
    dead, *left = sorted(members, key=lambda m: m.name)
    dead.process.send_signal(signal.SIGKILL)
    dead.process.wait(60)
    tell(left, sink, "Told", 1)
    for m in left:
        m.sees(*left)


@pytest.mark.parametrize("first, then", [(True, False), (False, True)])
def test_all_that_there_was_reaches_who_joins(member, tmp_path, first, then):
    """5,000 silences and 10,000 log entries, found in files at the start, come to the next member whole."""
    data = tmp_path / "a" / "data"
    data.mkdir(parents=True)
    write_records(data / "silences", silences(5000))
    write_records(data / "nflog", log_entries(10000))
    one = member("a", original=first, flags=NO_PUSHPULL)
    assert one.metric('alertmanager_silences{state="active"}') == 5000
    two = member("b", one, original=then, flags=NO_PUSHPULL)
    two.until(lambda: two.metric('alertmanager_silences{state="active"}') == 5000, "having all silences")
    one.sees(one, two)
    if then is False:
        two.until(lambda: two.metric('tocsin_cluster_log_entries_merged_total{result="taken"}') == 10000, "having the log")
        assert two.metric("tocsin_cluster_records_malformed_total") == 0
    two.stop()
    if two.server is not None:
        subprocess.run([BINARY, "export", f"--storage.path={two.data}", two.data], check=True, timeout=60,
                       capture_output=True)
    assert len(read_records(two.data / "silences")) == 5000
    assert set(read_records(two.data / "nflog")) == set(read_records(data / "nflog"))
