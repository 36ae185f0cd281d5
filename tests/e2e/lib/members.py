# SPDX-License-Identifier: Apache-2.0
"""Members of clusters: our own instances and Alertmanager's, spoken to in the same way."""
import contextlib
import functools
import json
import shutil
import subprocess
import time
import urllib.error
import urllib.request

from lib.ports import free_port
from lib.server import BINARY, Server, rfc3339

ORIGINAL = shutil.which("prometheus-alertmanager") or shutil.which("alertmanager")
LABEL = "monitoring/main"
FAST = ("--cluster.peer-timeout=10s", "--cluster.reconnect-interval=1s", "--cluster.gossip-interval=50ms")


@functools.cache
def original_help():
    known = subprocess.run([ORIGINAL, "--help"], capture_output=True, text=True, timeout=60)
    return known.stdout + known.stderr


def original_knows(flag):
    """Older Alertmanagers know neither labels of clusters nor names of members."""
    return f"--{flag}" in original_help()


def label_for(originals):
    return LABEL if not originals or original_knows("cluster.label") else ""


class Member:
    """One instance: ours, or a real Alertmanager, with its data in directory/name/data. `gossip`: an address that another one had;
    `listens`: it has a gossip at all."""

    def __init__(self, directory, config, name, peers, original=False, label=LABEL, flags=FAST, gossip=None,
                 listens=True, binary=BINARY):
        self.name, self.place, self.original = name, name, original
        self.gossip = gossip or f"127.0.0.1:{free_port()}"
        flags = [f"--cluster.listen-address={self.gossip if listens else ''}", *([f"--cluster.label={label}"] if label else []), *flags,
                 *(f"--cluster.peer={p if isinstance(p, str) else p.gossip}" for p in peers)]
        self.log = directory / f"{name}.log"
        self.data = directory / name / "data"
        self.server = None
        if original:
            self.url = f"http://127.0.0.1:{free_port()}"
            self.data.mkdir(parents=True, exist_ok=True)
            path = directory / f"{name}.yml"
            path.write_text(config)
            named = [f"--cluster.peer-name={name}"] if original_knows("cluster.peer-name") else []
            self.process = subprocess.Popen(
                [ORIGINAL, f"--config.file={path}", f"--storage.path={self.data}",
                 f"--web.listen-address={self.url[7:]}", *flags, *named], stderr=self.log.open("a"))
        else:
            self.server = Server(directory / name, config, f"--cluster.peer-name={name}", *flags, binary=binary).start()
            self.process, self.url = self.server.process, self.server.url
        if listens:
            self.until(lambda: self.get("/api/v2/status")["cluster"]["name"], "there")
            self.name = self.get("/api/v2/status")["cluster"]["name"]

    def until(self, what, text, timeout=60):
        end = time.monotonic() + timeout
        while True:
            with contextlib.suppress(OSError, urllib.error.URLError):
                if what():
                    return
            assert time.monotonic() < end and self.process.poll() is None, f"{self.name}: not {text}"
            time.sleep(0.02)

    def request(self, path, value=None, method=None):
        body = None if value is None else json.dumps(value).encode()
        request = urllib.request.Request(self.url + path, body, {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.read()

    def get(self, path):
        return json.loads(self.request(path))

    def names(self):
        return sorted(p["name"] for p in self.get("/api/v2/status")["cluster"]["peers"])

    def sees(self, *members):
        self.until(lambda: self.names() == sorted(m.name for m in members), f"seeing {[m.name for m in members]}")

    def settles(self):
        self.until(lambda: self.get("/api/v2/status")["cluster"]["status"] == "ready", "settled")

    def silence(self, comment, **labels):
        return json.loads(self.request("/api/v2/silences", {
            "matchers": [{"name": k, "value": v, "isRegex": False} for k, v in labels.items()], "startsAt": rfc3339(),
            "endsAt": rfc3339(3600), "createdBy": "tester", "comment": comment}))["silenceID"]

    def state(self, silence):
        return next((s["status"]["state"] for s in self.get("/api/v2/silences") if s["id"] == silence), None)

    def metric(self, line_start):
        for line in self.request("/metrics").decode().splitlines():
            if line.startswith(line_start + " ") or line.startswith(line_start + "{"):
                return float(line.rsplit(" ", 1)[1])
        return None

    def stop(self):
        if self.server is not None:
            self.server.stop()
        elif self.process.poll() is None:
            self.process.terminate()
            self.process.wait(60)


def share_silences(members):
    """What is made on one is seen on all; so is its end, wherever that is made."""
    made = [m.silence(comment, where=m.name) for m in members for comment in ("small", "large " * 300)]
    for m in members:
        for silence in made:
            m.until(lambda s=silence: m.state(s) == "active", "having all silences")
    for i, silence in enumerate(made):
        members[i % len(members)].request(f"/api/v2/silence/{silence}", method="DELETE")
    for m in members:
        for silence in made:
            m.until(lambda s=silence: m.state(s) == "expired", "seeing that they ended")


def tell_once(members, sink, name):
    """An alert that all of them have is told by one; the others look into the log when it is their turn."""
    for m in members:
        m.settles()
    looked = [m.metric("alertmanager_nflog_queries_total") for m in members]
    alert = [{"labels": {"alertname": name}, "startsAt": rfc3339()}]
    for m in members:
        m.request("/api/v2/alerts", alert)
    sink.wait(1, lambda i: name in json.dumps(i["json"]["groupLabels"]))
    for m, before in zip(members, looked):
        m.until(lambda m=m, b=before: m.metric("alertmanager_nflog_queries_total") > b, "done with its turn")
    for m in members[1:]:
        if m.server is not None:
            m.until(lambda m=m: m.metric('tocsin_cluster_log_entries_merged_total{result="taken"}') >= 1, "told of it")
            assert m.metric('alertmanager_notification_requests_total{integration="webhook"}') == 0
    assert len([i for i in sink.items if name in json.dumps(i["json"]["groupLabels"])]) == 1
