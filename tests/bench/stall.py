#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""
Shows what holds the loop: load that has many parts, with the health of the server asked for all the while.

    tests/bench/stall.py --tocsin build/release/tocsin            all loads
    tests/bench/stall.py --tocsin build/release/tocsin lists      one of them

For each load: the longest turns of the loop by its own watchdog (tocsin_loop_stall_seconds), the longest answer of
/-/healthy as a client sees it, how late a webhook of its own group is told of an alert, and memory. The client's
figures hold the noise of the machine; the watchdog's nearly none. Nothing is judged.
"""
import argparse
import collections
import contextlib
import http.client
import http.server
import json
import os
import pathlib
import re
import signal
import socket
import threading
import time

import bench
from mail_sink import MailSink

CONFIG = """
route:
  receiver: none
  group_by: [alertname]
  group_wait: 1s
  group_interval: 2s
  routes:
  - {{matchers: ['probe="yes"'], receiver: probe, group_by: ['...'], group_wait: 0s}}
{routes}
receivers:
- name: none
- {{name: probe, webhook_configs: [{{url: 'http://127.0.0.1:{sink}/'}}]}}
- {{name: sink, webhook_configs: [{{url: 'http://127.0.0.1:{sink}/load', max_alerts: 10}}]}}
"""
DEAR = "(a+)+[bc][d-e]{0,%d}"


class Sink(http.server.ThreadingHTTPServer):
    """Remembers when each probe arrived."""
    daemon_threads = True
    request_queue_size = 128

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.arrived, self.loads = {}, 0
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/":
            self.server.arrived[json.loads(body)["commonLabels"]["n"]] = time.monotonic()
        else:
            self.server.loads += 1
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


class Watch:
    """Asks for the health and posts a probe every 20 ms, in a thread of its own."""

    def __init__(self, server, sink):
        self.server, self.sink, self.began = server, sink, time.monotonic_ns()
        self.health, self.posted, self.stopped = [], {}, threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)

    def __enter__(self):
        self.before = turns(self.server)
        self.thread.start()
        return self

    def run(self):
        n = 0
        while not self.stopped.wait(0.02):
            with contextlib.suppress(OSError, http.client.HTTPException):
                began = time.monotonic()
                if self.server.get("/-/healthy")[0] == 200:
                    self.health.append(time.monotonic() - began)
                name, n, began = f"{self.began}-{n}", n + 1, time.monotonic()
                self.server.send_all([bench.post_bytes([{"labels": {"alertname": "probe", "probe": "yes", "n": name}}])])
                self.posted[name] = began

    def __exit__(self, *_):
        self.stopped.set()
        self.thread.join()
        deadline = time.monotonic() + 30
        while any(n not in self.sink.arrived for n in self.posted) and time.monotonic() < deadline:
            time.sleep(0.05)
        late = [self.sink.arrived[n] - t for n, t in self.posted.items() if n in self.sink.arrived]
        lost = len(self.posted) - len(late)
        after = turns(self.server)
        over = {le: after[le] - self.before.get(le, 0) for le in after}
        slow = "  ".join(f"<={le}: {int(n)}" for le, n in spread(over) if n)
        held = collections.Counter(re.findall(r'The loop was held" by=(\S.*?) microseconds', pathlib.Path(self.server.dir, "log").read_text()))
        print(f"   turns {slow}\n   held by {dict(held)}\n   health worst {max(self.health) * 1e3:.1f} ms of {len(self.health)}, probe worst "
              f"{max(late, default=0) * 1e3:.1f} ms of {len(late)}" + (f", {lost} NOT TOLD" if lost else "") +
              f", peak {self.server.memory('VmHWM') / 1e6:.0f} MB, now {self.server.memory('VmRSS') / 1e6:.0f} MB", flush=True)


def turns(server):
    text = server.get("/metrics")[1].decode()
    return {le: float(n) for le, n in re.findall(r'^tocsin_loop_stall_seconds_bucket\{.*?le="([^"]+)".*?\} (\S+)$', text, re.M)}


def spread(cumulative):
    before = 0.0
    for le, n in sorted(cumulative.items(), key=lambda p: float(p[0])):
        yield le, n - before
        before = n


class Loaded(bench.Server):
    def __init__(self, args, routes="", receivers=lambda sink: ""):
        super().__init__(args.tocsin, [])
        self.sink, self.receivers = Sink(), receivers
        self.configure(routes)

    def configure(self, routes):
        port = self.sink.server_address[1]
        pathlib.Path(self.dir, "am.yml").write_text(CONFIG.format(routes=routes, sink=port) + self.receivers(port))

    def fill(self, n, per_group=400, labels=lambda i: {}):
        alerts = [bench.alert(i, bench.stamp(36000), per_group) for i in range(n)]
        for i, a in enumerate(alerts):
            a["labels"].update(labels(i))
        self.send_all([bench.post_bytes(alerts[i:i + 256]) for i in range(0, n, 256)])

    def silence(self, matchers, ends):
        body = json.dumps({"matchers": matchers, "startsAt": bench.stamp(0), "endsAt": bench.stamp(ends), "createdBy": "b",
                           "comment": "c"}).encode()
        return (f"POST /api/v2/silences HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                f"Content-Length: {len(body)}\r\n\r\n").encode() + body


def dear(args):
    """1,000 dear silences x 20,000 alerts: posted, flushed, listed"""
    with Loaded(args, "  - {matchers: ['load=\"yes\"'], receiver: sink, group_by: [alertname]}") as server:
        with Watch(server, server.sink):
            silences = [[{"name": "v", "value": DEAR % (i % 900 + k), "isRegex": True, "isEqual": False} for k in range(4)] +
                        [{"name": "v", "value": f"z{i}", "isRegex": False, "isEqual": True}]
                        if i % 2 else [{"name": "v", "value": DEAR % (i % 900), "isRegex": True, "isEqual": True}] for i in range(1000)]
            server.send_all([server.silence(m, 36000) for m in silences])
            server.fill(20_000, 20_000, lambda i: {"load": "yes", "v": "a" * 30 + f"!{i}"})
            began = time.monotonic()
            body = server.get("/api/v2/alerts?silenced=true&active=true")[1]
            print(f"   listed {len(body) >> 20} MiB in {time.monotonic() - began:.1f} s")
            time.sleep(3)


def lists(args):
    """100,000 alerts listed by 50 clients, 25 of them slow; then all hang up"""
    def fast(server):
        with contextlib.suppress(OSError, http.client.HTTPException):
            for path in ("/api/v2/alerts", "/api/v2/alerts/groups"):
                server.get(path)

    with Loaded(args) as server:
        server.fill(100_000)
        with Watch(server, server.sink):
            slow = [server.connect() for _ in range(25)]
            for i, s in enumerate(slow):
                s.sendall(f"GET /api/v2/alerts{'/groups' if i % 2 else ''} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            threads = [threading.Thread(target=fast, args=(server,)) for _ in range(25)]
            for t in threads:
                t.start()
            while any(t.is_alive() for t in threads):
                for s in slow:
                    with contextlib.suppress(BlockingIOError, OSError):
                        s.recv(1024, socket.MSG_DONTWAIT)
                time.sleep(0.05)
            for s in slow:
                s.close()
            time.sleep(1)


def reload(args):
    """
    reload with 10,000 routes, twice with other ones, under 20,000 alerts

    Each new alert is looked at under 10,000 routes, for some milliseconds. Probes overtake the 2,000 that are posted in large
    bodies, and their flushes wait a quarter of a second for those at most.
    """
    def routes(k):
        kinds = ['team="t{i}"', 'instance=~"web-{i}.*"', 'pod=~".*{i}{k}"', 'v=~"(a+)+[bc]{i}"']
        return "\n".join("  - {matchers: ['%s'], receiver: none, continue: %s}" %
                         (kinds[i % 4].format(i=i, k=k), "true" if i % 3 else "false") for i in range(10_000))

    with Loaded(args) as server:
        server.fill(20_000, labels=lambda i: {"v": "a" * 30 + "!"})
        for k in range(2):
            server.configure(routes(k))
            with Watch(server, server.sink):
                began = time.monotonic()
                connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=600)
                connection.request("POST", "/-/reload")
                print(f"   answer {connection.getresponse().status} after {time.monotonic() - began:.1f} s")
                server.process.send_signal(signal.SIGHUP)
                server.fill(2_000, labels=lambda i: {"v": "a" * 30 + f"!{k}"})
                time.sleep(3)


def groups(args):
    """100,000 alerts in 20 bodies, each a group of its own that is told"""
    with Loaded(args, "  - {matchers: ['load=\"yes\"'], receiver: sink, group_by: ['...'], group_wait: 1s, group_interval: 5m}") as server:
        with Watch(server, server.sink):
            server.send_all([bench.post_bytes([{"labels": {"alertname": f"A{i % 50}", "instance": f"web-{k}-{i}", "load": "yes"}}
                                               for i in range(5_000)]) for k in range(20)])
            deadline = time.monotonic() + 20
            while server.sink.loads < 3_000 and time.monotonic() < deadline:
                time.sleep(0.2)


def backup(args):
    """backups, four at a time, under 100,000 alerts"""
    def one(server):
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=600)
        connection.request("POST", "/api/ext/v1/backup")
        connection.getresponse().read()

    with Loaded(args) as server:
        server.fill(100_000)
        with Watch(server, server.sink):
            for _ in range(3):
                threads = [threading.Thread(target=one, args=(server,)) for _ in range(4)]
                for t in threads:
                    t.start()
                for t in threads:
                    t.join()


def ends(args):
    """20,000 silences that end at once, under 20,000 alerts they silenced"""
    with Loaded(args) as server:
        ends_in = 30
        began = time.monotonic()
        requests = [server.silence([{"name": "instance", "value": f"web-{i}.example.org:9100", "isRegex": False}], ends_in)
                    for i in range(20_000)]
        server.send_all(requests, 16)
        server.fill(20_000)
        server.get("/api/v2/alerts")
        time.sleep(max(0, ends_in - (time.monotonic() - began)))
        with Watch(server, server.sink):
            for _ in range(3):
                server.get("/api/v2/alerts")
                server.get("/api/v2/silences")
                time.sleep(1)


def post(args):
    """100,000 new alerts in one body, the same again, twice with bad ends, and bodies that are made to take long"""
    def one(server, path, body, wanted=200):
        began = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=600)
        connection.request("POST", path, body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read()
        print(f"   {len(body) / 1e6:.0f} MB to {path}: {answer.status} after {time.monotonic() - began:.2f} s {text[:90]}")
        assert answer.status == wanted

    small = [{"labels": {"alertname": f"A{i // 400}", "instance": f"web-{i}.example.org:9100", "team": f"team-{i % 20}"},
              "annotations": {"summary": f"Latency of web-{i} is above 500 ms"},
              "generatorURL": "http://prometheus.example.org/graph?g0.expr=latency%3E0.5&g0.tab=1"} for i in range(100_000)]
    alerts = json.dumps(small).encode()
    bodies = {
        "/api/v2/alerts": [
            (alerts, 200), (alerts, 200), (alerts[:-1], 400), (alerts[:-1] + b",{}]", 422),
            (json.dumps([bench.alert(i, bench.stamp(36000), 400) for i in range(5_000)]).encode(), 200),
            (b'[{"labels":{"a":"b"}' + b',"x":[0' + b",0" * 500_000 + b"]" + b"}]", 200),
            (b"[" + b'{"labels":{"a":""}},' * 3_000_000 + b'{"labels":{"a":"b"}}]', 400),
            (b'[{"labels":{"a":"' + b"\\u00e4" * 160_000 + b'"}}]', 200),
            (b'[{"labels":{"a":"b"},"annotations":{' + b",".join(b'"n%d":"%d"' % (i * 7919 % 1999, i) for i in range(1_999)) + b"}}]", 200),
            (b'[{"labels":{"a":"' + b"x" * 60_000_000 + b'"}}]', 400), (b"[" + b" " * 60_000_000 + b"]", 400),
            (b"[" + b"{}" * 30_000_000, 400)],
        "/api/ext/v1/webhook": [
            (b'{"alerts":' + alerts + b"}", 200), (b'{"x":[' + b"[]," * 20_000_000 + b'[]],"alerts":[]}', 200),
            (b'{"alerts":[{"labels":{"a":"' + b"x" * 60_000_000 + b'"}}]}', 400)],
        "/api/v2/silences": [(b"[" + b"0," * 1_000_000 + b"0]", 400), (b" " * 60_000_000, 400)],
    }
    for path, of in bodies.items():
        for body, wanted in of:
            with Loaded(args) as server, Watch(server, server.sink):
                one(server, path, body, wanted)
                time.sleep(0.5)


TELLERS = """
- name: all
  webhook_configs: [{{url: '{url}/load'}}]
  email_configs: [{{to: 'a@b.example', from: 'c@d.example', smarthost: '127.0.0.1:{smtp}', require_tls: false}}]
  slack_configs: [{{api_url: '{url}/load', channel: x, text: '{{{{ range .Alerts }}}}{{{{ .Labels.instance }}}} {{{{ end }}}}'}}]
  telegram_configs: [{{api_url: '{url}', bot_token: x, chat_id: 1}}]
- name: hostile
  slack_configs: [{{api_url: '{url}/load', channel: x, text: '{{{{ range .Alerts }}}}{{{{ range .Labels }}}}{{{{ range $.Alerts }}}}{{{{ reReplaceAll "(a|b)*c" "" .Status }}}}{{{{ end }}}}{{{{ end }}}}{{{{ end }}}}'}}]
"""


def flush(args):
    """groups of 20,000, 5,000 and 1,000 alerts told by webhook, mail, Slack and Telegram, and by a template without end"""
    mails = collections.Counter()
    mail = MailSink(lambda: mails.update(taken=1))
    threading.Thread(target=mail.serve_forever, daemon=True).start()
    with Loaded(args, "  - {matchers: ['load=\"yes\"'], receiver: all, group_by: [alertname], continue: true}\n"
                "  - {matchers: ['load=\"yes\"'], receiver: hostile, group_by: [alertname]}",
                lambda sink: TELLERS.format(url=f"http://127.0.0.1:{sink}", smtp=mail.port)) as server:
        for n in (20_000, 5_000, 1_000, 50):
            with Watch(server, server.sink):
                print(f"   {n} alerts")
                server.fill(n, n, lambda i: {"load": "yes", "alertname": f"Many{n}"})
                time.sleep(5)
        print(f"   {mails['taken']} mails, {server.sink.loads} requests")


def ask(args):
    """explanations, previews, pages and acknowledgements of 5,000 alerts under 100,000 alerts, 10,000 routes, 1,000 silences"""
    def call(server, path, body=None):
        began = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=600)
        connection.request("POST" if body else "GET", "/api/ext/v1/" + path, body and json.dumps(body), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read()
        times[path.split("?")[0]].append((time.monotonic() - began) * 1e3)
        return answer.status, text and json.loads(text)

    kinds = ['team="t{}"', 'instance=~"no-{}.*"', 'pod=~".*{}x"', 'v=~"(a+)+[bc]{}"']
    routes = "\n".join("  - {matchers: ['%s'], receiver: %s, continue: %s}" % (kinds[i % 4].format(i), "sink" if i % 4 else "none", str(i % 3 > 0).lower())
                       for i in range(10_000))
    times = collections.defaultdict(list)
    with Loaded(args, routes) as server:
        server.send_all([server.silence([{"name": "instance", "value": f"web-[0-9]*{i}7.*" if i % 2 else f"web-{i}.example.org:9100",
                                          "isRegex": bool(i % 2)}, {"name": "v", "value": DEAR % i, "isRegex": True, "isEqual": False}], 36000)
                         for i in range(1_000)])
        server.fill(100_000, labels=lambda i: {"v": "a" * 30 + f"!{i}"})
        page = call(server, "alerts?limit=1000&silenced=true")[1]["items"]
        wide = [{"name": "instance", "value": ".*9.*", "isRegex": True, "isEqual": True}]
        text = "{{ range .Alerts }}{{ range .Labels.SortedPairs }}{{ reReplaceAll \"(a|b)*c\" \"x\" .Value }}{{ end }}{{ end }}"
        asked = {
            "explain an alert": lambda i: call(server, "explain", {"fingerprint": page[i]["fp"]}),
            "explain labels": lambda i: call(server, "explain", {"labels": {"alertname": "New", "team": f"t{i}", "v": "a" * 40 + f"!{i}",
                                                                            "instance": f"web-{i}7"}}),
            "preview of a wide silence": lambda i: call(server, "silences/preview", {"matchers": wide}),
            "preview of a dear silence": lambda i: call(server, "silences/preview", {"matchers": wide + [
                {"name": "v", "value": DEAR % i, "isRegex": True, "isEqual": False}]}),
            "preview of a template": lambda i: call(server, "templates/preview", {"text": text, "alerts": [{"labels": a["labels"]} for a in page[:50]]}),
            "pages": lambda i: [call(server, path) for path in ("groups?limit=100&filter=instance%3D~%22.*7.*%22", "alerts?limit=100&q=web-9")],
            "labels": lambda i: [call(server, path) for path in ("labels", "labels/instance/values?prefix=web-1")],
        }
        for name, ask_once in asked.items():
            print(f"  {name}")
            with Watch(server, server.sink):
                for i in range(50):
                    ask_once(i)
        fingerprints, cursor = [a["fp"] for a in page], None
        while len(fingerprints) < 5_000:
            after = call(server, "alerts?limit=1000&silenced=true" + (f"&cursor={cursor}" if cursor else ""))[1]
            cursor = after["next"]
            fingerprints = list(dict.fromkeys(fingerprints + [a["fp"] for a in after["items"]]))
        print("  acknowledgement of 5,000")
        with Watch(server, server.sink):
            for i in range(3):
                status, answer = call(server, "ack", {"fingerprints": fingerprints[:5_000], "owner": "jo", "comment": "all", "take_over": True})
                print(f"   {status} {str(answer)[:100]}")
                time.sleep(1)
    for path, of in times.items():
        of.sort()
        print(f"   {path}: median {of[len(of) // 2]:.1f} ms, worst {of[-1]:.1f} ms of {len(of)}")


LOADS = {f.__name__: f for f in (dear, lists, reload, groups, backup, ends, post, flush, ask)}


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--tocsin", required=True, type=os.path.abspath)
    p.add_argument("loads", nargs="*", choices=[[], *LOADS], default=[])
    args = p.parse_args()
    for name in args.loads or LOADS:
        print(f"{name}: {LOADS[name].__doc__.strip()}", flush=True)
        LOADS[name](args)


if __name__ == "__main__":
    main()
