# SPDX-License-Identifier: Apache-2.0
"""A cluster of three on hosts of their own (net.py): members, etcds beside them if wanted, and one receiver that writes history."""
import contextlib
import datetime
import http.server
import json
import os
import re
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.request

import net

CONFIG = f"""
route: {{receiver: hook, group_by: [alertname], group_wait: 500ms, group_interval: 2s, repeat_interval: 1h}}
receivers:
- {{name: hook, webhook_configs: [{{url: "http://{net.RECEIVERS}:9000/hook"}}]}}
"""
NODES = (1, 2, 3)
# Seconds that a member waits for each one before it.
TURN = 8
LEASE = 5
# What members have in common. Alertmanagers have gossip only.
MODES = ("gossip", "etcd", "both")
DOUBT = re.compile(r'The receiver may be notified twice.*alertname=\\*"(\w+)\\*".* cause=(\w+)')


def stamp(seconds=0):
    when = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return when.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def ask(url, value=None, timeout=10):
    body = None if value is None else json.dumps(value).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=timeout) as answer:
        return answer.read()


class History:
    def __init__(self):
        self.lock, self.events = threading.Lock(), []

    def add(self, kind, at=None, **more):
        with self.lock:
            self.events.append({"at": time.monotonic() if at is None else at, "kind": kind, **more})

    def told(self, status):
        """Alerts that the receiver took, and when first."""
        with self.lock:
            events = [e for e in self.events if e["kind"] == "received" and e["ok"] and e["status"] == status]
        return {e["alert"]: e["at"] for e in reversed(events)}

    def write(self, path, begun):
        with path.open("w") as f:
            for event in self.events:
                until = {"until": event["until"] - begun} if "until" in event else {}
                f.write(json.dumps({**event, "at": event["at"] - begun, **until}) + "\n")


class Receiver(http.server.ThreadingHTTPServer):
    request_queue_size, daemon_threads = 1024, True

    def __init__(self, history):
        receiver = self
        self.broken = False

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                ok = not receiver.broken
                for alert in body["alerts"]:
                    history.add("received", receiver="hook", alert=alert["labels"]["alertname"], status=alert["status"], ok=ok,
                                node=self.client_address[0], decision=self.headers["Idempotency-Key"])
                self.send_response(200 if ok else 500)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        super().__init__((net.RECEIVERS, 9000), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, *_):
        """Members that are killed hang up."""


class Cluster:
    """`faketime`: the library of that name, by which clocks can be set; processes[i] are members, etcds[i] what they have in common."""

    def __init__(self, binary, directory, mode="gossip", faketime=None):
        self.binary, self.directory, self.mode, self.faketime = binary, directory, mode, faketime
        self.history, self.net = History(), net.Net(3)
        self.receiver = Receiver(self.history)
        self.history.add("wanted", receiver="hook")
        (directory / "config.yml").write_text(CONFIG)
        self.named = "--cluster.peer-name" in subprocess.run([binary, "--help"], capture_output=True, text=True).stdout
        self.processes, self.etcds, self.down = {}, {}, {}
        if mode != "gossip":
            for i in NODES:
                self.start_etcd(i)
            until(self.etcd_leader, "a leader of the etcds")
        for i in NODES:
            self.start(i)
        self.wait_whole()

    def wait_whole(self):
        for i in NODES:
            until(lambda i=i: self.is_whole(i), f"member {i} of {self.binary} there, see {self.directory}")

    def is_whole(self, i):
        if self.mode != "etcd":
            c = json.loads(self.request(i, "/api/v2/status"))["cluster"]
            if len(c["peers"]) != len(NODES) or c["status"] != "ready":
                return False
        if self.mode != "gossip":
            etcd = json.loads(self.request(i, "/api/ext/v1/status"))["cluster"]["etcd"]
            return etcd["connected"] and len(etcd["members"]) == len(NODES)
        return True

    def run(self, name, i, *words, env=()):
        with (self.directory / f"{name}{i}.log").open("a") as log:
            return subprocess.Popen(self.net.command(i, *words), stdout=log, stderr=log, env={**os.environ, **dict(env)})

    def start(self, i):
        flags = [f"--config.file={self.directory}/config.yml", f"--storage.path={self.directory}/{i}",
                 "--web.listen-address=0.0.0.0:9093", f"--cluster.peer-timeout={TURN}s", *([f"--cluster.peer-name=n{i}"] if self.named else [])]
        if self.mode == "etcd":
            flags.append("--cluster.listen-address=")
        else:
            flags += [f"--cluster.listen-address=10.77.0.{i}:9094", "--cluster.gossip-interval=100ms", "--cluster.reconnect-interval=2s",
                      "--cluster.settle-timeout=30s", *(f"--cluster.peer=10.77.0.{n}:9094" for n in NODES if n != i)]
        if self.mode != "gossip":
            flags += ["--etcd.endpoints=" + ",".join(f"http://10.77.0.{n}:2379" for n in (*NODES[i - 1:], *NODES[:i - 1])), f"--etcd.lease-ttl={LEASE}s"]
        env = {}
        if self.faketime:
            self.set_clock(i, 0)
            env = {"LD_PRELOAD": self.faketime, "FAKETIME_TIMESTAMP_FILE": f"{self.directory}/clock{i}", "FAKETIME_NO_CACHE": "1",
                   "FAKETIME_DONT_FAKE_MONOTONIC": "1", "FAKETIME_DONT_RESET": "1"}
        self.processes[i] = self.run("member", i, "env", *(f"{k}={v}" for k, v in env.items()), str(self.binary), *flags)

    def set_clock(self, i, seconds):
        path = self.directory / f"clock{i}"
        path.with_suffix(".new").write_text(f"{seconds:+d}\n")
        path.with_suffix(".new").rename(path)

    def start_etcd(self, i):
        own = f"http://10.77.0.{i}"
        self.etcds[i] = self.run("etcd", i, "etcd", f"--name=e{i}", f"--data-dir={self.directory}/etcd{i}", "--listen-client-urls=http://0.0.0.0:2379",
                                 f"--advertise-client-urls={own}:2379", f"--listen-peer-urls={own}:2380", f"--initial-advertise-peer-urls={own}:2380",
                                 "--initial-cluster=" + ",".join(f"e{n}=http://10.77.0.{n}:2380" for n in NODES), "--unsafe-no-fsync",
                                 "--heartbeat-interval=200", "--election-timeout=2000")

    def etcd_leader(self):
        """Who leads the etcds, as one of them says; 0: none."""
        for i in NODES:
            with contextlib.suppress(OSError, urllib.error.URLError):
                status = json.loads(ask(f"http://10.78.{i}.2:2379/v3/maintenance/status", {}, 2))
                ids = {m["ID"]: int(m["name"][1:]) for m in
                       json.loads(ask(f"http://10.78.{i}.2:2379/v3/cluster/member/list", {}, 2))["members"] if "name" in m}
                if status.get("leader") in ids:
                    return ids[status["leader"]]
        return 0

    def request(self, i, path, value=None, timeout=10):
        return ask(f"http://10.78.{i}.2:9093{path}", value, timeout)

    def post(self, names, status):
        """To all members at once, as Prometheus does; those that are dead or stopped do not take it."""
        ends = stamp() if status == "resolved" else stamp(3600)
        alerts = [{"labels": {"alertname": n}, "startsAt": stamp(-10), "endsAt": ends} for n in names]
        for i in NODES:
            threading.Thread(target=self.post_to, args=(i, alerts, names, status), daemon=True).start()

    def post_to(self, i, alerts, names, status):
        with contextlib.suppress(OSError, urllib.error.URLError):
            self.request(i, "/api/v2/alerts", alerts)
            for name in names:
                self.history.add("posted", alert=name, status=status, node=i)

    def leader(self):
        """The one that tells first: names are in order, or random. With an etcd each one does for some groups."""
        if self.mode == "etcd":
            return 1
        status = json.loads(self.request(1, "/api/v2/status"))["cluster"]
        first = min(status["peers"], key=lambda p: p["name"])
        return int(first["address"].split(":")[0].rsplit(".", 1)[1])

    def kill(self, i, how=signal.SIGKILL, of=None):
        # `ip netns exec` and `env` become the program that they run.
        process = (self.processes if of is None else of)[i]
        process.send_signal(how)
        if how == signal.SIGKILL:
            process.wait()

    def take_doubts(self):
        """What members wrote of notifications that may be there twice, for the judge."""
        for i in NODES:
            with (self.directory / f"member{i}.log").open(errors="replace") as f:
                for line in f:
                    found = DOUBT.search(line)
                    if found:
                        self.history.add("doubt", alert=found[1], cause=found[2], node=i)

    def close(self):
        for p in (*self.processes.values(), *self.etcds.values()):
            p.kill()
            p.wait()
        self.receiver.shutdown()
        self.receiver.server_close()
        self.net.close()


def until(what, text, patience=120):
    end = time.monotonic() + patience
    while time.monotonic() < end:
        with contextlib.suppress(OSError, urllib.error.URLError):
            if what():
                return
        time.sleep(0.1)
    raise AssertionError(f"not there: {text}")
