# SPDX-License-Identifier: Apache-2.0
"""
kill -9 again and again while text messages leave by a gateway that fails, hangs or breaks off for a fifth of the requests.

Groups come in waves, and each wave is cut short by a kill when half of it has arrived. Every recipient gets each group's message. Twice
only when the gateway had not answered, or when the process died between its answer and the moment that was on disk. What became of each is told by GET /api/ext/v1/deliveries afterwards.
With `on_unknown: give_up` nobody gets it twice, whenever the process dies: it may be that nobody gets it, and then it is shown as unknown.

TOCSIN_CRASH_GROUPS and TOCSIN_CRASH_ALERTS (in each group) set the load; the form to be seen before a release takes some minutes:
    TOCSIN_CRASH_GROUPS=500 TOCSIN_CRASH_ALERTS=20 TOCSIN=build/dev/tocsin pytest -s tests/e2e/test_crash_messages.py
"""
import collections
import json
import os
import random
import re
import threading
import time
import urllib.parse

import pytest

from lib.server import rfc3339

pytestmark = pytest.mark.alone

GROUPS = int(os.environ.get("TOCSIN_CRASH_GROUPS", "50"))
ALERTS = int(os.environ.get("TOCSIN_CRASH_ALERTS", "2"))
SEED = int(os.environ.get("TOCSIN_CRASH_SEED", "0")) or random.randrange(1, 1 << 31)
WINDOW = 3.0  # seconds from an answer to the disk, on a machine that has no time
LAG = 0.1  # of threads that read the clock
TIMEOUT = 3.0  # of a request
WAVE = 12  # groups
PHONES = ["+905551112233", "+905559998877", "+905550001122"]
CONFIG = """
route: {{receiver: phone, group_by: [alertname], group_wait: 500ms, group_interval: 5m, repeat_interval: 10h}}
receivers:
  - name: phone
    sms_configs: [{{url: "{url}/sms", to: {phones}, form: {{to: '{{{{ .To }}}}', text: '{{{{ .Text }}}}'}}, timeout: 3s,
                   text: '{{{{ .GroupLabels.alertname }}}}'}}]
"""
# Some leave in a second: when the process dies, others wait for their turn.
PACED = """
route: {{receiver: phone, group_by: [alertname], group_wait: 500ms, group_interval: 5m, repeat_interval: 10h}}
receivers:
  - name: phone
    sms_configs: [{{gateways: [once], to: {phones}, timeout: 3s, text: '{{{{ .GroupLabels.alertname }}}}'}}]
gateways:
  - {{name: once, preset: http, url: "{url}/sms", form: {{to: '{{{{ .To }}}}', text: '{{{{ .Text }}}}'}}, on_unknown: give_up, per_second: 20}}
"""


class Gateway:
    """Four of five requests are accepted; the others fail, get no answer, or are broken off."""

    def __init__(self, sink):
        self.sink, self.rng = sink, random.Random(SEED)
        self.over = threading.Event()
        sink.replies["/sms"] = self.reply

    def reply(self, request):
        form = urllib.parse.parse_qs(request["body"].decode())
        request["what"] = form["text"][0], form["to"][0]
        with self.sink.arrived:
            fate = self.rng.randrange(15)
        request["fate"] = "ok" if fate > 2 else ["fails", "hangs", "breaks off"][fate]
        if request["fate"] == "fails":
            return 500
        if request["fate"] == "hangs":
            self.over.wait(4 * TIMEOUT)
        if request["fate"] != "ok":
            raise ConnectionError("as it likes")
        return 200

    def accepted(self):
        return {r["what"] for r in list(self.sink.items) if "answered" in r and r["fate"] == "ok" and not r["orphan"]}


def may_be_unheard(first, again, kills):
    """Nobody can know at `again` that `first` was accepted."""
    if first.get("fate") != "ok" or first["orphan"] or "answered" not in first:
        return True
    # It may have come too late for the one who waited.
    return first["answered"] - first["at"] > TIMEOUT / 2 or any(
        first["at"] - LAG <= dead and began <= again["at"] and began - first["answered"] <= WINDOW for began, dead in kills)


def deliveries(server):
    out, cursor = [], ""
    while cursor is not None:
        page = server.get("/api/ext/v1/deliveries", limit=1000, **({"cursor": cursor} if cursor else {}))
        out += page["items"]
        cursor = page["next"]
    return out


def storm(server, gateway, groups):
    """Posts waves of groups, and kills the server in the middle of each; returns when."""
    kills = []
    for first in range(0, groups, WAVE):
        wave = range(first, min(first + WAVE, groups))
        server.post("/api/v2/alerts", [{"labels": {"alertname": f"G{g}", "n": str(n)}, "endsAt": rfc3339(36000)}
                                       for g in wave for n in range(ALERTS)])
        fresh = {(f"G{g}", phone) for g in wave for phone in PHONES}
        until(lambda fresh=fresh: len(fresh & gateway.accepted()) >= len(fresh) // 2, "half of a wave")
        began = time.monotonic()
        server.kill()
        kills.append((began, time.monotonic()))
        server.start()
    return kills


def states_of(server):
    states = collections.defaultdict(list)
    for d in deliveries(server):
        states[re.search(r'alertname="(\w+)"', d["group_key"]).group(1), d["recipient"]].append(d["state"])
    return states


def test_each_message_arrives(serve, sink, capsys):
    gateway = Gateway(sink)
    server = serve(CONFIG.format(url=sink.url, phones=json.dumps(PHONES)))
    wanted = {(f"G{g}", phone) for g in range(GROUPS) for phone in PHONES}
    kills = storm(server, gateway, GROUPS)
    until(lambda: wanted <= gateway.accepted(), lambda: f"never told: {sorted(wanted - gateway.accepted())[:20]}")
    # Whatever waits for an answer gives up.
    until(lambda: not any(d["state"] == "pending" for d in deliveries(server)), "the last answer")
    gateway.over.set()

    seen, again, unexplained, oldest = {}, 0, [], 0.0
    for r in sorted((r for r in list(sink.items) if "what" in r), key=lambda r: r["at"]):
        before = seen.setdefault(r["what"], [])
        again += bool(before)
        if any(not may_be_unheard(first, r, kills) for first in before):
            unexplained.append((r["what"], r["at"], [(b["fate"], b["at"], b.get("answered")) for b in before]))
        # The kill that lost it; one that died just then may have begun before.
        for b in (b for b in before if b["fate"] == "ok" and "answered" in b and not b["orphan"]):
            oldest = max(oldest, min((began for began, dead in kills if dead >= b["at"]), default=0.0) - b["answered"])
        before.append(r)
    assert not unexplained, f"seed {SEED}: {len(unexplained)} of {unexplained[:5]}; kills {kills}"

    states = states_of(server)
    assert set(states) == wanted, f"seed {SEED}"
    for what, all_of_it in states.items():
        assert "accepted" in all_of_it, f"seed {SEED}: {what} is {all_of_it}"
    counted = collections.Counter(s for v in states.values() for s in v)
    with capsys.disabled():
        print(f"\nseed {SEED}: {len(wanted)} messages, {len(sink.items)} requests, {len(kills)} kills, {again} requests more than "
              f"one, all explained: the oldest answer that a kill lost was {oldest:.2f} s old; deliveries: {dict(counted)}")


def test_nobody_gets_it_twice(serve, sink, capsys):
    gateway, groups = Gateway(sink), max(GROUPS // 2, WAVE)
    server = serve(PACED.format(url=sink.url, phones=json.dumps(PHONES)))
    wanted = {(f"G{g}", phone) for g in range(groups) for phone in PHONES}
    kills = storm(server, gateway, groups)
    until(lambda: set(states_of(server)) == wanted, lambda: f"never asked for: {sorted(wanted - set(states_of(server)))[:20]}")
    until(lambda: not any(d["state"] == "pending" for d in deliveries(server)), "the last answer")
    gateway.over.set()

    asked = collections.defaultdict(list)
    for r in sorted((r for r in list(sink.items) if "what" in r), key=lambda r: r["at"]):
        asked[r["what"]].append(r)
    # Who is asked again had refused.
    twice = {what: [(r["fate"], r["at"]) for r in all_of_it] for what, all_of_it in asked.items()
             if any(r["fate"] != "fails" for r in all_of_it[:-1])}
    assert not twice, f"seed {SEED}: {list(twice.items())[:5]}; kills {kills}"
    states, unknown = states_of(server), 0
    for what in wanted:
        assert len(states[what]) == 1, f"seed {SEED}: {what} is {states[what]}"
        last = asked[what][-1] if asked[what] else None
        if states[what] == ["unknown"]:
            unknown += 1
            assert last is None or may_be_unheard(last, {"at": float("inf")}, kills), f"seed {SEED}: {what} was told: {last}; {kills}"
        else:
            assert states[what] == ["accepted"] and last["fate"] == "ok", f"seed {SEED}: {what} is {states[what]}, {last}"
    # Those that waited for their turn when a process died were told by a later one.
    assert any(r["at"] > dead for r in sink.items for _, dead in kills[:1] if "what" in r), f"seed {SEED}"
    with capsys.disabled():
        print(f"\nseed {SEED}: {len(wanted)} messages, {sum(len(v) for v in asked.values())} requests, {len(kills)} kills, "
              f"{unknown} unknown, nobody was told twice")


def until(true, what, timeout=300):
    end = time.monotonic() + timeout
    while not true():
        assert time.monotonic() < end, f"seed {SEED}: {what() if callable(what) else what}"
        time.sleep(0.05)
