#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""
What history costs, and how fast it answers; on a release build:

  pages    10 million events, made by the server's writer (history_fill), and pages of many kinds of filters while alerts
           are posted at 20,000 a second: median and p99, and what a page had
  cost     CPU per posted alert with history on and off, turn and turn about, each with notifications and changes of state

  cmake --preset release -DBUILD_TESTING=ON && cmake --build build/release --target tocsin history_fill
  tests/bench/history.py pages [--events N] [--sets N] [--data DIRECTORY] [--pages N]
  tests/bench/history.py cost [--seconds N] [--rounds N]
"""
import argparse
import http.client
import http.server
import json
import os
import pathlib
import re
import socket
import statistics
import subprocess
import tempfile
import threading
import time
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[2]
CONFIG = """
route: {{receiver: hook, group_by: [alertname], group_wait: 1s, group_interval: {interval}, repeat_interval: 1h}}
receivers:
  - name: hook
    webhook_configs: [{{url: "{url}", max_alerts: 10}}]
"""
FILTERS = {
    "nothing": {},
    "kind=notification": {"kind": "notification"},
    "kind=silence_created": {"kind": "silence_created"},
    "outcome=failed": {"outcome": "failed"},
    "receiver=receiver-7": {"receiver": "receiver-7"},
    "receiver, failed": {"receiver": "receiver-7", "outcome": "failed"},
    "receiver=~.*-3.": {"receiver": ".*-3.", "integration": "slack"},
    "a receiver that is none": {"receiver": "nobody"},
    "actor=user-5": {"actor": "user-5"},
    "an alert": {"filter": ['instance="host-39999.example.org:9100"', 'device="/dev/disk12"']},
    "an instance": {"filter": ['instance="host-31234.example.org:9100"']},
    "a team": {"filter": ['team="team-3"']},
    "team and critical": {"filter": ['team="team-3"', 'severity="critical"', 'environment!="production"']},
    "instance=~ of 10": {"filter": ['instance=~"host-3999[0-9].example.org:9100"']},
    "instance=~ of all": {"filter": ['instance=~".*-1[0-9]*7\\\\..*"']},
    "instance!~ most": {"filter": ['instance!~"host-[1-9].*"']},
    "nothing fits": {"filter": ['team="team-3"', 'cluster="cluster-99"']},
    "a week back": {"to": -7 * 86400, "kind": "notification"},
    "29 days back": {"to": -28.9 * 86400},
    "a week back, an instance": {"to": -7 * 86400, "filter": ['instance="host-31234.example.org:9100"']},
}


class Sink(http.server.ThreadingHTTPServer):
    request_queue_size = 1024
    daemon_threads = True

    def handle_error(self, *_):
        pass


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class Server:
    def __init__(self, binary, directory, sink, interval, *flags):
        config = pathlib.Path(directory) / "alertmanager.yml"
        config.write_text(CONFIG.format(url=f"http://127.0.0.1:{sink.server_address[1]}/", interval=interval))
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]
        self.process = subprocess.Popen(
            [binary, f"--config.file={config}", f"--storage.path={directory}", f"--web.listen-address=127.0.0.1:{self.port}",
             "--cluster.listen-address=", "--history.max-size=100GB", *flags],
            stdout=subprocess.DEVNULL, stderr=open(pathlib.Path(directory) / "log", "w"))
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        while True:
            try:
                if self.get("/-/ready")[0] == 200:
                    break
            except OSError:
                self.connection.close()
            time.sleep(0.05)

    def get(self, path):
        self.connection.request("GET", path)
        answer = self.connection.getresponse()
        return answer.status, answer.read()

    def cpu(self, threads=None):
        """Seconds of CPU: of the process, or of its threads by name."""
        total = 0
        for task in pathlib.Path(f"/proc/{self.process.pid}/task").iterdir():
            fields = (task / "stat").read_text().rsplit(")", 1)
            if threads is None or fields[0].split("(", 1)[1].startswith(threads):
                total += int(fields[1].split()[11]) + int(fields[1].split()[12])
        return total / os.sysconf("SC_CLK_TCK")

    def stop(self):
        self.process.terminate()
        self.process.wait()


class Poster(threading.Thread):
    """`rate` alerts a second, in posts of 500; `changing` of a thousand change their state with each round."""

    def __init__(self, server, rate, alerts=20000, changing=0):
        super().__init__(daemon=True)
        self.rate, self.changing = rate, changing
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        self.posted, self.over, self.round = 0, False, 0
        self.batches = [[{"labels": {"alertname": f"Posted{i % 200}", "instance": f"posted-{i}", "job": "bench",
                                     "severity": "warning", "cluster": "a", "team": f"team-{i % 30}"},
                          "annotations": {"summary": "something is wrong"}} for i in range(at, at + 500)]
                        for at in range(0, alerts, 500)]
        self.bodies = [json.dumps(b) for b in self.batches]

    def body(self, n):
        if not self.changing:
            return self.bodies[n]
        alerts = [dict(a) for a in self.batches[n]]
        for i, a in enumerate(alerts):
            if i * 1000 // 500 < self.changing and self.round % 2:
                a["startsAt"], a["endsAt"] = "2020-01-01T00:00:00Z", "2020-01-01T00:00:01Z"
        return json.dumps(alerts)

    def run(self):
        begin, n = time.monotonic(), 0
        ready = {(k, r): None for k in range(len(self.bodies)) for r in (0, 1)}
        while not self.over:
            key = n % len(self.bodies), self.round % 2
            if ready[key] is None:
                ready[key] = self.body(key[0])
            self.connection.request("POST", "/api/v2/alerts", ready[key], {"Content-Type": "application/json"})
            answer = self.connection.getresponse()
            answer.read()
            assert answer.status == 200, answer.status
            n += 1
            self.round = n // len(self.bodies)
            self.posted += 500
            ahead = self.posted / self.rate - (time.monotonic() - begin)
            if ahead > 0:
                time.sleep(ahead)


def path_of(query):
    query = dict(query)
    if "to" in query:
        query["to"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + query["to"]))
    return "/api/ext/v1/history?" + urllib.parse.urlencode(query, doseq=True)


def pages(o, sink):
    directory = o.data or tempfile.mkdtemp(prefix="history")
    if not (pathlib.Path(directory) / "history.db").exists():
        print(subprocess.run([o.fill, directory, str(o.events), str(o.sets)], check=True, capture_output=True, text=True).stdout)
    server = Server(o.binary, directory, sink, "5s")
    poster = Poster(server, 20000, changing=10)
    poster.start()
    time.sleep(3)
    begun, first = time.monotonic(), poster.posted
    try:
        print(f"{'filter':28} {'median':>8} {'p99':>8} {'most':>8}   first page")
        for name, query in FILTERS.items():
            took = []
            for _ in range(o.pages):
                at = time.monotonic()
                status, body = server.get(path_of(query))
                took.append((time.monotonic() - at) * 1000)
                assert status == 200, (status, body)
            answer = json.loads(body)
            took.sort()
            print(f"{name:28} {statistics.median(took):8.1f} {took[int(len(took) * 0.99) - (len(took) % 100 == 0)]:8.1f} "
                  f"{took[-1]:8.1f}   {len(answer['items'])} items, {'more' if answer['next'] else 'the end'}, lag {answer['lag_seconds']}",
                  flush=True)
        rate = (poster.posted - first) / (time.monotonic() - begun)
        print(f"posted meanwhile: {rate:.0f} alerts a second")
        for line in server.get("/metrics")[1].decode().splitlines():
            if re.match(r"tocsin_(history_(events|dropped|lag|bytes|events_total)|loop_stall_seconds_count)", line):
                print(line)
    finally:
        poster.over = True
        poster.join()
        server.stop()


def cost(o, sink):
    sums = {"on": [0.0, 0.0, 0], "off": [0.0, 0.0, 0]}
    servers = {}
    for name, flag in (("on", "--history.enabled"), ("off", "--no-history.enabled")):
        servers[name] = Server(o.binary, tempfile.mkdtemp(prefix="history"), sink, "5s", flag)
        warm = Poster(servers[name], 20000, changing=10)
        warm.start()
        time.sleep(3)
        warm.over = True
        warm.join()
    for _ in range(o.rounds):
        for name, server in servers.items():
            poster = Poster(server, 20000, changing=10)
            before, loop = server.cpu(), server.cpu("tocsin")
            poster.start()
            time.sleep(o.seconds)
            poster.over = True
            poster.join()
            sums[name][0] += server.cpu() - before
            sums[name][1] += server.cpu("tocsin") - loop
            sums[name][2] += poster.posted
    for name, (cpu, loop, posted) in sums.items():
        print(f"history {name:3}: {cpu / posted * 1e6:6.2f} us of CPU per alert, {loop / posted * 1e6:6.2f} of them in the loop ({posted} alerts)")
    ratio = [sums["on"][i] / sums["on"][2] / (sums["off"][i] / sums["off"][2]) for i in (0, 1)]
    print(f"on / off: {ratio[0]:.3f} in all, {ratio[1]:.3f} in the loop")
    for line in servers["on"].get("/metrics")[1].decode().splitlines():
        if re.match(r"tocsin_history_(events|dropped)", line):
            print(line)
    for server in servers.values():
        server.stop()


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("what", choices=["pages", "cost"])
    p.add_argument("--binary", default=ROOT / "build/release/tocsin")
    p.add_argument("--fill", default=ROOT / "build/release/tests/history_fill")
    p.add_argument("--events", type=int, default=10_000_000)
    p.add_argument("--sets", type=int, default=200_000)
    p.add_argument("--data")
    p.add_argument("--pages", type=int, default=100)
    p.add_argument("--seconds", type=float, default=10)
    p.add_argument("--rounds", type=int, default=3)
    o = p.parse_args()
    sink = Sink(("127.0.0.1", 0), Handler)
    threading.Thread(target=sink.serve_forever, daemon=True).start()
    {"pages": pages, "cost": cost}[o.what](o, sink)


if __name__ == "__main__":
    main()
