#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""
No turn of the loop over ten milliseconds: what is large, done at once, and how long the loop was held by it.

    tests/bench/turns.py --tocsin build/release/tocsin                                        all checks, at a million alerts
    tests/bench/turns.py --tocsin build/release/tocsin --scale 100000 lists silences          some, smaller
    tests/bench/turns.py --tocsin build/release/tocsin --into contrib/performance.md          puts the table into the document

Turns count by what they had of the processor (tocsin_loop_stall_cpu_seconds), so that what else the machine does is not counted. Each check
runs as it is, and again beside clients that read long lists slowly, with a reload in its middle and, where something is told, with
a receiver that takes its time. The command fails if a turn was longer than it may be.
"""
import argparse
import collections
import contextlib
import io
import multiprocessing
import os
import pathlib
import re
import selectors
import socket
import sys
import threading
import time
import urllib.parse

import bench
import table
from mail_sink import MailSink

LIMIT = 0.01
MARKS = "<!-- turns: tests/bench/turns.py --into -->\n", "<!-- end of turns -->\n"
DEAR = "(a+)+[bc][d-e]{0,%d}"
HEAD = "| what | turns | over 2.5 ms | over 5 ms | longest ms | main thread CPU s | wall s | |\n|---|---:|---:|---:|---:|---:|---:|---|"
CONFIG = """
route: {{receiver: {receiver}, group_by: {by}, group_wait: {wait}, group_interval: 5m}}
receivers:
- {{name: none}}
- {{name: hook, webhook_configs: [{{url: 'http://127.0.0.1:{port}/', send_resolved: true}}]}}
"""


def config(receiver="none", by="[alertname]", wait="1h", port=9):
    return CONFIG.format(receiver=receiver, by=by, wait=wait, port=port)


def serve(port, wait, count):
    """Answers each request after `wait` seconds, however many there are."""
    import asyncio

    async def talk(reader, writer):
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                await reader.readexactly(int(re.search(rb"(?i)content-length: (\d+)", head)[1]))
                await asyncio.sleep(wait)
                count.value += 1
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    async def main():
        server = await asyncio.start_server(talk, "127.0.0.1", 0, limit=1 << 24)
        port.value = server.sockets[0].getsockname()[1]
        await server.serve_forever()

    asyncio.run(main())


def take_mail(port, _, count):
    """Takes all mail."""
    def taken():
        with count.get_lock():
            count.value += 1

    server = MailSink(taken)
    port.value = server.port
    server.serve_forever()


class Receiver:
    """In a process of its own; count: requests that it answered, or mails that it took."""

    def __init__(self, wait, serve=serve):
        self.port, self.count = multiprocessing.Value("i", 0), multiprocessing.Value("i", 0)
        self.process = multiprocessing.Process(target=serve, args=(self.port, wait, self.count), daemon=True)
        self.process.start()
        until(lambda: self.port.value)

    def close(self):
        self.process.terminate()
        self.process.join()


def until(condition, patience=600):
    deadline = time.monotonic() + patience
    while not condition():
        assert time.monotonic() < deadline, "it took too long"
        time.sleep(0.05)


class Beside:
    """Clients that read all alerts and groups, a kilobyte in a tenth of a second each, and a reload after some seconds."""

    def __init__(self, server, after=1.0):
        self.server, self.after, self.over = server, after, threading.Event()
        self.threads = [threading.Thread(target=self.read), threading.Thread(target=self.reload)]

    def __enter__(self):
        for t in self.threads:
            t.start()

    def read(self):
        with selectors.DefaultSelector() as selector:
            for path in ("/api/v2/alerts", "/api/v2/alerts/groups", "/api/v2/silences", "/metrics") * 2:
                s = socket.socket()
                s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                s.connect(("127.0.0.1", self.server.port))
                s.sendall(table.get_bytes(path))
                selector.register(s, selectors.EVENT_READ)
            while not self.over.wait(0.1):
                for key, _ in selector.select(0):
                    if not key.fileobj.recv(1024):
                        selector.unregister(key.fileobj)
                        key.fileobj.close()
            for key in list(selector.get_map().values()):
                key.fileobj.close()

    def reload(self):
        if not self.over.wait(self.after):
            reload(self.server)

    def __exit__(self, *_):
        self.over.set()
        for t in self.threads:
            t.join()


def main_cpu(server):
    pid = server.process.pid
    return int(pathlib.Path(f"/proc/{pid}/task/{pid}/schedstat").read_text().split()[0]) / 1e9


def watchdog(server):
    """Cumulative counts by bound, the longest ever and what that was."""
    text = server.get("/metrics")[1].decode()
    counts = {float(le.replace("+Inf", "inf")): float(n) for le, n in
              re.findall(r'^tocsin_loop_stall_cpu_seconds_bucket\{.*?le="([^"]+)".*?\} (\S+)$', text, re.M)}
    longest = re.search(r'^tocsin_loop_stall_longest_cpu_seconds\{by="([^"]*)"\} (\S+)$', text, re.M)
    return counts, float(longest[2]), longest[1]


class Row:
    """A line of the table."""
    too_long = []

    def __init__(self, server, what):
        self.server, self.what, self.told = server, what, ""

    def log(self):
        return pathlib.Path(self.server.dir, "log").read_text(errors="replace")

    def __enter__(self):
        self.before, self.held = watchdog(self.server), len(self.log())
        self.cpu, self.began = main_cpu(self.server), time.monotonic()
        return self

    def __exit__(self, kind, *_):
        if kind is not None:
            return
        cpu, took = main_cpu(self.server) - self.cpu, time.monotonic() - self.began
        after, longest, by = watchdog(self.server)
        within = {le: n - self.before[0].get(le, 0) for le, n in after.items()}
        turns = within[float("inf")]
        bound = min(le for le, n in within.items() if n == turns)
        shown = f"{longest * 1e3:.1f} ({by})" if longest > self.before[1] else f"≤ {bound * 1e3:g}"
        if bound > LIMIT:
            held = re.findall(r'The loop was held.*', self.log()[self.held:])
            Row.too_long.append(f"{self.what}: {shown}; " + "; ".join(held[:5]))
        print(f"| {self.what} | {turns:,.0f} | {turns - within[.0025]:,.0f} | {turns - within[.005]:,.0f} | {shown} | {cpu:.2f} | {took:.1f} | {self.told} |",
              flush=True)


def get(tools, server, path, times=1):
    tools.send(server, [table.get_bytes(path)] * times, 1)


def reload(server):
    s = server.connect()
    s.sendall(table.post_to("/-/reload", {}))
    s.settimeout(600)
    answer = s.recv(4096)
    s.close()
    assert answer.startswith(b"HTTP/1.1 200"), answer


def configure(server, text):
    pathlib.Path(server.dir, "am.yml").write_text(text)


def post(tools, server, first, n, ends, batch=1000, per_group=None, starts=0, **labels):
    for at in range(first, first + n, 50_000):
        alerts = table.alerts_of(at, min(50_000, first + n - at), ends, starts, **labels)
        for i, a in enumerate(alerts, at):
            if per_group:
                a["labels"]["alertname"] = f"HighLatency{i // per_group}"
        tools.send(server, table.in_posts(alerts, batch))


def lists(tools, args):
    """Lists, /metrics, reloads and backups; and posts while tables grow."""
    n = args.scale
    with bench.Server(args.tocsin, [], config=config()) as server:
        with Row(server, f"{n:,} alerts posted, 1,000 a request"):
            post(tools, server, 0, n * 9 // 10, bench.stamp(36000))
            table.settle(server)
        lines = [("all listed", "/api/v2/alerts"), ("their groups", "/api/v2/alerts/groups"),
                 ("those of one label", "/api/v2/alerts?filter=" + urllib.parse.quote('team="team-1"')),
                 ("those with an expression", "/api/v2/alerts?filter=" + urllib.parse.quote('instance=~".*9.*"')),
                 ("the first page, labels and counts", "/api/ext/v1/alerts?limit=100"), ("counts of labels", "/api/ext/v1/labels"),
                 ("/metrics, three times", "/metrics")]
        for what, path in lines:
            with Row(server, what):
                get(tools, server, path, 3 if path == "/metrics" else 1)
        with Row(server, "the same beside slow readers, posts of 100,000 new ones and a reload"):
            with Beside(server):
                sender = threading.Thread(target=post, args=(tools2(tools), server, n * 9 // 10, n // 10, bench.stamp(36000)))
                sender.start()
                for _, path in lines:
                    if not path.startswith("/api/ext"):
                        get(tools, server, path)
                sender.join()
        with Row(server, "reload, nothing changed"):
            reload(server)
            table.settle(server)
        configure(server, config(by="[team]"))
        with Row(server, "reload with other groups"):
            reload(server)
            table.settle(server)
        configure(server, config(by="[alertname]"))
        with Row(server, "reload with other groups beside slow readers, posts of 100,000 again, and another reload"):
            with Beside(server, .5):
                reload(server)
                post(tools, server, 0, n // 10, bench.stamp(36060))
                table.settle(server)
        with Row(server, "backup"):
            tools.send(server, [table.post_to("/api/ext/v1/backup", {})], 1)
        with Row(server, "backup beside slow readers, posts of 100,000 again and a reload"):
            with Beside(server):
                sender = threading.Thread(target=post, args=(tools2(tools), server, 0, n // 10, bench.stamp(36120)))
                sender.start()
                tools.send(server, [table.post_to("/api/ext/v1/backup", {})], 1)
                sender.join()


def tools2(tools):
    """The same program with files of its own, for a second thread."""
    return tools.__class__()


def silence_bodies(n):
    """Expressions of four shapes, and dear ones."""
    for i in range(n):
        shape = i % 5
        pattern = DEAR % (i % 900) if shape == 4 else table.SHAPES[shape].format(i)
        matchers = [{"name": "v" if shape == 4 else "instance", "value": pattern, "isRegex": True, "isEqual": True}]
        if shape == 4:
            matchers.append({"name": "w", "value": f".*{i}.*", "isRegex": True, "isEqual": False})
        yield {"matchers": matchers, "startsAt": bench.stamp(0), "endsAt": bench.stamp(36000), "createdBy": "b", "comment": "c"}


def silences(tools, args):
    """Many dear silences."""
    n, alerts = args.silences, 10_000
    dear = {"v": lambda i: "a" * 20 + f"!{i}" if i % 50 == 0 else "b"}
    with bench.Server(args.tocsin, [], config=config()) as server:
        post(tools, server, 0, alerts, bench.stamp(36000), **dear)
        with Row(server, f"{n:,} silences made over {alerts:,} alerts: expressions of four shapes, and dear ones"):
            tools.send(server, [table.post_to("/api/v2/silences", b) for b in silence_bodies(n)], 16)
        with Row(server, "the first list after that"):
            get(tools, server, "/api/v2/alerts")
        with Row(server, "the silences listed"):
            get(tools, server, "/api/v2/silences")
        with Row(server, "/metrics, three times"):
            get(tools, server, "/metrics", 3)
        with Row(server, f"{alerts:,} more alerts, 1,000 a request, and a list"):
            post(tools, server, alerts, alerts, bench.stamp(36000), **dear)
            get(tools, server, "/api/v2/alerts")
        with Row(server, "the same again beside slow readers and a reload"):
            with Beside(server):
                post(tools, server, 2 * alerts, alerts, bench.stamp(36000), **dear)
                tools.send(server, [table.post_to("/api/v2/silences", b) for b in silence_bodies(100)], 4)
                get(tools, server, "/api/v2/alerts")
                get(tools, server, "/api/v2/silences")
                table.settle(server)


def groups(tools, args):
    """Groups that are due at once."""
    n = args.groups
    for wait, beside in ((0, False), (.2, True)):
        receiver = Receiver(wait)
        with bench.Server(args.tocsin, [], config=config("hook", "['...']", "10s", receiver.port.value)) as server:
            what = f"{n:,} groups due at once" + (", a receiver that takes 0.2 s, slow readers, a reload" if beside else "")
            with Row(server, what) as row, Beside(server, 12) if beside else contextlib.nullcontext():
                post(tools, server, 0, n, bench.stamp(36000))
                until(lambda: receiver.count.value >= n)
                row.told = f"{receiver.count.value:,} told"
            with Row(server, "the same, all ended") as row, Beside(server, 2) if beside else contextlib.nullcontext():
                post(tools, server, 0, n, bench.stamp(-1), starts=-60)
                time.sleep(5)
                table.settle(server)
        receiver.close()


def dead(tools, args):
    """Large groups that cannot be told."""
    n = args.scale // 24
    for hangs in (False, True):
        with socket.socket() as s:
            s.bind(("127.0.0.1", 0))
            if hangs:
                s.listen(1024)
            port = s.getsockname()[1]
            with bench.Server(args.tocsin, [], config=config("hook", "[alertname]", "20s", port)) as server:
                what = "a receiver that hangs, slow readers, a reload" if hangs else "a dead receiver"
                with Row(server, f"24 groups of {n:,} alerts, {what}") as row, Beside(server, 30) if hangs else contextlib.nullcontext():
                    post(tools, server, 0, 24 * n, bench.stamp(36000), per_group=n)
                    time.sleep(60)
                    failed = re.findall(r'^alertmanager_notification_requests_(?:failed_)?total\{.*integration="webhook".*\} (\S+)$',
                                        server.get("/metrics")[1].decode(), re.M)
                    row.told = "requests: " + ", ".join(failed)


def ending(tools, args):
    """Silences that end at once."""
    n, wait = args.ending, 20
    for beside in (False, True):
        receiver = Receiver(.2 if beside else 0)
        with bench.Server(args.tocsin, [], config=config("hook", "['...']", "1s", receiver.port.value).replace("5m", "5s")) as server:
            ends = time.time() + wait
            made = [table.post_to("/api/v2/silences", {
                "matchers": [{"name": "instance", "value": f"web-{i}[.]example[.]org.*" if i % 2 else f"web-{i}.example.org:9100",
                              "isRegex": bool(i % 2), "isEqual": True}],
                "startsAt": bench.stamp(0), "endsAt": bench.stamp(wait), "createdBy": "b", "comment": "c"}) for i in range(n)]
            tools.send(server, made, 16)
            post(tools, server, 0, n, bench.stamp(36000))
            get(tools, server, "/api/v2/alerts")
            time.sleep(max(0, ends - time.time() - 1))
            what = f"{n:,} silences over {n:,} groups end at once" + (", a receiver that takes 0.2 s, slow readers, a reload" if beside else "")
            with Row(server, what) as row, Beside(server, 2) if beside else contextlib.nullcontext():
                for _ in range(3):
                    time.sleep(1)
                    get(tools, server, "/api/v2/alerts")
                    get(tools, server, "/api/v2/silences")
                until(lambda: receiver.count.value >= n)
                row.told = f"{receiver.count.value:,} told"
        receiver.close()


def mail(tools, args):
    """Mails to many recipients."""
    receiver = Receiver(0, take_mail)
    to = ", ".join(f"a{i}@b.example" for i in range(1000))
    text = config("mail", "['...']", "1s") + (f"- {{name: mail, email_configs: [{{to: '{to}', from: 'c@d.example', "
                                               f"smarthost: '127.0.0.1:{receiver.port.value}', require_tls: false}}]}}\n")
    with bench.Server(args.tocsin, [], config=text) as server:
        with Row(server, "20 mails to 1,000 recipients each") as row:
            post(tools, server, 0, 20, bench.stamp(36000))
            until(lambda: receiver.count.value >= 20)
            table.settle(server)
            row.told = f"{receiver.count.value} mails"
    receiver.close()


CHECKS = collections.OrderedDict((f.__name__, f) for f in (lists, silences, groups, dead, ending, mail))


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--tocsin", required=True, type=os.path.abspath)
    p.add_argument("--scale", type=int, default=1_000_000)
    p.add_argument("--silences", type=int, default=100_000)
    p.add_argument("--groups", type=int, default=20_480)
    p.add_argument("--ending", type=int, default=10_000)
    p.add_argument("--into", type=pathlib.Path, help="a document: what stands between its marks is replaced")
    p.add_argument("checks", nargs="*", choices=[[], *CHECKS], default=[])
    args = p.parse_args()
    tools, text = table.Tools(), io.StringIO()
    try:
        with contextlib.redirect_stdout(table.Tee(text)):
            print(HEAD)
            for name in args.checks or CHECKS:
                CHECKS[name](tools, args)
    finally:
        tools.close()
    if args.into:
        before, rest = args.into.read_text().split(MARKS[0])
        args.into.write_text(before + MARKS[0] + "\n" + text.getvalue() + "\n" + MARKS[1] + rest.split(MARKS[1])[1])
    print(*Row.too_long, sep="\n", file=sys.stderr)
    return len(Row.too_long) > 0


if __name__ == "__main__":
    sys.exit(main())
