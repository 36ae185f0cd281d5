# SPDX-License-Identifier: Apache-2.0
"""Members of a cluster go from gossip to an etcd one by one: nothing is told twice, and nothing is lost."""
import json

import pytest

from lib.etcd import BINARY as ETCD
from lib.etcd import Etcd
from lib.members import Member
from lib.server import rfc3339

CONFIG = """
route: {{receiver: hook, group_by: [alertname], group_wait: 200ms, group_interval: 1s, repeat_interval: 1h}}
receivers: [{{name: hook, webhook_configs: [{{url: "{url}/hook"}}]}}]
"""
FLAGS = ("--cluster.peer-timeout=4s", "--cluster.gossip-interval=50ms", "--cluster.reconnect-interval=1s")
GOSSIP, BOTH, COMMON = "gossip", "both", "etcd"
pytestmark = pytest.mark.skipif(ETCD is None, reason="no etcd here")


class Fleet:
    """Three members; each has a mode, and changes it by a restart with its data."""

    def __init__(self, directory, sink, etcd):
        self.dir, self.sink, self.etcd = directory, sink, etcd
        self.members, self.modes = {}, {}
        self.told = 0

    def start(self, name, mode):
        old = self.members.get(name)
        if old is not None:
            old.stop()
        etcd = [f"--etcd.endpoints={self.etcd.url}", "--etcd.lease-ttl=5s"] if mode != GOSSIP else []
        peers = [m for n, m in self.members.items() if n != name and self.modes[n] != COMMON] if mode != COMMON else []
        self.modes[name] = mode
        self.members[name] = Member(self.dir, CONFIG.format(url=self.sink.url), name, peers, gossip=old and old.gossip,
                                    flags=(*FLAGS, *etcd), listens=mode != COMMON)
        self.wait()

    def wait(self):
        """All see each other, in what they have in common."""
        talk = [m for n, m in self.members.items() if self.modes[n] != COMMON]
        claim = [m for n, m in self.members.items() if self.modes[n] != GOSSIP]
        for m in talk:
            m.sees(*talk)
            m.settles()
        for m in claim:
            m.until(lambda m=m: m.metric("tocsin_etcd_members") == len(claim) and m.metric("tocsin_etcd_up") == 1, "one of the claimants")

    def post(self, name, end=None):
        for m in self.members.values():
            m.request("/api/v2/alerts", [{"labels": {"alertname": name}, "startsAt": rfc3339(-60), "endsAt": end or rfc3339(3600)}])

    def tell(self, name, end=None):
        """All have the alert, and one of them tells."""
        self.told += 1
        self.post(name, end)
        self.sink.wait(self.told)

    def tell_all(self, name, end=None):
        """The others have looked into the log at their turn, too."""
        looked = {n: m.metric("alertmanager_nflog_queries_total") for n, m in self.members.items()}
        self.tell(name, end)
        for n, m in self.members.items():
            m.until(lambda m=m, n=n: m.metric("alertmanager_nflog_queries_total") > looked[n], "done with its turn")
        self.check()

    def check(self):
        heard = [(json.dumps(i["json"]["groupLabels"]), i["json"]["status"]) for i in self.sink.items]
        assert len(heard) == self.told and len(set(heard)) == self.told, heard


def test_from_gossip_to_etcd(tmp_path, sink):
    etcd = Etcd(tmp_path / "etcd").start()
    fleet = Fleet(tmp_path, sink, etcd)
    try:
        for name in "abc":
            fleet.start(name, GOSSIP)
        fleet.tell_all("First")
        kept = fleet.members["a"].silence("made at first", where="here")
        for mode in (BOTH, COMMON):
            for name in "bac":
                fleet.start(name, mode)
                # What was told is known, also to the one that came; the silence too.
                for m in fleet.members.values():
                    m.until(lambda m=m: m.state(kept) == "active", "having the silence")
                fleet.post("First")
                fleet.tell(f"{mode} {name}")
            fleet.tell_all(f"all {mode}")
        fleet.tell_all("First", rfc3339())
        for m in fleet.members.values():
            assert not [line for line in m.request("/metrics").decode().splitlines()
                        if line.startswith("tocsin_notifications_possibly_duplicated_total{") and not line.endswith(" 0")]
    finally:
        for m in fleet.members.values():
            m.stop()
        etcd.stop()
