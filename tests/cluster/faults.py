# SPDX-License-Identifier: Apache-2.0
"""Clusters of three under faults, judged by checker.py: `faults.py --binary PATH ... [--fault NAME ...] [--incidents N]`.

Each binary, tocsin or Alertmanager, is run under each fault; what is printed is the table of contrib/cluster.md: duplicates and
losses of 10,000 incidents (each fires and is resolved, so that it has two messages). Wants root, network namespaces and TUN. Times are scaled down: a member waits eight seconds for each
one before it, and faults last ten.
"""
import argparse
import contextlib
import datetime
import http.server
import json
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request

import checker
import net

CONFIG = f"""
route: {{receiver: hook, group_by: [alertname], group_wait: 500ms, group_interval: 2s, repeat_interval: 1h}}
receivers:
- {{name: hook, webhook_configs: [{{url: "http://{net.RECEIVERS}:9000/hook"}}]}}
"""
NODES = (1, 2, 3)
# Seconds that a member waits for each one before it.
TURN = 8


def stamp(seconds=0):
    when = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds)
    return when.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class History:
    def __init__(self):
        self.lock, self.events = threading.Lock(), []

    def add(self, kind, **more):
        with self.lock:
            self.events.append({"at": time.monotonic(), "kind": kind, **more})


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
                                node=self.client_address[0])
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
    def __init__(self, binary, directory):
        self.binary, self.directory = binary, directory
        self.history, self.net = History(), net.Net(3)
        self.receiver = Receiver(self.history)
        self.history.add("wanted", receiver="hook")
        (directory / "config.yml").write_text(CONFIG)
        self.named = "--cluster.peer-name" in subprocess.run([binary, "--help"], capture_output=True, text=True).stdout
        self.processes = {}
        for i in NODES:
            self.start(i)
        for i in NODES:
            self.until(i, lambda c: len(c["peers"]) == 3 and c["status"] == "ready")

    def start(self, i):
        flags = [f"--config.file={self.directory}/config.yml", f"--storage.path={self.directory}/{i}",
                 "--web.listen-address=0.0.0.0:9093", f"--cluster.listen-address=10.77.0.{i}:9094", f"--cluster.peer-timeout={TURN}s",
                 "--cluster.gossip-interval=100ms", "--cluster.reconnect-interval=2s", "--cluster.settle-timeout=30s",
                 *([f"--cluster.peer-name=n{i}"] if self.named else []), *(f"--cluster.peer=10.77.0.{n}:9094" for n in NODES if n != i)]
        log = (self.directory / f"{i}.log").open("a")
        self.processes[i] = subprocess.Popen(self.net.command(i, str(self.binary), *flags), stdout=log, stderr=log)

    def request(self, i, path, value=None):
        body = None if value is None else json.dumps(value).encode()
        request = urllib.request.Request(f"http://10.78.{i}.2:9093{path}", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.read()

    def until(self, i, what, patience=120):
        end = time.monotonic() + patience
        while time.monotonic() < end:
            with contextlib.suppress(OSError, urllib.error.URLError):
                if what(json.loads(self.request(i, "/api/v2/status"))["cluster"]):
                    return
            time.sleep(0.1)
        raise AssertionError(f"member {i} of {self.binary} is not there: {(self.directory / f'{i}.log').read_text()[-2000:]}")

    def post(self, names, status):
        """To all members at once, as Prometheus does; those that are dead or stopped do not take it."""
        ends = stamp() if status == "resolved" else stamp(3600)
        alerts = [{"labels": {"alertname": n}, "startsAt": stamp(-10), "endsAt": ends} for n in names]

        def to(i):
            with contextlib.suppress(OSError, urllib.error.URLError):
                self.request(i, "/api/v2/alerts", alerts)
                for name in names:
                    self.history.add("posted", alert=name, status=status, node=i)

        threads = [threading.Thread(target=to, args=(i,), daemon=True) for i in NODES]
        for t in threads:
            t.start()

    def leader(self):
        """The one that tells first: names are in order, or random."""
        status = json.loads(self.request(1, "/api/v2/status"))["cluster"]
        first = min(status["peers"], key=lambda p: p["name"])
        return int(first["address"].split(":")[0].rsplit(".", 1)[1])

    def kill(self, i, how=signal.SIGKILL):
        # `ip netns exec` becomes the program it runs.
        self.processes[i].send_signal(how)
        if how == signal.SIGKILL:
            self.processes[i].wait()

    def close(self):
        for p in self.processes.values():
            p.kill()
            p.wait()
        self.receiver.shutdown()
        self.receiver.server_close()
        self.net.close()


@contextlib.contextmanager
def killed(c):
    first = c.leader()
    c.kill(first)
    yield
    c.start(first)


@contextlib.contextmanager
def stopped(c):
    first = c.leader()
    c.kill(first, signal.SIGSTOP)
    yield
    c.kill(first, signal.SIGCONT)


@contextlib.contextmanager
def cut_off(c):
    first = c.leader()
    c.net.cut_off(first, [i for i in NODES if i != first])
    yield
    c.net.heal()


@contextlib.contextmanager
def one_way(c):
    first = c.leader()
    c.net.cut = {(first, i) for i in NODES if i != first}
    yield
    c.net.heal()


@contextlib.contextmanager
def in_pieces(c):
    c.net.cut = {(i, j) for i in NODES for j in NODES if i != j}
    yield
    c.net.heal()


def losing(part):
    @contextlib.contextmanager
    def lossy(c):
        c.net.loss = part
        yield
        c.net.heal()
    return lossy


@contextlib.contextmanager
def refused(c):
    c.receiver.broken = True
    yield
    c.receiver.broken = False


FAULTS = {"none": lambda c: contextlib.nullcontext(), "the first one kill -9": killed, "the first one SIGSTOP": stopped,
          "the first one cut off": cut_off, "the first one is not heard (one way)": one_way, "all cut off from each other": in_pieces,
          "20 % of packets lost": losing(0.2), "30 % of packets lost": losing(0.3), "receiver answers 500": refused}


def run(binary, fault, incidents, directory, lasts=10.0):
    """Alerts before, during and after the fault; each is resolved some seconds later."""
    c = Cluster(binary, directory)
    names = [f"Incident{i}" for i in range(incidents)]
    waves = [names[i::10] for i in range(10)]
    try:
        begun = time.monotonic()
        for wave in waves[:2]:
            c.post(wave, "firing")
            time.sleep(1)
        with FAULTS[fault](c):
            since = time.monotonic()
            for wave in waves[2:8]:
                c.post(wave, "firing")
                time.sleep(lasts / 6)
        # Members find each other again, and the last ones have their turn.
        c.history.events.append({"at": since, "kind": "fault", "what": fault, "until": time.monotonic() + 15})
        for wave in waves[8:]:
            c.post(wave, "firing")
            time.sleep(1)
        wait(c, names, "firing")
        c.post(names, "resolved")
        wait(c, names, "resolved")
    finally:
        c.close()
    with (directory / "history.jsonl").open("w") as f:
        for event in c.history.events:
            f.write(json.dumps({**event, "at": event["at"] - begun, **({"until": event["until"] - begun} if "until" in event else {})}) + "\n")
    with (directory / "history.jsonl").open() as f:
        return checker.judge(checker.read(f), within=40)


def wait(c, names, status, patience=90):
    """Until all was told, and then as long as the last member waits for its turn: whoever tells again does so by then."""
    end = time.monotonic() + patience
    while time.monotonic() < end:
        with c.history.lock:
            told = {e["alert"] for e in c.history.events if e["kind"] == "received" and e["ok"] and e["status"] == status}
        if told.issuperset(names):
            break
        time.sleep(0.2)
    time.sleep((len(NODES) - 1) * TURN + 2)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", action="append", required=True, help="tocsin, prometheus-alertmanager; as often as wanted")
    parser.add_argument("--fault", action="append", choices=list(FAULTS), help="all by default")
    parser.add_argument("--incidents", type=int, default=1000)
    parser.add_argument("--keep", help="a directory for histories and logs")
    options = parser.parse_args()
    net.alone()
    directory = pathlib.Path(options.keep or tempfile.mkdtemp())
    print("| fault | " + " | ".join(f"{pathlib.Path(b).name}: duplicates, losses" for b in options.binary) + " |")
    print("|---|" + "---|" * len(options.binary))
    for n, fault in enumerate(options.fault or FAULTS):
        cells = []
        for m, binary in enumerate(options.binary):
            place = directory / f"{n}-{m}"
            place.mkdir(parents=True, exist_ok=True)
            v = run(pathlib.Path(binary).resolve(), fault, options.incidents, place)
            (place / "verdict").write_text(str(v))
            cells.append(f"{v.per_10000(v.duplicates)}, {v.per_10000(v.missing)}")
        print(f"| {fault} | " + " | ".join(cells) + " |", flush=True)
    if not options.keep:
        shutil.rmtree(directory)
    return 0


if __name__ == "__main__":
    sys.exit(main())
