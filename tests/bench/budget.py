#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""
What an operation may cost, in user instructions as callgrind counts them: they repeat to a few per cent on any machine.

    tests/bench/budget.py --tocsin build/release/tocsin
    tests/bench/budget.py --tocsin build/release/tocsin --only notify --keep /tmp

The server runs under valgrind, with its store and its history; all threads count, and so does what is done behind the
answers. A figure above its budget is measured again before it is a failure; one far below asks for a smaller budget. --only measures some
(those of alerts that are there need `new`); --keep copies what callgrind counted to DIR/cg.<operation>.
"""
import argparse
import http.server
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import threading
import time

from bench import Server, alert, post_bytes, stamp

# Instructions at most, what they are counted for, and why it is so many.
BUDGETS = {
    "new": (18_700, "an alert that is new, and looks like those before it: read, stored, routed, grouped, written to disk and history"),
    "one": (55_000, "a new alert in a POST of its own, durable before it is answered: one connection, so one record each"),
    "re-posted": (4_700, "an alert posted again with a later end: known by the text of its labels and annotations, which is asked for ahead"),
    "list": (3_900, "an alert of GET /api/v2/alerts: its values are found by number"),
    "groups": (4_350, "an alert of GET /api/v2/alerts/groups"),
    "scrape": (550_000, "GET /metrics with the alerts above"),
    "silence": (86_000, "a silence with a regular expression, on disk when it is answered"),
    "judged": (24_000, "an alert looked at under 1,000 silences with expressions of four shapes; the programs of those that hold are made, too"),
    "notify": (93_000, "an alert that is a group of its own, and the webhook that tells of it; 256 of them, so that the first connection counts little"),
    "retry": (2_600, "an alert of a message of 1,000 that is sent again, and of what is noted of its end: what was rendered for the first attempt is kept"),
}

ALERTS = 1024
BATCH = 256
GROUPS = 256
SILENCES = 64
SINGLES = 256
RETRIED = 1000
SHAPES = ("web-{}\\..*", ".*-{}\\.example\\.org:9100", ".*eb-{}\\.ex.*", "[a-z]+-{}\\.[a-z.]+:[0-9]+")
SILENCES_OF_A_SHAPE = 250

CONFIG = """
route:
  receiver: none
  group_by: [alertname]
  group_wait: 1h
  group_interval: 1h
  routes:
  - {{receiver: hook, matchers: ['job="page"'], group_by: [...], group_wait: 1s}}
  - {{receiver: hook, matchers: ['job="again"'], group_by: [job], group_wait: 15s}}
receivers: [{{name: none}}, {{name: hook, webhook_configs: [{{url: "http://127.0.0.1:{port}/"}}]}}]
"""
PATIENCE = 300


class Hook(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    told = threading.Semaphore(0)
    refuses = None      # the next one, when this is set
    refused = 0         # alerts of that one

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        refuses, Hook.refuses = Hook.refuses, None
        if refuses:
            Hook.refused = body.count(b'"fingerprint"')
            Hook.told.release()
            refuses.wait(PATIENCE)
        self.send_response(503 if refuses else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()
        if not refuses:
            Hook.told.release()

    def log_message(self, *_):
        pass


class Counted(Server):
    """The server under callgrind."""

    def __init__(self, tocsin, hook):
        super().__init__("valgrind", ["alertname"])
        pathlib.Path(self.dir, "am.yml").write_text(CONFIG.format(port=hook))
        self.dumps = 0
        # The whole command line is valgrind's, and ends with the program and its flags.
        self.binary = f"{self.dir}/counted"
        pathlib.Path(self.binary).write_text(
            f'#!/bin/sh\nexec valgrind --tool=callgrind --callgrind-out-file={self.dir}/cg "{tocsin}" "$@"\n')
        os.chmod(self.binary, 0o755)

    def tell(self, what):
        subprocess.run(["vgdb", f"--pid={self.process.pid}", what], check=True, capture_output=True, timeout=PATIENCE)

    def still(self):
        """Until half a second of the server's own time would show work, had it any."""
        quiet, last = 0, self.cpu()
        while quiet < 3:
            time.sleep(0.5)
            now = self.cpu()
            quiet, last = quiet + 1 if now - last < 0.05 else 0, now

    def count(self, act, n):
        self.still()
        self.tell("zero")
        act()
        self.still()
        self.tell("dump")
        self.dumps += 1
        text = pathlib.Path(f"{self.dir}/cg.{self.dumps}").read_text()
        return int(re.search(r"^(?:totals|summary): (\d+)", text, re.M).group(1)) / n


def posts(n, ends, starts, job="web", batch=BATCH):
    made = [alert(i, ends, 400) for i in range(n)]
    for i, a in enumerate(made):
        a["startsAt"] = starts
        a["labels"]["job"] = job
    return [post_bytes(made[i:i + batch]) for i in range(0, n, batch)]


def notify(server):
    server.send_all(posts(GROUPS, stamp(3600), stamp(0), "page"))
    for _ in range(GROUPS):
        told()


def told():
    assert Hook.told.acquire(timeout=PATIENCE), "notifications are missing"


def retry(server):
    """The first attempt is refused when all that came before it has been counted."""
    refuses = Hook.refuses = threading.Event()
    server.send_all(posts(RETRIED, stamp(3600), stamp(0), "again", RETRIED))
    told()

    def act():
        refuses.set()
        told()
    return act


def silences(server, n=SILENCES, job="mail", shapes=("host{}.*",)):
    """On one connection, one after the other."""
    with server.connect() as s:
        for i in range(n):
            body = json.dumps({"matchers": [{"name": "job", "value": job, "isRegex": False},
                                            {"name": "instance", "value": shapes[i % len(shapes)].format(i), "isRegex": True}],
                               "startsAt": stamp(0), "endsAt": stamp(3600), "createdBy": "bench", "comment": str(i)})
            s.sendall((f"POST /api/v2/silences HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                       f"Content-Length: {len(body)}\r\n\r\n{body}").encode())
            answer = s.recv(65536)
            assert answer.startswith(b"HTTP/1.1 200"), answer[:300]


def measure(tocsin, only=tuple(BUDGETS), keep=None):
    hook = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=hook.serve_forever, daemon=True).start()
    starts = stamp(0)
    with Counted(tocsin, hook.server_address[1]) as server:
        singles = posts(SINGLES, stamp(3600), starts, "single", 1)
        first, again = posts(ALERTS, stamp(3600), starts), posts(ALERTS, stamp(3660), starts)
        found = {}

        def count(name, act, n):
            if name not in only:
                return
            found[name] = server.count(act, n)
            if keep:
                shutil.copy(f"{server.dir}/cg.{server.dumps}", f"{keep}/cg.{name}")

        count("new", lambda: server.send_all(first), ALERTS)
        count("re-posted", lambda: server.send_all(again), ALERTS)
        count("list", lambda: server.get("/api/v2/alerts"), ALERTS)
        count("one", lambda: server.send_all(singles), SINGLES)
        count("groups", lambda: server.get("/api/v2/alerts/groups"), ALERTS)
        count("scrape", lambda: server.get("/metrics"), 1)
        count("silence", lambda: silences(server), SILENCES)
        count("notify", lambda: notify(server), GROUPS)
        if "judged" in only:
            silences(server, len(SHAPES) * SILENCES_OF_A_SHAPE, "web", SHAPES)
        if "retry" in only:
            act = retry(server)
            count("retry", act, Hook.refused)
        count("judged", lambda: server.get("/api/v2/alerts?filter=job%3Dweb&silenced=false"), ALERTS)
    hook.shutdown()
    return found


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--tocsin", required=True, type=os.path.abspath)
    p.add_argument("--only", nargs="+", choices=list(BUDGETS), default=list(BUDGETS))
    p.add_argument("--keep", metavar="DIR")
    args = p.parse_args()
    budgets = {name: BUDGETS[name] for name in BUDGETS if name in args.only}
    found = measure(args.tocsin, args.only, args.keep)
    if any(found[name] > budget for name, (budget, _) in budgets.items()):
        again = measure(args.tocsin, args.only, args.keep)
        found = {name: min(found[name], again[name]) for name in found}
    print(f"{'operation':<12}{'instructions':>14}{'budget':>10}")
    for name, (budget, what) in budgets.items():
        print(f"{name:<12}{found[name]:>14,.0f}{budget:>10,}  {'TOO MANY: ' if found[name] > budget else ''}{what}")
    return any(found[name] > budget for name, (budget, _) in budgets.items())


if __name__ == "__main__":
    sys.exit(main())
