#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""
Measures servers side by side: CPU seconds, memory, answers per second.

    tests/bench/bench.py durable  --tocsin build/release/tocsin
    tests/bench/bench.py ingest   --tocsin build/release/tocsin --alertmanager /usr/bin/prometheus-alertmanager
    tests/bench/bench.py silences --tocsin build/release/tocsin
    tests/bench/bench.py start    --tocsin build/release/tocsin

`durable` compares tocsin with itself without a store (--enable-feature=memory-only), run in turn; `ingest` compares it
with Alertmanager; `silences` is the time until a silence is on disk; `start` is how long it takes to come back with
full tables. Figures are medians over --rounds; nothing is judged. CPU is that of the server's process, all threads.
"""
import argparse
import collections
import concurrent.futures
import http.client
import json
import os
import pathlib
import re
import shutil
import socket
import statistics
import subprocess
import tempfile
import time
import urllib.parse

CONFIG = """
route: {{receiver: none, group_by: {by}, group_wait: 1h, group_interval: 1h}}
receivers: [{{name: none}}]
"""


def stamp(after):
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(time.time() + after))


def alert(i, ends, per_group):
    """About 600 bytes, eight labels, as Prometheus sends them."""
    return {
        "labels": {"alertname": f"HighLatency{i // per_group}", "instance": f"web-{i}.example.org:9100", "job": "web",
                   "severity": "critical", "cluster": "eu-west-1", "namespace": "shop", "team": f"team-{i % 20}",
                   "pod": f"web-{i:06x}-{i * 7919 % 65536:04x}"},
        "annotations": {"summary": f"Latency of web-{i} is above 500 ms for 10 minutes",
                        "description": "The 99th percentile of request latency is 612 ms.",
                        "runbook": "https://runbooks.example.org/high-latency"},
        "startsAt": stamp(-60), "endsAt": ends,
        "generatorURL": "http://prometheus.example.org/graph?g0.expr=latency%3E0.5",
    }


def post_bytes(alerts):
    body = json.dumps(alerts, separators=(",", ":")).encode()
    head = f"POST /api/v2/alerts HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


class Server:
    def __init__(self, binary, by, flags=(), data=None, config=None):
        self.dir = tempfile.mkdtemp(prefix="bench")
        self.binary, self.flags, self.data = binary, list(flags), data or f"{self.dir}/data"
        pathlib.Path(self.dir, "am.yml").write_text(config or CONFIG.format(by=json.dumps(by)))

    def __enter__(self):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            self.port = s.getsockname()[1]
        began = time.monotonic()
        self.log = open(f"{self.dir}/log", "wb")
        self.process = subprocess.Popen(
            [self.binary, f"--config.file={self.dir}/am.yml", f"--storage.path={self.data}",
             f"--web.listen-address=127.0.0.1:{self.port}", *self.flags], stdout=self.log, stderr=self.log)
        while True:
            try:
                connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
                connection.request("GET", "/-/ready")
                if connection.getresponse().status == 200:
                    break
            except OSError:
                assert self.process.poll() is None, pathlib.Path(f"{self.dir}/log").read_text()
                time.sleep(0.005)
        self.ready_after = time.monotonic() - began
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.log.close()
        shutil.rmtree(self.dir)

    def cpu(self):
        """Seconds, all threads."""
        total = 0
        for task in pathlib.Path(f"/proc/{self.process.pid}/task").iterdir():
            total += int((task / "schedstat").read_text().split()[0])
        return total / 1e9

    def memory(self, key):
        return int(re.search(rf"^{key}:\s+(\d+)", pathlib.Path(f"/proc/{self.process.pid}/status").read_text(), re.M).group(1)) * 1024

    def connect(self):
        s = socket.create_connection(("127.0.0.1", self.port))
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return s

    def send_all(self, requests, connections=1):
        """In turn over so many connections, each with one request under way."""
        sockets = [self.connect() for _ in range(connections)]
        busy = collections.deque()
        for r in requests + [None] * connections:
            if len(busy) == connections or r is None:
                if not busy:
                    break
                answer = busy[0].recv(65536)
                assert answer.startswith(b"HTTP/1.1 200"), answer[:300]
                sockets.append(busy.popleft())
            if r is not None:
                busy.append(sockets.pop())
                busy[-1].sendall(r)
        for s in sockets:
            s.close()

    def get(self, path):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=600)
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()


def requests_of(n, batch, per_group, ends):
    alerts = [alert(i, ends, per_group) for i in range(n)]
    return [post_bytes(alerts[i:i + batch]) for i in range(0, n, batch)]


def settle(server):
    """Until the server has nothing left to do: what is written behind the answers counts too."""
    last = -1.0
    while server.cpu() - last > 0.002:
        last = server.cpu()
        time.sleep(1.1)


def ingest_once(binary, flags, args, per_group):
    first = requests_of(args.alerts, args.batch, per_group, stamp(3600))
    again = [r for k in range(5) for r in requests_of(args.alerts, args.batch, per_group, stamp(3660 + 60 * k))]
    by = ["..."] if per_group == 1 else ["alertname"]
    out = {}
    with Server(binary, by, flags) as server:
        idle = server.memory("VmRSS")
        for name, requests in (("new", first), ("again", again)):
            n = len(requests) * args.batch
            cpu, began = server.cpu(), time.monotonic()
            server.send_all(requests, args.connections)
            out[name + "_per_s"] = n / (time.monotonic() - began)
            settle(server)
            out[name + "_us"] = (server.cpu() - cpu) / n * 1e6
        out["bytes"] = (server.memory("VmRSS") - idle) / args.alerts
        out["peak_mb"] = server.memory("VmHWM") / 1e6
        if args.lists:
            for name, path in (("list", "/api/v2/alerts"),
                               ("filtered", "/api/v2/alerts?" + urllib.parse.urlencode({"filter": 'alertname="HighLatency1"'}))):
                cpu, began = server.cpu(), time.monotonic()
                assert server.get(path)[0] == 200
                out[name + "_s"] = time.monotonic() - began
                out[name + "_cpu_s"] = server.cpu() - cpu
    return out


def table(rows, names):
    """Medians of each figure for each contestant, and the ratio of the first two."""
    figures = list(rows[names[0]][0])
    print(f"{'figure':<16}" + "".join(f"{n:>16}" for n in names) + f"{'ratio':>10}{'difference':>12}")
    for f in figures:
        values = [statistics.median(r[f] for r in rows[n]) for n in names]
        print(f"{f:<16}" + "".join(f"{v:>16.3f}" for v in values) +
              (f"{values[0] / values[1]:>10.3f}{values[0] - values[1]:>12.3f}" if len(values) > 1 and values[1] else ""))


def compare(args, contestants):
    """Alerts in groups of some hundred, and each in its own; the contestants take turns."""
    for per_group, what in ((400, "400 alerts a group"), (1, "each alert its own group")):
        rows = {n: [] for n in contestants}
        for _ in range(args.rounds):
            for name, (binary, flags) in contestants.items():
                rows[name].append(ingest_once(binary, flags, args, per_group))
        print(f"\n{args.alerts} alerts, {args.batch} a request, {args.connections} connections, {what}")
        table(rows, list(contestants))


def durable(args):
    compare(args, {"store": (args.tocsin, []), "memory": (args.tocsin, ["--enable-feature=memory-only"])})


def ingest(args):
    contestants = {"tocsin": (args.tocsin, [])}
    if args.alertmanager:
        contestants["alertmanager"] = (args.alertmanager, ["--cluster.listen-address=", "--log.level=error"])
    args.lists = True
    compare(args, contestants)


def silence_request(i):
    body = json.dumps({"matchers": [{"name": "instance", "value": f"host{i}", "isRegex": False}], "startsAt": stamp(0),
                       "endsAt": stamp(36000), "createdBy": "bench", "comment": str(i)}).encode()
    head = f"POST /api/v2/silences HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


def one_by_one(server, first, n):
    took = []
    with server.connect() as s:
        for i in range(first, first + n):
            request = silence_request(i)
            began = time.monotonic()
            s.sendall(request)
            assert s.recv(65536).startswith(b"HTTP/1.1 200")
            took.append(time.monotonic() - began)
    return took


def silences(args):
    for connections in (1, 32):
        with Server(args.tocsin, ["alertname"]) as server, concurrent.futures.ThreadPoolExecutor(connections) as pool:
            each = args.silences // connections
            began = time.monotonic()
            took = sum(pool.map(lambda k: one_by_one(server, k * each, each), range(connections)), [])
            whole = time.monotonic() - began
        took.sort()
        print(f"{connections:>3} connections: {len(took) / whole:>8.0f} silences/s, median {took[len(took) // 2] * 1e3:.2f} ms, "
              f"99th percentile {took[len(took) * 99 // 100] * 1e3:.2f} ms")


def start(args):
    """With many alerts, groups and silences."""
    data = tempfile.mkdtemp(prefix="benchdata")
    with Server(args.tocsin, ["..."], data=data) as server:
        server.send_all(requests_of(100_000, 512, 1, stamp(36000)))
        with concurrent.futures.ThreadPoolExecutor(32) as pool:
            list(pool.map(lambda k: one_by_one(server, k * 320, 320), range(32)))
    took, cpu = [], []
    for _ in range(args.rounds):
        with Server(args.tocsin, ["..."], data=data) as server:
            took.append(server.ready_after)
            cpu.append(server.cpu())
    print(f"100000 alerts in groups of their own, 10240 silences: ready after {statistics.median(took):.2f} s "
          f"({statistics.median(cpu):.2f} s of CPU)")
    shutil.rmtree(data)


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("what", choices=["durable", "ingest", "silences", "start"])
    p.add_argument("--tocsin", required=True, type=os.path.abspath)
    p.add_argument("--alertmanager", type=os.path.abspath)
    p.add_argument("--alerts", type=int, default=102_400)
    p.add_argument("--batch", type=int, default=256)
    p.add_argument("--connections", type=int, default=1)
    p.add_argument("--silences", type=int, default=3200)
    p.add_argument("--rounds", type=int, default=3)
    p.add_argument("--lists", action="store_true", help="lists too")
    args = p.parse_args()
    {"durable": durable, "ingest": ingest, "silences": silences, "start": start}[args.what](args)


if __name__ == "__main__":
    main()
