# SPDX-License-Identifier: Apache-2.0
"""A real etcd on ports of its own, spoken to by its JSON gateway."""
import base64
import contextlib
import json
import shutil
import signal
import ssl
import subprocess
import time
import urllib.error
import urllib.request

from lib.ports import free_port

BINARY = shutil.which("etcd")


def b64(data):
    return base64.b64encode(data if isinstance(data, bytes) else data.encode()).decode()


class Etcd:
    """tls: (certificate, key): that is spoken, by who shows a certificate too."""

    def __init__(self, directory, tls=None, *flags):
        self.dir, self.tls, self.flags = directory, tls, flags
        self.port, self.peer_port = free_port(), free_port()
        self.scheme = "https" if tls else "http"
        self.url = f"{self.scheme}://127.0.0.1:{self.port}"
        self.token = None
        self.process = None

    def start(self):
        peers = f"http://127.0.0.1:{self.peer_port}"
        tls = [f"--cert-file={self.tls[0]}", f"--key-file={self.tls[1]}"] if self.tls else []
        self.dir.mkdir(parents=True, exist_ok=True)
        self.log = (self.dir / "etcd.log").open("a")
        self.process = subprocess.Popen(
            [BINARY, f"--data-dir={self.dir}/data", f"--listen-client-urls={self.url}", f"--advertise-client-urls={self.url}",
             f"--listen-peer-urls={peers}", f"--initial-advertise-peer-urls={peers}", f"--initial-cluster=default={peers}",
             "--unsafe-no-fsync", *tls, *self.flags], stdout=self.log, stderr=self.log)
        end = time.monotonic() + 120
        while True:
            with contextlib.suppress(OSError, urllib.error.URLError):
                self.ask("/v3/kv/range", key=b64("x"))
                return self
            assert time.monotonic() < end and self.process.poll() is None, (self.dir / "etcd.log").read_text()
            time.sleep(0.05)

    def ask(self, path, **body):
        headers = {"Content-Type": "application/json", **({"Authorization": self.token} if self.token else {})}
        request = urllib.request.Request(self.url + path, json.dumps(body).encode(), headers)
        context = ssl._create_unverified_context() if self.tls else None
        with urllib.request.urlopen(request, timeout=60, context=context) as answer:
            return json.loads(answer.read())

    def put(self, key, value):
        self.ask("/v3/kv/put", key=b64(key), value=b64(value))

    def keys(self, prefix):
        end = prefix[:-1] + chr(ord(prefix[-1]) + 1)
        found = self.ask("/v3/kv/range", key=b64(prefix), range_end=b64(end), keys_only=True).get("kvs", [])
        return [base64.b64decode(kv["key"]).decode() for kv in found]

    def want_names(self):
        """From now on who asks has to be root, with the password "secret"."""
        self.ask("/v3/auth/user/add", name="root", password="secret")
        self.ask("/v3/auth/role/add", name="root")
        self.ask("/v3/auth/user/grant", user="root", role="root")
        self.ask("/v3/auth/enable")
        self.token = self.ask("/v3/auth/authenticate", name="root", password="secret")["token"]

    def compact(self):
        revision = self.ask("/v3/kv/range", key=b64("x"))["header"]["revision"]
        self.ask("/v3/kv/compaction", revision=revision)

    def signal(self, number):
        self.process.send_signal(number)

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
            self.process.wait(60)
