#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""
tocsin beside Alertmanager: all figures of contrib/performance.md, as Markdown.

    tests/bench/table.py --tocsin build/release/tocsin --alertmanager /usr/bin/prometheus-alertmanager
    tests/bench/table.py --tocsin build/release/tocsin --quick

A quarter of an hour on two processors, with nothing beside; --into contrib/performance.md puts the tables behind its last line of prose.

Each round starts both servers anew, the one that went second goes first in the next; figures are medians. CPU is that
of all of a server's threads, with what it does behind its answers; senders and receivers are a program in C. Alerts start now and their
ends move with each post, as Prometheus sends them. Then tocsin alone: a million alerts, 100,000 silences, and what
held its loop; instructions, where valgrind is. Nothing is judged. --part runs some of it.
"""
import argparse
import array
import contextlib
import io
import json
import mmap
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse

import bench
import budget

HERE = pathlib.Path(__file__).resolve().parent
ALERTMANAGER_FLAGS = ["--cluster.listen-address=", "--log.level=error"]
PATIENCE = 300
FIGURES = "<!-- figures: tests/bench/table.py --into -->\n"

# Alerts that wait, for what is not notified; and groups of one that are told at once.
STILL = """
route: {receiver: none, group_by: [alertname], group_wait: 1h, group_interval: 1h}
receivers: [{name: none}]
"""
TOLD = """
route: {{receiver: hook, group_by: ['...'], group_wait: 1s, group_interval: 5m}}
inhibit_rules: [{{source_matchers: ['kind="source"'], target_matchers: ['kind="target"'], equal: [cluster]}}]
receivers: [{{name: hook, webhook_configs: [{{url: 'http://127.0.0.1:{port}/', send_resolved: false}}]}}]
"""
SHAPES = ["db-{}-.*", ".*[.]zone{}[.]example[.]net", ".*rack{}x.*", "(web|db|cache)-{}[0-9]+[a-f]+"]


class Tools:
    """The program in C, and files for it in memory where that is."""

    def __init__(self):
        self.dir = tempfile.mkdtemp(prefix="bench", dir="/dev/shm" if os.path.isdir("/dev/shm") else None)
        self.load = f"{self.dir}/load"
        subprocess.run(["cc", "-std=c11", "-D_GNU_SOURCE", "-O2", "-o", self.load, HERE / "load.c"], check=True)

    def close(self):
        shutil.rmtree(self.dir)

    def send(self, server, requests, connections=4, rate=0):
        """Times of each request: sent, first byte, last byte."""
        with open(f"{self.dir}/requests", "wb") as f:
            for r in requests:
                f.write(len(r).to_bytes(4, sys.byteorder) + r)
        subprocess.run([self.load, "send", str(server.port), str(connections), str(rate), f"{self.dir}/requests", f"{self.dir}/times"],
                       check=True, timeout=PATIENCE)
        times = array.array("d")
        times.frombytes(pathlib.Path(self.dir, "times").read_bytes())
        return list(zip(times[::3], times[1::3], times[2::3]))


class Sink:
    """Takes webhooks; arrivals(): when each came, by its label n."""

    def __init__(self, tools, n):
        path = f"{tools.dir}/arrivals"
        pathlib.Path(path).write_bytes(bytes(8 * (n + 1)))
        self.process = subprocess.Popen([tools.load, "sink", path, str(n)], stdout=subprocess.PIPE)
        self.port = int(self.process.stdout.readline())
        with open(path, "r+b") as f:
            self.map = memoryview(mmap.mmap(f.fileno(), 0)).cast("d")

    def await_total(self, n):
        deadline = time.monotonic() + PATIENCE
        while self.map[0] < n:
            assert time.monotonic() < deadline, f"{self.map[0]} of {n} webhooks came"
            time.sleep(0.02)

    def close(self):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()


def settle(server):
    """Until a third of a second costs it nothing to speak of, at most some seconds: Alertmanager never rests quite."""
    for _ in range(8):
        last = server.cpu()
        time.sleep(0.3)
        if server.cpu() - last < 0.003:
            return


def rss(server):
    return server.memory("VmRSS")


def at_rest(server):
    """The same when what was freed has had time to go back to the system: both servers do so every few seconds."""
    settle(server)
    time.sleep(6)
    return rss(server)


def get_bytes(path):
    return f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()


def post_to(path, value):
    body = json.dumps(value, separators=(",", ":")).encode()
    return f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def alerts_of(first, many, ends, starts=0, **labels):
    """Alerts of 600 bytes that start in some seconds; a value that is a function is asked with the number."""
    starts, made = bench.stamp(starts), []
    for i in range(first, first + many):
        a = bench.alert(i, ends, 400)
        a["startsAt"] = starts
        a["labels"].update({k: v(i) if callable(v) else v for k, v in labels.items()})
        made.append(a)
    return made


def in_posts(alerts, batch):
    return [bench.post_bytes(alerts[i:i + batch]) for i in range(0, len(alerts), batch)]


def costs(server, act):
    """CPU seconds of an act, and by the clock. The server has settled before."""
    cpu, began = server.cpu(), time.monotonic()
    act()
    took = time.monotonic() - began
    settle(server)
    return server.cpu() - cpu, took


def span_of(times):
    return max(t[2] for t in times) - min(t[0] for t in times)


FILTERS = {
    "none": 'pod="nobody"', "one": 'pod="web-000001-1eef"', "1 %": 'alertname=~"HighLatency1"', "regex 1 %": 'instance=~"web-1[0-9][0-9]..example.*"',
    "half": 'team=~"team-1.?"', "all but one": 'instance!="web-1.example.org:9100"',
}


def still_figures(tools, binary, flags, args):
    """Alerts that wait: posting, lists, metrics, silences."""
    out, n = {}, args.alerts
    ends = iter(bench.stamp(3600 + 60 * k) for k in range(100))
    with bench.Server(binary, [], flags, config=STILL) as server:
        settle(server)
        out["idle memory, MB"] = idle = rss(server) / 1e6
        times = []
        first = in_posts(alerts_of(0, n, next(ends)), 256)
        cpu, _ = costs(server, lambda: times.extend(tools.send(server, first)))
        out["new alert, CPU µs"] = cpu / n * 1e6
        out["new alert, wall µs"] = span_of(times) / n * 1e6
        out["memory at rest per alert, KB"] = (at_rest(server) / 1e6 - idle) / n * 1e3
        out["peak memory when posting, MB"] = server.memory("VmHWM") / 1e6
        again, times = in_posts(alerts_of(0, n, next(ends)), 256), []
        cpu, _ = costs(server, lambda: times.extend(tools.send(server, again)))
        out["re-posted alert, CPU µs"] = cpu / n * 1e6
        out["re-posted alert, wall µs"] = span_of(times) / n * 1e6
        lists = {k: "/api/v2/alerts?" + urllib.parse.urlencode({"filter": v}) for k, v in FILTERS.items()}
        rows = [("list all", "/api/v2/alerts", 1), ("groups", "/api/v2/alerts/groups", 1)]
        rows += [(f"filtered list, the first: {k}", path, 1) for k, path in lists.items()]
        # A label that was asked for eight times gets an index: that of the first two filters after six more.
        rows += [(None, lists["one"], 6), ("filtered list, when an index is made", lists["one"], 1)]
        rows += [(None, path, 10) for path in lists.values()]
        rows += [(f"filtered list, with an index: {k}", path, 3) for k, path in lists.items()] + [("/metrics", "/metrics", 5)]
        for name, path, repeats in rows:
            times = []
            cpu, _ = costs(server, lambda: times.extend(tools.send(server, [get_bytes(path)] * repeats, 1)))
            if name is None:
                continue
            out[f"{name}, CPU ms"] = cpu / repeats * 1e3
            if repeats == 1:
                out[f"{name}, first byte ms"] = (times[0][1] - times[0][0]) * 1e3
                out[f"{name}, last byte ms"] = (times[0][2] - times[0][0]) * 1e3
        at = n
        for connections in (1, 8, 32):
            each, times = args.singles, []
            singles = in_posts(alerts_of(at, each, next(ends)), 1)
            at += each
            cpu, _ = costs(server, lambda: times.extend(tools.send(server, singles, connections)))
            out[f"one a POST, {connections} connections: CPU µs"] = cpu / each * 1e6
            out[f"one a POST, {connections} connections: a second"] = each / span_of(times)
        for connections in (1, 16):
            each, times = args.silences, []
            made = [silence([("instance", f"host{connections}-{i}.*", True)]) for i in range(each)]
            cpu, _ = costs(server, lambda: times.extend(tools.send(server, made, connections)))
            out[f"silence, {connections} connections: CPU µs"] = cpu / each * 1e6
    return out


def silence(matchers, ends=36000):
    return post_to("/api/v2/silences", {
        "matchers": [{"name": n, "value": v, "isRegex": regex, "isEqual": True} for n, v, regex in matchers],
        "startsAt": bench.stamp(0), "endsAt": bench.stamp(ends), "createdBy": "bench", "comment": "c"})


def regex_silences(n):
    """Of four shapes; every other one has a label besides that all alerts have."""
    return [silence([("instance", SHAPES[i % 4].format(i), True)] + ([("job", "web", False)] if i // 4 % 2 else [])) for i in range(n)]


def told_figures(tools, binary, flags, args):
    """Groups of one that are told, plainly, under inhibition, under silences; and how soon."""
    out, plain, few = {}, args.groups, args.groups // 4
    rate, seconds = 500, args.seconds
    sink = Sink(tools, 2 * plain + 10 * few + rate * seconds + 1000)
    told, at = 0, 0

    def tell(n, expected, **labels):
        """CPU of an alert from its post to its webhook."""
        nonlocal told, at
        # Groups of alerts that began long ago, which is before they are posted, do not wait.
        posts = in_posts(alerts_of(at, n, bench.stamp(3600), 60, n=str, **labels), 64)
        at += n
        told += expected

        def act():
            tools.send(server, posts, 1)
            sink.await_total(told)
        return costs(server, act)[0] / n * 1e6

    try:
        with bench.Server(binary, [], flags, config=TOLD.format(port=sink.port)) as server:
            tell(64, 64)
            settle(server)
            before = rss(server)
            out["notify a group of one, CPU µs"] = tell(plain, plain)
            out["memory at rest per group of one, KB"] = (at_rest(server) - before) / plain / 1e3
            out["peak memory when notifying, MB"] = server.memory("VmHWM") / 1e6
            sources = alerts_of(0, 10, bench.stamp(3600), 60, kind="source", cluster=lambda i: f"c{i}")
            tools.send(server, [bench.post_bytes(sources)])
            told += 10
            sink.await_total(told)
            third = few // 3 * 3
            out["notify under inhibition (one in three), CPU µs"] = tell(
                third, third // 3, kind="target", cluster=lambda i: f"c{i % 10}" if i % 3 else "free")
            first = at
            posts = in_posts(alerts_of(at, rate * seconds, bench.stamp(3600), 60, n=str), 1)
            at += len(posts)
            told += len(posts)
            sent = tools.send(server, posts, 32, rate)
            sink.await_total(told)
            late = sorted(sink.map[1 + first + i] - t[0] - 1 for i, t in enumerate(sent))
            out["first byte after group_wait, p50 ms"] = late[len(late) // 2] * 1e3
            out["first byte after group_wait, p99 ms"] = late[len(late) * 99 // 100] * 1e3
            bare = tell(few, few)
            tools.send(server, regex_silences(2000), 8)
            tell(16, 16)
            out["2,000 regex silences add, CPU µs an alert"] = tell(few, few) - bare
    finally:
        sink.close()
    return out


class Tee(io.TextIOBase):
    """Standard output and a copy of it."""

    def __init__(self, copy):
        self.copy, self.shown = copy, sys.stdout

    def write(self, text):
        self.copy.write(text)
        return self.shown.write(text)

    def flush(self):
        self.shown.flush()


def figure(v):
    return f"{v:,.0f}" if abs(v) >= 100 else f"{v:.1f}" if abs(v) >= 10 else f"{v:.2f}"


def contestants_of(args):
    return [("tocsin", args.tocsin, [])] + ([("Alertmanager", args.alertmanager, ALERTMANAGER_FLAGS)] if args.alertmanager else [])


def side_by_side(tools, args):
    contestants = contestants_of(args)
    rows = {name: [] for name, *_ in contestants}
    for k in range(args.rounds):
        for name, binary, flags in contestants[::-1] if k % 2 else contestants:
            rows[name].append({**still_figures(tools, binary, flags, args), **told_figures(tools, binary, flags, args)})
            print(f"round {k + 1} of {args.rounds}, {name}: {time.monotonic() - BEGAN:.0f} s", file=sys.stderr)
    print(f"\n{args.alerts:,} alerts of 600 bytes, 256 a request, 4 connections, each durable; medians of {args.rounds} rounds.\n")
    print("| figure | " + " | ".join(rows) + (" | ratio |" if len(rows) > 1 else " |"))
    print("|---|" + "---:|" * (len(rows) + (len(rows) > 1)))
    for f in rows["tocsin"][0]:
        values = [statistics.median(r[f] for r in of) for of in rows.values()]
        ratio = values[-1] / values[0] if values[0] > 0 else 0
        if f.endswith("a second"):
            ratio = 1 / ratio
        print(f"| {f} | " + " | ".join(figure(v) for v in values) + (f" | {f'× {figure(ratio)}' if ratio > 0 else '–'} |" if len(values) > 1 else " |"))


# tocsin alone

def turns(server):
    """Bounds and how many turns of the loop were within each, but not within the one before."""
    text = server.get("/metrics")[1].decode()
    found = sorted((float(le.replace("+Inf", "inf")), float(n)) for le, n in
                   re.findall(r'^tocsin_loop_stall_cpu_seconds_bucket\{.*?le="([^"]+)".*?\} (\S+)$', text, re.M))
    return {le: n - (found[i - 1][1] if i else 0) for i, (le, n) in enumerate(found)}


class Row:
    """A line of the table of scale, with the longest turn that the loop's watchdog saw meanwhile, by the processor's time."""

    def __init__(self, server, what):
        self.server, self.what, self.told = server, what, ""

    def __enter__(self):
        self.before, self.cpu, self.began = turns(self.server), self.server.cpu(), time.monotonic()
        return self

    def __exit__(self, kind, *_):
        if kind is not None:
            return
        cpu, took = self.server.cpu() - self.cpu, time.monotonic() - self.began
        longest = max((le for le, n in turns(self.server).items() if n > self.before.get(le, 0)), default=0)
        print(f"| {self.what} | {figure(cpu)} | {figure(took)} | ≤ {longest * 1e3:g} | {figure(rss(self.server) / 1e6)} | {self.told} |", flush=True)


def fill(tools, server, first, n, ends):
    """In parts, so that what is sent need not be held at once. CPU and wall µs an alert, of the sending alone."""
    cpu = wall = 0.0
    for at in range(first, first + n, 50_000):
        many = min(50_000, first + n - at)
        posts = in_posts(alerts_of(at, many, ends), 1000)
        before = server.cpu()
        wall += span_of(tools.send(server, posts))
        settle(server)
        cpu += server.cpu() - before
    return cpu / n * 1e6, wall / n * 1e6


def scale(tools, args):
    n = args.scale
    print(f"\nScale: {n:,} alerts in groups of 400, tocsin alone. Turns by what they had of the processor, as its own watchdog counts.\n")
    print("| what | CPU s | wall s | longest turn ms | RSS MB | |\n|---|---:|---:|---:|---:|---|")
    data = tempfile.mkdtemp(prefix="benchdata")
    with bench.Server(args.tocsin, [], config=STILL, data=data) as server:
        idle, at = rss(server), 0
        for part in filter(None, (10_000, n // 10 - 10_000, n - n // 10)):
            with Row(server, f"new alerts, from {at:,} to {at + part:,}") as row:
                cpu, wall = fill(tools, server, at, part, bench.stamp(36000))
                at += part
                row.told = f"{cpu:.1f} µs CPU, {wall:.1f} µs wall an alert; {(rss(server) - idle) / at / 1e3:.2f} KB an alert"
        for part in (10_000, n // 10):
            with Row(server, f"{part:,} of them again") as row:
                cpu, wall = fill(tools, server, n // 2, part, bench.stamp(36060))
                row.told = f"{cpu:.1f} µs CPU, {wall:.1f} µs wall an alert"
        one = "/api/v2/alerts?" + urllib.parse.urlencode({"filter": FILTERS["one"]})
        for what, path, repeats in (
                ("list all", "/api/v2/alerts", 1), ("groups", "/api/v2/alerts/groups", 1), ("filtered list: one, the first", one, 1),
                ("the next seven of these", one, 7), ("the ninth, when an index is made", one, 1), ("the tenth, with the index", one, 1),
                ("/metrics", "/metrics", 1)):
            with Row(server, what) as row:
                sent, first, last = tools.send(server, [get_bytes(path)] * repeats, 1)[-1]
                row.told = f"first byte {(first - sent) * 1e3:.1f} ms, last {(last - sent) * 1e3:.0f} ms"
        for what, by in (("reload", "alertname"), ("reload with other groups", "team")):
            pathlib.Path(server.dir, "am.yml").write_text(STILL.replace("alertname", by))
            with Row(server, what):
                server.get("/-/healthy")
                tools.send(server, [post_to("/-/reload", {})], 1)
                settle(server)
        print(f"| memory at the end | | | | {figure(rss(server) / 1e6)} | peak {figure(server.memory('VmHWM') / 1e6)} MB |")
        stop = time.monotonic()
        server.process.terminate()
        server.process.wait()
        print(f"| stop | | {figure(time.monotonic() - stop)} | | | |")
    with bench.Server(args.tocsin, [], config=STILL, data=data) as server:
        cpu = server.cpu()
        print(f"| start with {n:,} alerts | {figure(cpu)} | {figure(server.ready_after)} | | {figure(rss(server) / 1e6)} | until it is ready |")
    shutil.rmtree(data)
    burst(tools, args)
    many_silences(tools, args)
    many_routes(tools, args)
    silences_and_alerts(tools, args)


def burst(tools, args):
    """Alerts that come and go, but a twentieth."""
    n, stay = args.scale // 2, args.scale // 40
    config = "route: {receiver: none, group_by: [alertname], group_wait: 1s, group_interval: 2s}\nreceivers: [{name: none}]\n"
    flags = ["--alerts.gc-interval=2s"]
    with bench.Server(args.tocsin, [], flags, config=config) as server:
        idle = rss(server)
        fill(tools, server, 0, stay, bench.stamp(36000))
        live = at_rest(server) - idle
        fill(tools, server, stay, n - stay, bench.stamp(36000))
        for at in range(stay, n, 50_000):
            tools.send(server, in_posts(alerts_of(at, min(50_000, n - at), bench.stamp(0)), 1000))
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and f"\ntocsin_store_alerts {stay}\n" not in server.get("/metrics")[1].decode():
            time.sleep(0.5)
        # The history looks what it can forget when nothing has happened for a minute.
        time.sleep(70)
        now = at_rest(server) - idle
        print(f"| a burst of {n:,} of which {stay:,} stay | | | | {figure(rss(server) / 1e6)} | × {now / live:.2f} of what those took before "
              f"({figure(live / 1e6)} MB) |")


def many_silences(tools, args):
    n = args.many_silences
    data = tempfile.mkdtemp(prefix="benchdata")
    with bench.Server(args.tocsin, [], config=STILL, data=data) as server:
        fill(tools, server, 0, 10_000, bench.stamp(36000))
        with Row(server, f"{n:,} silences of four shapes, 16 connections") as row:
            cpu = server.cpu()
            tools.send(server, regex_silences(n), 16)
            row.told = f"{(server.cpu() - cpu) / n * 1e6:.0f} µs CPU each"
        for what in ("first list of 10,000 alerts after that", "the same again"):
            with Row(server, what) as row:
                sent, first, last = tools.send(server, [get_bytes("/api/v2/alerts")], 1)[0]
                row.told = f"first byte {(first - sent) * 1e3:.0f} ms, last {(last - sent) * 1e3:.0f} ms"
        tools.send(server, [silence([("instance", "new.*", True)])], 1)
        with Row(server, "first list after one more silence") as row:
            sent, first, last = tools.send(server, [get_bytes("/api/v2/alerts")], 1)[0]
            row.told = f"first byte {(first - sent) * 1e3:.0f} ms, last {(last - sent) * 1e3:.0f} ms"
    with bench.Server(args.tocsin, [], config=STILL, data=data) as server:
        print(f"| start with {n:,} silences | {figure(server.cpu())} | {figure(server.ready_after)} | | {figure(rss(server) / 1e6)} | until it is ready |")
    shutil.rmtree(data)


def many_routes(tools, args):
    """What routes with prefixes add to a new alert: one alert in a hundred matches one of them."""
    n, found = args.many_routes, {}
    sizes = (10, n)
    for k in range(args.rounds):
        for many in sizes[::-1] if k % 2 else sizes:
            routes = ",\n".join(f"  {{matchers: ['instance=~\"web-{100 * i}[.].*\"']}}" for i in range(many))
            with bench.Server(args.tocsin, [], config=STILL.replace("1h}", f"1h, routes: [\n{routes}]}}")) as server:
                found.setdefault(many, []).append(fill(tools, server, 0, 2 * n, bench.stamp(36000))[0])
    few, all_ = (statistics.median(found[many]) for many in sizes)
    print(f"| new alerts with 10 routes, with {n:,} | | | | | {few:.1f} and {all_:.1f} µs CPU an alert |")


def silences_and_alerts(tools, args):
    """What silences with expressions add to posting as many alerts and listing them once; of Alertmanager a tenth of the alerts, which takes it minutes."""
    n, added = args.many_routes, {}
    for name, binary, flags in contestants_of(args):
        alerts, seconds = n if name == "tocsin" else n // 10, []
        for silences in ([], regex_silences(n)):
            with bench.Server(binary, [], flags, config=STILL) as server:
                if silences:
                    tools.send(server, silences, 16)
                settle(server)
                requests = in_posts(alerts_of(0, alerts, bench.stamp(36000)), 256) + [get_bytes("/api/v2/alerts")]
                seconds.append(costs(server, lambda: tools.send(server, requests, 1))[0])
        added[name] = (seconds[1] - seconds[0]) / alerts * 1e6
    ratio = f"; × {figure(added['Alertmanager'] / added['tocsin'])}" if len(added) > 1 else ""
    print(f"| {n:,} silences of four shapes and {n:,} alerts | | | | | added µs CPU an alert: "
          + ", ".join(f"{name} {figure(v)}" for name, v in added.items()) + f"{ratio} |")


def instructions(_, args):
    if shutil.which("valgrind") is None:
        print("\nNo valgrind: instructions are not counted.")
        return
    found = budget.measure(args.tocsin)
    print("\nUser instructions of all threads, by callgrind.\n\n| operation | instructions | |\n|---|---:|---|")
    for name, (_, what) in budget.BUDGETS.items():
        print(f"| {name} | {found[name]:,.0f} | {what} |")


PARTS = {"table": side_by_side, "scale": scale, "instructions": instructions}
BEGAN = time.monotonic()


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--tocsin", required=True, type=os.path.abspath)
    p.add_argument("--alertmanager", type=os.path.abspath)
    p.add_argument("--rounds", type=int, default=5)
    p.add_argument("--quick", action="store_true", help="small numbers and one round: is the bench itself well?")
    p.add_argument("--into", type=pathlib.Path, help="a document: what stands behind its line of figures is replaced")
    p.add_argument("--part", action="append", choices=list(PARTS))
    args = p.parse_args()
    if args.into and args.part:
        p.error("a document has the tables of all parts")
    small = args.quick
    args.rounds = 1 if small else args.rounds
    args.alerts, args.singles, args.silences = (2_560, 200, 100) if small else (51_200, 2_000, 1_000)
    args.groups, args.seconds = (400, 1) if small else (8_000, 4)
    args.scale, args.many_silences, args.many_routes = (100_000, 2_000, 500) if small else (1_000_000, 100_000, 10_000)
    tools, text = Tools(), io.StringIO()
    try:
        with contextlib.redirect_stdout(Tee(text)):
            for part in args.part or PARTS:
                PARTS[part](tools, args)
                print(f"{part}: {time.monotonic() - BEGAN:.0f} s", file=sys.stderr)
    finally:
        tools.close()
    if args.into:
        args.into.write_text(args.into.read_text().split(FIGURES)[0] + FIGURES + text.getvalue())


if __name__ == "__main__":
    main()
