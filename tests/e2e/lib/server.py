# SPDX-License-Identifier: Apache-2.0
"""A tocsin process under test: configuration, start, API calls, stop."""
import contextlib
import datetime
import http.client
import json
import os
import pathlib
import queue
import re
import signal
import subprocess
import threading
import time
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[3]
BINARY = pathlib.Path(os.environ.get("TOCSIN", ROOT / "build/dev/tocsin")).resolve()
# The authorities of the system are 140, perhaps in hundreds of files: to read them costs more than the rest of a start, and no test
# has need of them but where it says AUTHORITIES.
os.environ.update(SSL_CERT_FILE="/dev/null", SSL_CERT_DIR="/dev/null")
AUTHORITIES = {"SSL_CERT_FILE": "", "SSL_CERT_DIR": ""}
SANITIZER = re.compile(r"(AddressSanitizer|LeakSanitizer|ThreadSanitizer|runtime error:|Assertion)")


def rfc3339(seconds_from_now=0.0):
    when = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=seconds_from_now)
    return when.isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Server:
    """Starts the binary on a free port; `url` is known from its log. A config that is a dict is a directory of files,
    one that is None such a directory that is there already. `lone`: without a cluster, unless flags name one."""

    def __init__(self, directory, config, *flags, binary=BINARY, env=None, lone=True):
        self.dir = pathlib.Path(directory)
        self.dir.mkdir(parents=True, exist_ok=True)
        self.config = self.dir / ("conf.d" if config is None or isinstance(config, dict) else "alertmanager.yml")
        self.write_config(config)
        self.flags = list(flags)
        self.lone = lone
        self.binary = binary
        self.env = {**os.environ, "TZ": "UTC", **(env or {})}
        self.log = []
        self.process = None

    def write_config(self, config):
        if config is None:
            return
        if not isinstance(config, dict):
            self.config.write_text(config)
            return
        self.config.mkdir(exist_ok=True)
        for old in self.config.iterdir():
            old.unlink()
        for name, text in config.items():
            (self.config / name).write_text(text)

    def command(self):
        flags = list(self.flags)
        if self.lone and not any(f.startswith("--cluster.listen-address") for f in flags):
            flags.append("--cluster.listen-address=")
        return [self.binary, f"--config.file={self.config}", f"--storage.path={self.dir}/data", "--web.listen-address=127.0.0.1:0", *flags]

    def environment(self):
        return self.env

    def start(self, wait=True):
        self.lines = queue.Queue()
        self.process = subprocess.Popen(self.command(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                                        env=self.environment(), cwd=self.dir)
        self.reader = threading.Thread(target=self._read, args=(self.process.stderr, self.lines), daemon=True)
        self.reader.start()
        if wait:
            line = self.wait_log(r"Listening on")
            self.host, port = re.search(r'address(?:=|":")([^\s"]+)', line).group(1).rsplit(":", 1)
            self.port = int(port)
            self.url = f"http://{self.host}:{self.port}"
        return self

    def _read(self, stream, lines):
        # A reader ends after its process, when another may have been started.
        for line in stream:
            self.log.append(line)
            lines.put(line)
        lines.put(None)

    def wait_log(self, pattern, timeout=300):
        """The next log line that fits; reads on from where the last call stopped."""
        end = time.monotonic() + timeout
        while True:
            try:
                line = self.lines.get(timeout=max(0.01, end - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"no log line like {pattern!r} in:\n{''.join(self.log)}") from None
            if line is None:
                raise AssertionError(f"the server ended; no log line like {pattern!r} in:\n{''.join(self.log)}")
            if re.search(pattern, line):
                return line

    def request(self, method, path, body=None, headers=None, timeout=300):
        """(status, headers, body bytes)"""
        connection = http.client.HTTPConnection(self.host, self.port, timeout=timeout)
        with contextlib.closing(connection):
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            return response.status, response.headers, response.read()

    def get(self, path, **query):
        if query:
            path += "?" + urllib.parse.urlencode(query, doseq=True)
        status, _, body = self.request("GET", path)
        assert status == 200, (status, body)
        return json.loads(body)

    def post(self, path, value):
        status, _, body = self.request("POST", path, json.dumps(value), {"Content-Type": "application/json"})
        assert status == 200, (status, body)
        return json.loads(body) if body else None

    def alert(self, *alerts, **labels):
        """Posts firing alerts: label dictionaries, or one by keywords."""
        items = [a if "labels" in a else {"labels": a} for a in alerts] + ([{"labels": labels}] if labels else [])
        self.post("/api/v2/alerts", items)

    def resolve(self, **labels):
        self.post("/api/v2/alerts", [{"labels": labels, "startsAt": rfc3339(-60), "endsAt": rfc3339()}])

    def silence(self, seconds=3600, comment="test", **labels):
        matchers = [{"name": k, "value": v, "isRegex": False} for k, v in labels.items()]
        return self.post("/api/v2/silences", {"matchers": matchers, "startsAt": rfc3339(), "endsAt": rfc3339(seconds),
                                              "createdBy": "tester", "comment": comment})["silenceID"]

    def metric(self, line_start):
        text = self.request("GET", "/metrics")[2].decode()
        for line in text.splitlines():
            if line.startswith(line_start + " ") or line.startswith(line_start + "{"):
                return float(line.rsplit(" ", 1)[1])
        return None

    def wait_metric(self, line_start, value, timeout=300):
        """Until the metric is at least `value`."""
        end = time.monotonic() + timeout
        while (self.metric(line_start) or 0) < value:
            assert time.monotonic() < end, f"{line_start} is {self.metric(line_start)}, not {value}"
            time.sleep(0.02)

    def reload(self, config=None):
        self.write_config(config)
        return self.request("POST", "/-/reload")

    def resident_bytes(self):
        text = pathlib.Path(f"/proc/{self.process.pid}/smaps_rollup").read_text()
        return int(re.search(r"^Rss:\s+(\d+)", text, re.M).group(1)) * 1024

    def all_seconds(self):
        """The CPU time that the server has had, in all its threads."""
        return self.loop_seconds("")

    def loop_seconds(self, thread="task/{pid}/"):
        """The CPU time that the thread of the loop has had."""
        pid = self.process.pid
        stat = pathlib.Path(f"/proc/{pid}/{thread.format(pid=pid)}stat").read_text()
        user, system = stat.rsplit(") ", 1)[1].split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    @contextlib.contextmanager
    def promptly(self, seconds):
        """What is done in it waits for less than so much work of the loop. It is CPU time: on a busy machine all takes longer,
        and none of it more work. What waits for something else than work ends with the time-out of its request."""
        before = self.loop_seconds()
        yield
        took = self.loop_seconds() - before
        assert took < seconds, f"the loop worked {took:.2f} s meanwhile"

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.reader.join()

    def stop(self):
        """A clean stop: status 0 and nothing for the sanitizers to say."""
        if self.process is None:
            return
        if self.process.poll() is not None:
            self.reader.join()
            self.check_log()
            return
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(300)
        self.reader.join()
        self.check_log()
        assert status == 0, f"exit status {status}:\n{''.join(self.log)}"

    def check_log(self):
        text = "".join(self.log)
        assert not SANITIZER.search(text), text

    def __enter__(self):
        return self.start() if self.process is None else self

    def __exit__(self, kind, *_):
        if kind is None:
            self.stop()
        elif self.process is not None and self.process.poll() is None:
            self.kill()
