# SPDX-License-Identifier: Apache-2.0
"""
kill -9 at random moments under load, again and again, on one data directory.

What was answered with 200 is there afterwards; what was to be told is told, at
least once. Twice only when the process died between the arrival of a message
and the moment the receiver's answer was on disk: behind such a repetition is a
kill at most WINDOW seconds after the answer, if there was one at all.

TOCSIN_CRASH_CYCLES sets the number of kills, TOCSIN_CRASH_SEED the course.
"""
import http.client
import json
import os
import random
import threading
import time
import urllib.parse

import pytest

from lib.server import rfc3339

pytestmark = pytest.mark.alone

CYCLES = int(os.environ.get("TOCSIN_CRASH_CYCLES", "10"))
SEED = int(os.environ.get("TOCSIN_CRASH_SEED", "0")) or random.randrange(1, 1 << 31)
WINDOW = 1.0
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

    def expire(self):
        active = [i for i, s in self.state.silences.items() if s == "active"]
        if not active:
            return
        chosen = self.rng.choice(active)
        self.state.silences[chosen] = "unknown"
        self.send("DELETE", f"/api/v2/silence/{chosen}")
        self.state.silences[chosen] = "expired"

    def alerts(self):
        names = [f"A{self.state.number()}" for _ in range(self.rng.randrange(1, 6))]
        page = "yes" if self.rng.randrange(3) == 0 else "no"
        self.send("POST", "/api/v2/alerts", [
            {"labels": {"alertname": n, "page": page}, "annotations": {"text": "x" * self.rng.randrange(200)},
             "endsAt": rfc3339(36000)} for n in names])
        self.state.firing.update({n: page for n in names})

    def resolve(self):
        told = [n for n in self.state.told_firing() if n in self.state.firing and n not in self.state.resolving]
        if not told:
            return
        name = self.rng.choice(told)
        self.state.resolving.add(name)
        self.send("POST", "/api/v2/alerts", [{"labels": {"alertname": name, "page": self.state.firing[name]},
                                              "startsAt": rfc3339(-60), "endsAt": rfc3339()}])
        self.state.resolved[name] = self.state.firing[name]
        self.state.posted[name] = (name, "resolved", time.monotonic())

    def run(self):
        steps = [self.silence, self.alerts, self.alerts, self.resolve, self.expire]
        try:
            while True:
                self.rng.choice(steps)()
        except (OSError, http.client.HTTPException):
            self.connection.close()
        except AssertionError as e:
            self.state.errors.append(e)


class State:
    def __init__(self, sink):
        self.sink = sink
        self.lock = threading.Lock()
        self.last = 0
        self.silences, self.firing, self.resolved, self.resolving = {}, {}, {}, set()
        self.errors, self.kills, self.posted = [], [], {}

    def number(self):
        with self.lock:
            self.last += 1
            return self.last

    def told_firing(self):
        return {e[1] for e in self.messages() if e[2] == "firing"}

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


def test_nothing_is_lost_by_crashes(serve, sink, capsys):
    rng = random.Random(SEED)
    state = State(sink)
    server = serve(CONFIG.format(url=sink.url, phones=json.dumps(PHONES)))
    slowest_start = 0.0
    for _ in range(CYCLES):
        workers = [Load(server, random.Random(rng.random()), state) for _ in range(3)]
        for w in workers:
            w.start()
        time.sleep(rng.uniform(0.02, 1.0))
        began = time.monotonic()
        server.kill()
        state.kills.append((began, time.monotonic()))
        for w in workers:
            w.join(20)
        assert not state.errors, state.errors
        began = time.monotonic()
        server.start()
        slowest_start = max(slowest_start, time.monotonic() - began)

    end = time.monotonic() + 60
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
    count, unexplained = repetitions(state)
    assert not unexplained, f"seed {SEED}: {unexplained}"
    with capsys.disabled():
        print(f"\n{CYCLES} kills (seed {SEED}): {len(state.silences)} silences, {len(state.firing)} alerts, "
              f"{len(state.messages())} messages told, {count} of them twice, slowest start {slowest_start:.2f} s")
