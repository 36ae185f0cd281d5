# SPDX-License-Identifier: Apache-2.0
"""Three members of an older version are replaced one by one, while alerts come, fire and end: none is lost, and none told twice.

Older versions could leave a claim open when they went; what another member then tells twice it has announced.

OLD_TOCSIN is the older program; without it nothing is tested here. One of a commit that can be built:

    git worktree add --detach /tmp/old COMMIT && cd /tmp/old && cmake --preset release && cmake --build --preset release
    OLD_TOCSIN=/tmp/old/build/release/tocsin pytest tests/e2e/test_cluster_upgrade.py
"""
import collections
import contextlib
import itertools
import os
import pathlib
import re
import threading
import urllib.error

import pytest

from lib.etcd import BINARY as ETCD
from lib.etcd import Etcd
from lib.members import Member
from lib.server import BINARY, rfc3339

OLD = os.environ.get("OLD_TOCSIN")
OLD_IS_OLD = bool(OLD) and pathlib.Path(OLD).resolve() != BINARY
CONFIG = """
route: {{receiver: hook, group_by: [alertname], group_wait: 500ms, group_interval: 1s, repeat_interval: 1h}}
receivers: [{{name: hook, webhook_configs: [{{url: "{url}/hook"}}]}}]
"""
FLAGS = ("--cluster.peer-timeout=5s", "--cluster.gossip-interval=50ms", "--cluster.reconnect-interval=1s")
pytestmark = pytest.mark.skipif(not OLD, reason="OLD_TOCSIN is not set")


class Incidents(threading.Thread):
    """As Prometheus: what fires, or has ended, is posted to all members over and over. A new one in every turn; each lasts for some."""
    TURN, LASTS = 0.25, 16

    def __init__(self, members):
        super().__init__(daemon=True)
        self.members, self.ended = members, {}
        self.made = 0
        self.calm, self.over = threading.Event(), threading.Event()
        self.began = rfc3339(-60)

    def alert(self, i, turn):
        if turn - i >= self.LASTS and i not in self.ended:
            self.ended[i] = rfc3339()
        return {"labels": {"alertname": f"I{i}"}, "startsAt": self.began, "endsAt": self.ended.get(i, rfc3339(600))}

    def run(self):
        for turn in itertools.count():
            if not self.calm.is_set():
                self.made = turn + 1
            alerts = [self.alert(i, turn) for i in range(self.made)]
            for m in list(self.members.values()):
                with contextlib.suppress(OSError, urllib.error.URLError):
                    m.request("/api/v2/alerts", alerts)
            if self.over.wait(self.TURN):
                return


def story(sink, members, names):
    """What came of these, and what members say of it."""
    came = [(i["json"]["status"], i["json"]["groupLabels"]["alertname"], i["headers"].get("Idempotency-Key"), round(i["at"], 1))
            for i in sink.items if i["json"]["groupLabels"]["alertname"] in names]
    said = [(m.name, line) for m in members for line in m.server.log if "twice" in line or any(f'"{n}"' in line or f"{n}\\" in line for n in names)]
    return "\n".join(str(x) for x in [*came, *said])


def announced(members):
    """Those that a member said to be told perhaps twice."""
    return {found[1] for m in members for line in m.server.log if "may be notified twice" in line and (found := re.search(r'alertname=\\*"(\w+)', line))}


@pytest.mark.parametrize("mode", ["gossip", "etcd", "both"])
def test_from_an_older_version(tmp_path, sink, mode):
    if mode != "gossip" and ETCD is None:
        pytest.skip("no etcd here")
    etcd = Etcd(tmp_path / "etcd").start() if mode != "gossip" else None
    flags = [*FLAGS, *([f"--etcd.endpoints={etcd.url}", "--etcd.lease-ttl=5s"] if etcd else [])]
    members, ever = {}, []

    def start(name, binary):
        old = members.get(name)
        if old is not None:
            old.stop()
        peers = [m for n, m in members.items() if n != name] if mode != "etcd" else []
        members[name] = Member(tmp_path, CONFIG.format(url=sink.url), name, peers, gossip=old and old.gossip, flags=flags,
                               listens=mode != "etcd", binary=binary)
        ever.append(members[name])
        for m in members.values():
            if mode != "etcd":
                m.sees(*members.values())
                m.settles()
            if etcd:
                m.until(lambda m=m: m.metric("tocsin_etcd_members") == len(members) and m.metric("tocsin_etcd_up") == 1, "one of them")

    def told(status):
        return collections.Counter(i["json"]["groupLabels"]["alertname"] for i in sink.items if i["json"]["status"] == status)

    incidents = Incidents(members)
    try:
        for name in "abc":
            start(name, OLD)
        kept = members["a"].silence("made at first", where="here")
        incidents.start()
        for name in "bac":
            # Some come and go before and after each step.
            sink.wait(len(sink.items) + 20)
            start(name, BINARY)
            for m in members.values():
                m.until(lambda m=m: m.state(kept) == "active", "having the silence")
        sink.wait(len(sink.items) + 20)
        incidents.calm.set()
        everyone = {f"I{i}" for i in range(incidents.made)}
        members["a"].until(lambda: told("resolved").keys() == everyone and told("firing").keys() == everyone, "done with all of them", 120)
        incidents.over.set()
        # Groups are there until whoever waits for its turn has had it.
        for m in members.values():
            m.until(lambda m=m: m.get("/api/ext/v1/groups")["total"] == 0, "done with its turn")
        twice = {name for status in ("firing", "resolved") for name, n in told(status).items() if n > 1}
        assert twice <= announced(ever), story(sink, ever, twice)
        # A member of this version that goes leaves nothing that others could not know of.
        assert not twice or OLD_IS_OLD, story(sink, ever, twice)
        assert not any("is not taken" in line for m in members.values() for line in m.server.log)
    finally:
        incidents.over.set()
        for m in members.values():
            m.stop()
        if etcd:
            etcd.stop()
