# SPDX-License-Identifier: Apache-2.0
"""Judges the history of a cluster, ours or Alertmanager's: JSON lines of what was posted, done and received.

Usage: checker.py [--within SECONDS] FILE. Each line has `at` (seconds) and `kind`:

	posted    alert, status (firing, resolved): some member has taken it; the first one counts
	muted     alert, until: nobody may be told of it from `at` on, as every member knows
	received  receiver, alert, status, ok: a receiver was told, and said yes or not; node, decision where they are known
	fault     what, until: something was broken; healed at `until`
	wanted    receiver, broken: whom all alerts go to; `broken` ones say no for ever
	doubt     alert, cause: a member said that a notification of it may be there twice; as many duplicates are expected

Invariants, with the names of the project's notes:

	N1  every firing alert that is not muted is told to each receiver that works, within the time after it was posted and all was well
	N2  resolved is told if, and only if, firing was, and after it
	N3  nothing is told of an alert while it is muted
	N4  one who was told is not told again; a repetition is a duplicate, and counts
	N5  what is told of an alert goes on: no firing after its resolved, unless it was posted anew
	N6  a receiver that is broken delays no other one: what those are told late while nothing else was broken is a violation
"""
import argparse
import collections
import json
import sys

WITHIN = 60


class Verdict:
    def __init__(self):
        self.incidents = self.told = 0
        self.missing, self.duplicates, self.violations = [], [], []
        self.unsaid = []  # duplicates that no member said there may be
        self.slowest = 0.0  # seconds from the first posting to the first telling

    def add(self, name, text):
        self.violations.append(f"{name}: {text}")

    @property
    def sound(self):
        return not self.violations and not self.missing

    def per_10000(self, items):
        return round(10000 * len(items) / self.incidents) if self.incidents else 0

    def __str__(self):
        return "\n".join([f"incidents {self.incidents}, told {self.told}, missing {len(self.missing)}, "
                          f"duplicates {len(self.duplicates)}, of them unsaid {len(self.unsaid)}, slowest {self.slowest:.1f} s", *self.violations])


def read(lines):
    return sorted((json.loads(line) for line in lines if line.strip()), key=lambda e: e["at"])


class Told:
    """What one receiver heard of one alert, in order."""

    def __init__(self, events):
        self.all = events
        self.taken = [e for e in events if e["ok"]]

    def first(self, status, since=float("-inf")):
        return next((e for e in self.taken if e["status"] == status and e["at"] >= since), None)


def well_from(faults, at):
    """When nothing that was broken at that moment, or became so before it was healed, was broken any more."""
    for fault in faults:
        if fault["at"] <= at < fault["until"]:
            at = fault["until"]
    return at


def judge_order(verdict, receiver, alert, told, posts):
    """N2, N4, N5: what is told changes with each message, as what was posted did."""
    state, seen = None, 0
    for event in told.taken:
        before = [p for p in posts if p["at"] <= event["at"]]
        changes = sum(1 for p in before if p["status"] == "firing")
        if event["status"] == "resolved" and state is None:
            verdict.add("N2", f"{receiver} was told that {alert} is resolved, and never that it fires")
        elif event["status"] == state:
            verdict.duplicates.append((receiver, alert, event["status"], event["at"]))
        elif event["status"] == "firing" and state == "resolved" and changes <= seen:
            verdict.add("N5", f"{receiver} was told at {event['at']:.1f} that {alert} fires, after its end")
            verdict.duplicates.append((receiver, alert, "firing", event["at"]))
        state, seen = event["status"], changes
    if posts and posts[-1]["status"] == "resolved" and state == "firing":
        verdict.add("N2", f"{receiver} was never told that {alert} is resolved")


def unsaid_of(duplicates, doubts):
    """What is left of the duplicates when each doubt excuses one of its alert."""
    said = collections.Counter(e["alert"] for e in doubts)
    left = []
    for duplicate in duplicates:
        if said[duplicate[1]] > 0:
            said[duplicate[1]] -= 1
        else:
            left.append(duplicate)
    return left


def judge(events, within=WITHIN):
    by = collections.defaultdict(list)
    for event in events:
        by[event["kind"]].append(event)
    verdict = Verdict()
    posts, muted = collections.defaultdict(list), {e["alert"]: e for e in by["muted"]}
    for event in by["posted"]:
        if not posts[event["alert"]] or posts[event["alert"]][-1]["status"] != event["status"]:
            posts[event["alert"]].append(event)
    received = collections.defaultdict(list)
    for event in by["received"]:
        received[event["receiver"], event["alert"]].append(event)
    receivers = {e["receiver"]: e.get("broken", False) for e in by["wanted"]}
    end = max((e["at"] for e in events), default=0)
    verdict.incidents = len(posts)
    for receiver, broken in receivers.items():
        for alert, posted in posts.items():
            told = Told(received[receiver, alert])
            mute = muted.get(alert)
            if mute:
                verdict.violations += [f"N3: {receiver} was told of {alert} while it was muted" for e in told.all
                                       if mute["at"] <= e["at"] < mute["until"]]
            if broken:
                continue
            first = told.first("firing")
            verdict.told += first is not None
            if first is not None:
                verdict.slowest = max(verdict.slowest, first["at"] - posted[0]["at"])
            judge_order(verdict, receiver, alert, told, posted)
            if mute and mute["at"] <= posted[0]["at"]:
                continue
            due = well_from(by["fault"], posted[0]["at"]) + within
            if first is None and end >= due:
                verdict.missing.append((receiver, alert))
                verdict.add("N1", f"{receiver} was never told of {alert}")
            elif first is not None and first["at"] > due:
                name = "N6" if any(receivers.values()) and due == posted[0]["at"] + within else "N1"
                verdict.add(name, f"{receiver} was told of {alert} {first['at'] - posted[0]['at']:.1f} s after it was posted")
    verdict.unsaid = unsaid_of(verdict.duplicates, by["doubt"])
    return verdict


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--within", type=float, default=WITHIN)
    parser.add_argument("file", type=argparse.FileType())
    options = parser.parse_args()
    verdict = judge(read(options.file), options.within)
    print(verdict)
    return 0 if verdict.sound else 1


if __name__ == "__main__":
    sys.exit(main())
