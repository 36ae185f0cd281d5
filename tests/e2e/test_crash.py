# SPDX-License-Identifier: Apache-2.0
"""
kill -9 at random moments under load, again and again, on one data directory.

What was answered with 200 is there afterwards; what was to be told is told, at
least once. Twice only when the process died between the arrival of a message
and the moment the receiver's answer was on disk: behind such a repetition is a
kill at most WINDOW seconds after the answer, if there was one at all.

History never shows what did not happen: each notification in it has arrived, as
often as it says. What it lacks happened in the second before a kill, or since
the lag that it told before: that is its bound, and it holds on a machine that
has no time as well.

TOCSIN_CRASH_CYCLES sets the number of kills, TOCSIN_CRASH_SEED the course; a
hundred of them, as should be seen before a release, take three minutes:
    TOCSIN_CRASH_CYCLES=100 TOCSIN=build/dev/tocsin pytest -s tests/e2e/test_crash.py
"""
import collections
import http.client
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

CYCLES = int(os.environ.get("TOCSIN_CRASH_CYCLES", "10"))
SEED = int(os.environ.get("TOCSIN_CRASH_SEED", "0")) or random.randrange(1, 1 << 31)
WINDOW = 1.0
BOUND = 1.0  # seconds that history may lack
PATIENCE = 8.0
LAG = 0.1  # of threads that read the clock
PHONES = ["+905551112233", "+905559998877"]
CONFIG = """
route:
  receiver: hook
  group_by: [alertname]
  group_wait: 100ms
  group_interval: 500ms
  repeat_interval: 10h
  routes: [{{matchers: ['page="yes"'], receiver: phone}}]
receivers:
  - name: hook
    webhook_configs: [{{url: "{url}/hook"}}]
  - name: phone
    sms_configs: [{{url: "{url}/sms", to: {phones}, form: {{to: '{{{{ .To }}}}', text: '{{{{ .Text }}}}'}},
                   text: '{{{{ .CommonLabels.alertname }}}} {{{{ .Status }}}}'}}]
"""


class Load(threading.Thread):
    """Posts until the server is gone; remembers what was confirmed."""

    def __init__(self, server, rng, state):
        super().__init__(daemon=True)
        self.server, self.rng, self.state = server, rng, state
        self.connection = http.client.HTTPConnection(server.host, server.port, timeout=10)

    def send(self, method, path, value=None):
        self.connection.request(method, path, None if value is None else json.dumps(value),
                                {"Content-Type": "application/json"})
        answer = self.connection.getresponse()
        body = answer.read()
        assert answer.status == 200, (answer.status, body)
        return json.loads(body) if body else None

    def silence(self):
        n = self.state.number()
        matchers = [{"name": "nothing", "value": str(n), "isRegex": False}]
        got = self.send("POST", "/api/v2/silences", {"matchers": matchers, "startsAt": rfc3339(),
                                                     "endsAt": rfc3339(36000), "createdBy": "t", "comment": str(n)})
        self.state.silences[got["silenceID"]] = "active"
        self.state.note("silence_created", got["silenceID"])

    def ack(self):
        told = self.state.take()
        if told:
            got = self.send("POST", "/api/ext/v1/ack", {"matchers": [{"name": "alertname", "value": told}], "owner": "t",
                                                        "comment": "", "max_seconds": 36000})
            self.state.silences[got["silence_id"]] = "active"
            self.state.note("ack_created", got["silence_id"])

    def expire(self):
        active = [i for i, s in self.state.silences.items() if s == "active"]
        if not active:
            return
        chosen = self.rng.choice(active)
        self.state.silences[chosen] = "unknown"
        self.send("DELETE", f"/api/v2/silence/{chosen}")
        self.state.silences[chosen] = "expired"
        self.state.note("expired", chosen)

    def alerts(self):
        names = [f"A{self.state.number()}" for _ in range(self.rng.randrange(1, 6))]
        page = "yes" if self.rng.randrange(3) == 0 else "no"
        self.send("POST", "/api/v2/alerts", [
            {"labels": {"alertname": n, "page": page}, "annotations": {"text": "x" * self.rng.randrange(200)},
             "endsAt": rfc3339(36000)} for n in names])
        self.state.firing.update({n: page for n in names})
        for n in names:
            self.state.note("firing", n)

    def resolve(self):
        name = self.state.take()
        if not name:
            return
        self.send("POST", "/api/v2/alerts", [{"labels": {"alertname": name, "page": self.state.firing[name]},
                                              "startsAt": rfc3339(-60), "endsAt": rfc3339()}])
        self.state.resolved[name] = self.state.firing[name]
        self.state.posted[name] = (name, "resolved", time.monotonic())
        self.state.note("resolved", name)

    def run(self):
        steps = [self.silence, self.alerts, self.alerts, self.resolve, self.expire, self.ack]
        try:
            while True:
                self.rng.choice(steps)()
        except (OSError, http.client.HTTPException):
            self.connection.close()
        except AssertionError as e:
            self.state.errors.append(e)


class Probe(threading.Thread):
    """Asks again and again how far history is behind."""

    def __init__(self, server):
        super().__init__(daemon=True)
        self.server, self.seen = server, []

    def run(self):
        try:
            while True:
                sent = time.monotonic()
                status, _, body = self.server.request("GET", "/api/ext/v1/history?limit=1")
                # 503: right behind a start it is not open yet.
                if status == 200:
                    self.seen.append((sent, time.monotonic(), json.loads(body)["lag_seconds"]))
                time.sleep(0.05)
        except (OSError, http.client.HTTPException):
            pass

    def kept(self, since):
        """What had happened before this moment is in history: the server was through with it, and asked the last time
        it was old enough. Nothing of before `since` is meant."""
        if not self.seen:
            return since
        old = self.seen[-1][0] - max(BOUND, self.seen[-1][2])
        # The turn of a question may go on behind its answer, but not when the next one comes.
        through = [sent for sent, answered, _ in self.seen if answered <= old]
        return through[-2] if len(through) > 1 else since


class State:
    def __init__(self, sink, rng):
        self.sink, self.rng = sink, rng
        self.lock = threading.Lock()
        self.last = 0
        self.silences, self.firing, self.resolved, self.resolving = {}, {}, {}, set()
        self.errors, self.kills, self.posted = [], [], {}
        self.noted, self.rounds = [], []

    def number(self):
        with self.lock:
            self.last += 1
            return self.last

    def note(self, *what):
        """Confirmed at this moment."""
        self.noted.append((*what, time.monotonic()))

    def take(self):
        """An alert that was told and that nobody else does anything to; None: there is none."""
        with self.lock:
            told = sorted({e[1] for e in self.messages() if e[2] == "firing"} & self.firing.keys() - self.resolving)
            if not told:
                return None
            name = self.rng.choice(told)
            self.resolving.add(name)
            return name

    def may_lack(self, at):
        """May history lack what happened at that moment, as a kill came too soon after it?"""
        return any(kept < at <= dead for kept, dead in self.rounds)

    def messages(self):
        """(whom, alert name, firing or resolved, request) of each alert in each message."""
        out = []
        for r in list(self.sink.items):
            if r["path"] == "/hook":
                out += [("hook", a["labels"]["alertname"], a["status"], r) for a in r["json"]["alerts"]]
            else:
                form = urllib.parse.parse_qs(r["body"].decode())
                name, status = form["text"][0].split()
                out.append((form["to"][0], name, status, r))
        return out

    def wanted(self):
        want = set()
        for status, names in (("firing", self.firing), ("resolved", self.resolved)):
            for name, page in names.items():
                want |= {(whom, name, status) for whom in (PHONES if page == "yes" else ["hook"])}
        return want


def explained(first, again, kills):
    """`first` and `again` are arrivals of the same."""
    # The receiver was slow to look: the sender had been killed before.
    if first["orphan"]:
        return any(first["at"] - PATIENCE <= dead and began <= again["at"] for began, dead in kills)
    answered = first.get("answered")
    # An answer that takes this long comes after the server has given up.
    if answered is not None and answered - first["at"] > PATIENCE:
        return True
    return any(first["at"] - LAG <= dead and began <= again["at"] and (answered is None or began - answered <= WINDOW)
               for began, dead in kills)


def repetitions(state):
    """How often something was told again; those that nothing explains."""
    seen, count, unexplained = {}, 0, []
    for *what, request in state.messages():
        # Each group has one alert, so nothing is told again because its group has news.
        before = seen.get(tuple(what))
        seen[tuple(what)] = request
        if before is None:
            continue
        count += 1
        if not explained(before, request, state.kills):
            unexplained.append((*what, before["at"], before.get("answered"), request["at"]))
    return count, unexplained


def shown(server):
    """History as (kind, alert name or silence): how often; and of notifications those that were sent, as State.messages has
    them."""
    status, _, body = server.request("GET", "/api/ext/v1/history?format=ndjson")
    assert status == 200, body
    seen, sent, failed = collections.Counter(), collections.Counter(), collections.Counter()
    ids = []
    for item in map(json.loads, body.splitlines()):
        ids.append(int(item["id"]))
        if item["kind"] in ("firing", "resolved"):
            seen[item["kind"], item["labels"]["alertname"]] += 1
        elif item["kind"].startswith(("silence_", "ack_")):
            seen["expired" if item["kind"].endswith("expired") else item["kind"], item["silence_id"]] += 1
        elif item["kind"] == "notification":
            name = re.search(r'alertname="(\w+)"', item["group_key"]).group(1)
            status = "firing" if item["firing"] else "resolved"
            # Who was served by one that failed for the other is shown as served by the next one, too.
            for whom in [r["to"] for r in item["recipients"] if r["ok"]] if item["receiver"] == "phone" else ["hook"]:
                failed[whom, name, status] += item["outcome"] != "sent"
                sent[whom, name, status] += item["outcome"] == "sent"
    assert ids == sorted(set(ids), reverse=True), f"seed {SEED}: numbers of events come twice, or are not in order"
    for what, n in failed.items():
        if what[0] != "hook" and sent[what] == 0:
            sent[what] = n
    return seen, sent


def lacking(server, state):
    """What happened and is not in history: (event, when). What is in it and did not happen fails."""
    seen, sent = shown(server)
    arrived = collections.Counter(m[:3] for m in state.messages())
    made_up = {k: (n, arrived[k]) for k, n in sent.items() if n > arrived[k]}
    assert not made_up, f"seed {SEED}: notifications that nobody got: {made_up}"
    return [(what, at) for *what, at in state.noted if tuple(what) not in seen] + [
        (what, r["answered"]) for *what, r in state.messages()
        if "answered" in r and not r["orphan"] and r["answered"] - r["at"] < PATIENCE and tuple(what) not in sent]


def test_nothing_is_lost_by_crashes(serve, sink, capsys):
    rng = random.Random(SEED)
    state = State(sink, random.Random(rng.random()))
    server = serve(CONFIG.format(url=sink.url, phones=json.dumps(PHONES)))
    slowest_start = 0.0
    for _ in range(CYCLES):
        workers = [Load(server, random.Random(rng.random()), state) for _ in range(3)] + [Probe(server)]
        for w in workers:
            w.start()
        time.sleep(rng.uniform(0.02, 2.0))
        began = time.monotonic()
        server.kill()
        state.kills.append((began, time.monotonic()))
        for w in workers:
            w.join(20)
        assert not state.errors, state.errors
        state.rounds.append((workers[-1].kept(state.rounds[-1][1] if state.rounds else 0.0), time.monotonic()))
        began = time.monotonic()
        server.start()
        slowest_start = max(slowest_start, time.monotonic() - began)

    end = time.monotonic() + 300
    while missing := state.wanted() - {m[:3] for m in state.messages()}:
        names = {m[1] for m in missing}
        assert time.monotonic() < end, (
            f"seed {SEED}: never told: {sorted(missing)[:20]} ({len(missing)}); kills {state.kills}; told of these: "
            f"{[(*m[:3], m[3]['at']) for m in state.messages() if m[1] in names][:40]}; posted {[state.posted.get(n) for n in names]}; "
            f"log: {[line for line in server.log if any(n in line for n in names)][:20]}")
        time.sleep(0.1)
    time.sleep(1.5)
    silences = {s["id"]: s["status"]["state"] for s in server.get("/api/v2/silences")}
    lost = {i: s for i, s in state.silences.items() if s != "unknown" and silences.get(i) != s}
    assert not lost, f"seed {SEED}: {lost}"
    assert all(i in silences for i in state.silences), f"seed {SEED}"
    end = time.monotonic() + 300
    while True:
        lacks = lacking(server, state)
        lost = [x for x in lacks if not state.may_lack(x[1])]
        if not lost:
            break
        assert time.monotonic() < end, f"seed {SEED}: history lacks {lost[:20]} ({len(lost)}); rounds {state.rounds}"
        time.sleep(0.1)
    ages = [min(dead for _, dead in state.rounds if dead >= at) - at for _, at in lacks]
    count, unexplained = repetitions(state)
    assert not unexplained, f"seed {SEED}: {unexplained}"
    with capsys.disabled():
        print(f"\n{CYCLES} kills (seed {SEED}): {len(state.silences)} silences, {len(state.firing)} alerts, "
              f"{len(state.messages())} messages told, {count} of them twice, slowest start {slowest_start:.2f} s; history lacks {len(lacks)} "
              f"events of {len(state.noted) + len(state.messages())}, the oldest {max(ages, default=0):.2f} s before a kill")
