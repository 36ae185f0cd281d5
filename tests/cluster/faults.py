#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Clusters of three under faults, judged by checker.py: `faults.py --binary PATH ... [--mode MODE ...] [--fault NAME ...] [--incidents N]`.

Each binary, tocsin or Alertmanager, is run under each fault, tocsin in each mode: gossip, etcd, both. What is printed is the table of
contrib/cluster.md: duplicates and losses of 10,000 incidents (each fires and is resolved, so that it has two messages), and how many of the
duplicates no member had said that there may be. `--random` has all kinds of faults, one after the other, while incidents come and go. Wants root, network
namespaces, TUN, and etcd for its modes. Times are scaled down: a member waits eight seconds for each one before it, a lease lasts five, and
faults last ten.
"""
import argparse
import contextlib
import itertools
import pathlib
import random
import shutil
import signal
import sys
import tempfile
import threading
import time
import urllib.error

import checker
import net
from nodes import MODES, NODES, TURN, Cluster, stamp


@contextlib.contextmanager
def killed(c, who=None):
    who = who or c.leader()
    c.kill(who)
    yield
    c.start(who)


@contextlib.contextmanager
def stopped(c, who=None):
    who = who or c.leader()
    c.kill(who, signal.SIGSTOP)
    yield
    c.kill(who, signal.SIGCONT)


@contextlib.contextmanager
def cut_off(c, who=None):
    who = who or c.leader()
    c.net.cut_off(who, [i for i in NODES if i != who])
    yield
    c.net.heal()


@contextlib.contextmanager
def one_way(c, who=None):
    who = who or c.leader()
    c.net.cut = {(who, i) for i in NODES if i != who}
    yield
    c.net.heal()


@contextlib.contextmanager
def in_pieces(c, who=None):
    c.net.cut = {(i, j) for i in NODES for j in NODES if i != j}
    yield
    c.net.heal()


def losing(part):
    @contextlib.contextmanager
    def lossy(c, who=None):
        c.net.loss = part
        yield
        c.net.heal()
    return lossy


@contextlib.contextmanager
def refused(c, who=None):
    c.receiver.broken = True
    yield
    c.receiver.broken = False


@contextlib.contextmanager
def etcd_leader_killed(c, who=None):
    leader = c.etcd_leader() or 1
    c.kill(leader, of=c.etcds)
    yield
    c.start_etcd(leader)


@contextlib.contextmanager
def etcds_stopped(c, who=None):
    for i in NODES:
        c.kill(i, signal.SIGSTOP, c.etcds)
    yield
    for i in NODES:
        c.kill(i, signal.SIGCONT, c.etcds)


def stepped(seconds):
    @contextlib.contextmanager
    def step(c, who=None):
        who = who or c.leader()
        c.set_clock(who, seconds)
        yield
        c.set_clock(who, 0)
    return step


FAULTS = {"none": lambda c, who=None: contextlib.nullcontext(), "the first one kill -9": killed, "the first one SIGSTOP": stopped,
          "the first one cut off": cut_off, "the first one is not heard (one way)": one_way, "all cut off from each other": in_pieces,
          "20 % of packets lost": losing(0.2), "30 % of packets lost": losing(0.3), "receiver answers 500": refused}
ETCD_FAULTS = {"the etcd that leads kill -9": etcd_leader_killed, "all etcds stopped": etcds_stopped}
CLOCK_FAULTS = {"the first one's clock 30 s ahead": stepped(30), "the first one's clock 30 s behind": stepped(-30)}
ALL = {**FAULTS, **ETCD_FAULTS, **CLOCK_FAULTS}


def possible(fault, mode, faketime):
    return (fault not in ETCD_FAULTS or mode != "gossip") and (fault not in CLOCK_FAULTS or faketime)


def run(c, fault, incidents, lasts=10.0):
    """Alerts before, during and after the fault; each is resolved some seconds later."""
    names = [f"Incident{i}" for i in range(incidents)]
    waves = [names[i::10] for i in range(10)]
    for wave in waves[:2]:
        c.post(wave, "firing")
        time.sleep(1)
    with ALL[fault](c):
        since = time.monotonic()
        for wave in waves[2:8]:
            c.post(wave, "firing")
            time.sleep(lasts / 6)
    # Members find each other again, and the last ones have their turn.
    c.history.add("fault", since, what=fault, until=time.monotonic() + 15)
    for wave in waves[8:]:
        c.post(wave, "firing")
        time.sleep(1)
    wait(c, names, "firing")
    c.post(names, "resolved")
    wait(c, names, "resolved")


def wait(c, names, status, patience=90):
    """Until all was told, and then as long as the last member waits for its turn: whoever tells again does so by then."""
    end = time.monotonic() + patience
    while time.monotonic() < end and not c.history.told(status).keys() >= set(names):
        time.sleep(0.2)
    time.sleep((len(NODES) - 1) * TURN + 2)


class Prometheus:
    """Incidents that come and go: each fires until some seconds after it was told. What changes is posted at once to all members, and all that
    fires, or has ended lately, again every three seconds; so who was dead or cut off knows of it late."""

    def __init__(self, c, incidents, rate):
        self.c, self.names, self.rate = c, [f"Incident{i}" for i in range(incidents)], rate
        self.begun, self.ended, self.posted = {}, {}, set()
        self.over, self.random = threading.Event(), random.Random(2)
        self.threads = [threading.Thread(target=self.go_on, daemon=True), *(threading.Thread(target=self.repeat, args=(i,), daemon=True) for i in NODES)]
        for t in self.threads:
            t.start()

    def go_on(self):
        left = iter(self.names)
        ends = {}
        while not self.over.is_set():
            before = set(self.begun), set(self.ended)
            for name in itertools.islice(left, self.rate):
                self.begun[name] = stamp()
            for name in self.c.history.told("firing"):
                ends.setdefault(name, time.monotonic() + self.random.uniform(1, 8))
            for name, at in ends.items():
                if at < time.monotonic() and name not in self.ended:
                    self.ended[name] = (stamp(), time.monotonic())
            changed = (set(self.begun) - before[0]) | (set(self.ended) - before[1])
            now = [a for a in self.alerts() if a[1] in changed]
            for i in NODES:
                threading.Thread(target=self.post, args=(i, now), daemon=True).start()
            self.over.wait(1)

    def alerts(self):
        ended = dict(self.ended)
        for name, begun in list(self.begun.items()):
            end, at = ended.get(name, (stamp(240), None))
            if at is None or time.monotonic() - at < 60:
                yield {"labels": {"alertname": name}, "startsAt": begun, "endsAt": end}, name, "resolved" if at else "firing"

    def post(self, i, now):
        with contextlib.suppress(OSError, urllib.error.URLError):
            if now:
                self.c.request(i, "/api/v2/alerts", [a for a, _, _ in now], timeout=5)
            for _, name, status in now:
                if (name, status) not in self.posted:
                    self.posted.add((name, status))
                    self.c.history.add("posted", alert=name, status=status, node=i)

    def repeat(self, i):
        while not self.over.is_set():
            self.post(i, list(self.alerts()))
            self.over.wait(3)

    def told(self, status):
        return len(self.c.history.told(status))


def run_random(c, incidents, seed, rate=3):
    """Faults of all kinds, for two to twelve seconds each, and as long to recover; then all is well, and all that was posted is told."""
    dice, load = random.Random(seed), Prometheus(c, incidents, rate)
    faults = [f for f in ALL if f != "none" and possible(f, c.mode, c.faketime)]
    bag = []
    while load.told("resolved") < incidents - 5 * rate and load.told("firing") < incidents:
        bag = bag or dice.sample(faults, len(faults))
        fault, who = bag.pop(), dice.choice(NODES)
        since = time.monotonic()
        print(f"{since:.0f}: {fault} ({who}); told {load.told('firing')}", file=sys.stderr, flush=True)
        with ALL[fault](c, who):
            time.sleep(dice.uniform(2, 12))
        c.history.add("fault", since, what=fault, who=who, until=time.monotonic() + 15)
        time.sleep(dice.uniform(2, 12))
    c.wait_whole()
    wait(c, load.names, "firing")
    wait(c, load.names, "resolved")
    load.over.set()


def judged(binary, place, mode, faketime, what):
    place.mkdir(parents=True, exist_ok=True)
    begun = time.monotonic()
    c = Cluster(binary, place, mode, faketime)
    try:
        what(c)
        for i in NODES:
            with contextlib.suppress(OSError, urllib.error.URLError):
                (place / f"metrics{i}").write_bytes(c.request(i, "/metrics"))
    finally:
        c.close()
    c.take_doubts()
    c.history.write(place / "history.jsonl", begun)
    with (place / "history.jsonl").open() as f:
        verdict = checker.judge(checker.read(f), within=40)
    (place / "verdict").write_text(str(verdict) + "\n")
    return verdict


def columns(options):
    """Each binary, and how its members have things in common."""
    for binary in options.binary:
        modes = options.mode or ["gossip"]
        for mode in modes if "alertmanager" not in pathlib.Path(binary).name else ["gossip"]:
            yield pathlib.Path(binary).resolve(), mode


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", action="append", required=True, help="tocsin, prometheus-alertmanager; as often as wanted")
    parser.add_argument("--mode", action="append", choices=MODES, help="of tocsin; gossip by default")
    parser.add_argument("--fault", action="append", choices=list(ALL), help="all by default")
    parser.add_argument("--random", type=int, metavar="SEED", help="faults one after the other")
    parser.add_argument("--incidents", type=int, default=1000)
    parser.add_argument("--faketime", help="libfaketimeMT.so.1, for faults of clocks")
    parser.add_argument("--keep", help="a directory for histories and logs")
    options = parser.parse_args()
    net.alone()
    directory = pathlib.Path(options.keep or tempfile.mkdtemp())
    kinds = list(columns(options))
    print("| fault | " + " | ".join(f"{b.name}, {m}: duplicates (of them unsaid), losses" for b, m in kinds) + " |")
    print("|---|" + "---|" * len(kinds))
    for n, fault in enumerate(options.fault or (["random"] if options.random is not None else ALL)):
        cells = []
        for m, (binary, mode) in enumerate(kinds):
            if not possible(fault, mode, options.faketime):
                cells.append("")
                continue
            v = judged(binary, directory / f"{n}-{m}", mode, options.faketime,
                       lambda c: run_random(c, options.incidents, options.random) if fault == "random" else run(c, fault, options.incidents))
            cells.append(f"{v.per_10000(v.duplicates)} ({v.per_10000(v.unsaid)}), {v.per_10000(v.missing)}; slowest {v.slowest:.1f} s")
        print(f"| {fault} | " + " | ".join(cells) + " |", flush=True)
    if not options.keep:
        shutil.rmtree(directory)
    return 0


if __name__ == "__main__":
    sys.exit(main())
