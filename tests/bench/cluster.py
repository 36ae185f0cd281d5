#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""
What members of a cluster cost: each of three takes all alerts, as Prometheus posts them, at a rate.

    tests/bench/cluster.py --tocsin build/release/tocsin --mode gossip --mode etcd --mode both --mode lone

So many different alerts (--alerts) are posted again and again to each member (--rate per second and member, batches as Prometheus makes
them), while others fire and end (--incidents per second), each of which is notified of by one. Told are the rate that was
reached, the CPU time of each member per 1,000 alerts that it took, what members said to each other, and what was asked of the
etcd for each notification. On a machine that is too busy for the rate the figures are those of the rate that was reached.
"""
import argparse
import http.server
import os
import pathlib
import re
import sys
import tempfile
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "e2e"))

from bench import Server, alert, post_bytes, stamp  # noqa: E402
from lib.etcd import Etcd  # noqa: E402
from lib.ports import free_port  # noqa: E402

CONFIG = """
route: {{receiver: hook, group_by: [alertname], group_wait: 1s, group_interval: 2s, repeat_interval: 1h,
  routes: [{{receiver: none, matchers: ['job="web"'], group_wait: 1h, group_interval: 1h}}]}}
receivers: [{{name: none}}, {{name: hook, webhook_configs: [{{url: "http://127.0.0.1:{port}/"}}]}}]
"""
BATCH = 64


class Hook(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    told = 0

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()
        Hook.told += 1

    def log_message(self, *_):
        pass


def incident(i, ends):
    return {"labels": {"alertname": f"Incident{i}", "job": "page", "instance": "db-1.example.org:9100"},
            "annotations": {"summary": "It does not answer."}, "startsAt": stamp(-60), "endsAt": ends}


class Load(threading.Thread):
    """To one member, on a connection of its own; nothing is put off that could not be sent in time."""

    def __init__(self, server, args):
        super().__init__()
        self.server, self.args, self.sent = server, args, 0
        self.requests = []
        for k in range(2):
            alerts = [alert(i, stamp(3600 + 60 * k), 400) for i in range(args.alerts)]
            self.requests += [post_bytes(alerts[i:i + BATCH]) for i in range(0, args.alerts, BATCH)]

    def ask(self, s, request):
        s.sendall(request)
        answer = s.recv(65536)
        assert answer.startswith(b"HTTP/1.1 200"), answer[:300]

    def run(self):
        began, page = time.monotonic(), 0
        with self.server.connect() as s:
            while (past := time.monotonic() - began) < self.args.seconds:
                while page < past * self.args.incidents:
                    some = [incident(page, stamp(3600))]
                    if page >= 50:
                        some.append(incident(page - 50, stamp(0)))
                    self.ask(s, post_bytes(some))
                    page += 1
                if self.sent > past * self.args.rate:
                    time.sleep(0.002)
                    continue
                self.ask(s, self.requests[self.sent // BATCH % len(self.requests)])
                self.sent += BATCH
        self.took = time.monotonic() - began


def metric(server, name):
    text = server.get("/metrics")[1].decode()
    return sum(float(v) for v in re.findall(rf"(?m)^{name}(?:\{{[^}}]*\}})? (\S+)$", text))


def until(what):
    end = time.monotonic() + 120
    while not what():
        assert time.monotonic() < end
        time.sleep(0.1)


def flags_of(mode, i, ports, etcd):
    flags = [f"--cluster.peer-name=n{i}", "--cluster.peer-timeout=5s"]
    if mode in ("gossip", "both"):
        flags += [f"--cluster.listen-address=127.0.0.1:{ports[i]}", f"--cluster.advertise-address=127.0.0.1:{ports[i]}",
                  *(f"--cluster.peer=127.0.0.1:{p}" for k, p in enumerate(ports) if k != i)]
    else:
        flags.append("--cluster.listen-address=")
    return flags + ([f"--etcd.endpoints={etcd.url}"] if etcd else [])


FIGURES = {"gossip_bytes": r"alertmanager_cluster_messages_sent_size_total", "gossip_messages": r"alertmanager_cluster_messages_sent_total",
           "etcd": "tocsin_etcd_requests_total"}


def measure(mode, args, port):
    etcd = Etcd(pathlib.Path(tempfile.mkdtemp(prefix="benchetcd"))).start() if mode in ("etcd", "both") else None
    n = 1 if mode == "lone" else 3
    ports = [free_port() for _ in range(n)]
    servers = [Server(args.tocsin, [], flags_of(mode, i, ports, etcd), config=CONFIG.format(port=port)) for i in range(n)]
    for s in servers:
        s.__enter__()
    try:
        for s in servers:
            if mode in ("gossip", "both"):
                until(lambda s=s: metric(s, "alertmanager_cluster_members") == n)
                until(lambda s=s: b'"status":"ready"' in s.get("/api/v2/status")[1])
            if etcd:
                until(lambda s=s: metric(s, "tocsin_etcd_members") == n)
        loads = [Load(s, args) for s in servers]
        for load in loads:
            load.server.send_all(load.requests[:len(load.requests) // 2])
        time.sleep(3)
        told = Hook.told
        before = [{k: metric(s, v) for k, v in FIGURES.items()} for s in servers]
        txns = [metric_of(s, "txn") for s in servers] if etcd else []
        cpu = [s.cpu() for s in servers]
        for load in loads:
            load.start()
        for load in loads:
            load.join()
        used = [s.cpu() - c for s, c in zip(servers, cpu)]
        time.sleep(1)
        told = Hook.told - told
        took = max(load.took for load in loads)
        print(f"{mode}: {min(load.sent / load.took for load in loads):.0f} alerts/s a member, {told / took:.1f} notifications/s")
        print("  CPU per 1,000 alerts: " + ", ".join(f"{1e6 * u / load.sent:.2f}" for u, load in zip(used, loads)) + " ms; of a core: "
              + ", ".join(f"{100 * u / load.took:.1f} %" for u, load in zip(used, loads)))
        after = [{k: metric(s, v) for k, v in FIGURES.items()} for s in servers]
        if mode in ("gossip", "both"):
            print("  gossip: " + ", ".join(f"{(a['gossip_bytes'] - b['gossip_bytes']) / took / 1e3:.1f} kB/s" for a, b in zip(after, before)) + ", "
                  + ", ".join(f"{(a['gossip_messages'] - b['gossip_messages']) / took:.0f} messages/s" for a, b in zip(after, before)))
        if etcd:
            done = sum(metric_of(s, "txn") for s in servers) - sum(txns)
            every = sum(a["etcd"] - b["etcd"] for a, b in zip(after, before))
            print(f"  etcd: {done:.0f} transactions for {told} notifications, {done / max(told, 1):.2f} each; {every / took:.1f} requests/s in all")
        print("  memory: " + ", ".join(f"{s.memory('VmRSS') / 1e6:.1f} MB" for s in servers), flush=True)
    finally:
        for s in servers:
            s.__exit__()
        if etcd:
            etcd.stop()


def metric_of(server, request):
    return metric(server, rf'tocsin_etcd_requests_total\{{request="{request}"\}}')


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--tocsin", required=True, type=os.path.abspath)
    p.add_argument("--mode", action="append", choices=["lone", "gossip", "etcd", "both"])
    p.add_argument("--rate", type=int, default=5000)
    p.add_argument("--alerts", type=int, default=5120)
    p.add_argument("--incidents", type=float, default=4)
    p.add_argument("--seconds", type=float, default=20)
    args = p.parse_args()
    hook = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=hook.serve_forever, daemon=True).start()
    for mode in args.mode or ["lone", "gossip", "etcd", "both"]:
        measure(mode, args, hook.server_address[1])
    hook.shutdown()


if __name__ == "__main__":
    main()
