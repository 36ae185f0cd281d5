# SPDX-License-Identifier: Apache-2.0
"""The judge of a cluster's history, by histories that are made up; and one short history of real members under a fault."""
import json
import pathlib
import subprocess
import sys

import pytest

CLUSTER = pathlib.Path(__file__).parents[1] / "cluster"
sys.path.insert(0, str(CLUSTER))

import checker  # noqa: E402
import net  # noqa: E402
from lib.server import BINARY  # noqa: E402


def history(*events):
    """Each a word of (at, kind, alert, ...); one receiver, who is told all of it."""
    out = [{"at": 0, "kind": "wanted", "receiver": "r"}]
    for at, kind, *more in events:
        event = {"at": at, "kind": kind}
        if kind == "posted":
            event |= {"alert": more[0], "status": more[1]}
        elif kind == "told":
            event |= {"kind": "received", "receiver": "r", "alert": more[0], "status": more[1], "ok": more[2] if len(more) > 2 else True}
        elif kind == "muted":
            event |= {"alert": more[0], "until": more[1]}
        elif kind == "fault":
            event |= {"what": "x", "until": more[0]}
        elif kind == "doubt":
            event |= {"alert": more[0], "cause": "abandoned"}
        out.append(event)
    return checker.read(json.dumps(e) for e in out)


GOOD = [(1, "posted", "A", "firing"), (2, "told", "A", "firing"), (10, "posted", "A", "resolved"), (11, "told", "A", "resolved")]
LATER = [(100, "posted", "B", "firing"), (101, "told", "B", "firing")]


@pytest.mark.parametrize("events, missing, duplicates, said", [
    (GOOD + LATER, 0, 0, None),
    # A repetition that failed is no duplicate.
    ([*GOOD[:2], (1.5, "told", "A", "firing", False)] + LATER, 0, 0, None),
    ([*GOOD[:2], (3, "told", "A", "firing")] + LATER, 0, 1, None),
    ([*GOOD, (12, "told", "A", "resolved")] + LATER, 0, 1, None),
    ([GOOD[0], *LATER], 1, 0, "N1: r was never told of A"),
    ([GOOD[0], (50, "told", "A", "firing"), *LATER], 0, 0, "N1: r was told of A 49.0 s after it was posted"),
    # What was broken meanwhile is an excuse until it is healed.
    ([GOOD[0], (0.5, "fault", 45), (50, "told", "A", "firing"), *LATER], 0, 0, None),
    ([*GOOD[:3], *LATER], 0, 0, "N2: r was never told that A is resolved"),
    ([(1, "posted", "A", "firing"), (3, "told", "A", "resolved"), (4, "told", "A", "firing"), *LATER], 0, 1,
     "N2: r was told that A is resolved, and never that it fires"),
    ([*GOOD, (0, "muted", "A", 5), *LATER], 0, 0, "N3: r was told of A while it was muted"),
    ([(1, "posted", "A", "firing"), (0, "muted", "A", 500), *LATER], 0, 0, None),
    ([*GOOD, (15, "told", "A", "firing"), (16, "told", "A", "resolved"), *LATER], 0, 1, "N5: r was told at 15.0 that A fires, after its end"),
    # It was posted anew.
    ([*GOOD, (14, "posted", "A", "firing"), (15, "told", "A", "firing"), *LATER], 0, 0, None),
])
def test_made_up_histories(events, missing, duplicates, said):
    verdict = checker.judge(history(*events), within=10)
    assert (len(verdict.missing), len(verdict.duplicates)) == (missing, duplicates)
    assert verdict.violations[:1] == ([said] if said else [])


def test_a_broken_receiver_delays_no_other():
    events = history(GOOD[0], (50, "told", "A", "firing"), *LATER)
    events.insert(0, {"at": 0, "kind": "wanted", "receiver": "bad", "broken": True})
    assert checker.judge(events, within=10).violations == ["N6: r was told of A 49.0 s after it was posted"]


def test_doubts_excuse_as_many_duplicates():
    twice = [*GOOD[:2], (3, "told", "A", "firing"), (4, "told", "A", "firing"), *GOOD[2:], *LATER]
    for doubts, unsaid in (((), 2), (("A",), 1), (("A", "A", "A"), 0), (("B", "B"), 2)):
        verdict = checker.judge(history(*twice, *((200, "doubt", d) for d in doubts)), within=10)
        assert (len(verdict.duplicates), len(verdict.unsaid)) == (2, unsaid)


@pytest.mark.skipif(not net.possible(), reason="no network namespaces here")
def test_the_first_one_is_killed(tmp_path):
    """Three members in namespaces of their own; the one that tells is killed in the middle, and all is told once, or at least once."""
    done = subprocess.run([sys.executable, CLUSTER / "faults.py", "--binary", BINARY, "--fault", "the first one kill -9",
                           "--incidents", "40", "--keep", tmp_path], capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    verdict = (tmp_path / "0-0" / "verdict").read_text()
    assert "incidents 40, told 40, missing 0" in verdict, verdict
