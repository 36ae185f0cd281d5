# SPDX-License-Identifier: Apache-2.0
"""A real Kannel: bearerbox, smsbox, and fakesmsc as the network that takes the messages."""
import pathlib
import re
import socket
import subprocess
import threading
import time
import urllib.parse
import urllib.request

from .ports import free_ports
from .sinks import Recorder

FAKESMSC = "/usr/lib/kannel/test/fakesmsc"
CONFIG = """
group = core
admin-port = {admin}
admin-password = admin
smsbox-port = {smsbox}
log-file = "{dir}/bearerbox.log"
log-level = 0
box-allow-ip = "127.0.0.1"

group = smsc
smsc = fake
smsc-id = fake
host = 127.0.0.1
port = {fake}

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = {send}
sendsms-interface = "127.0.0.1"
log-file = "{dir}/smsbox.log"
log-level = 0

group = sendsms-user
username = tocsin
password = secret
max-messages = 5
concatenation = true

"""
# What people send to us, and what is to be sent back.
SERVICE = """
group = sms-service
keyword = default
catch-all = true
get-url = "{url}?token={token}&from=%p&text=%b"
omit-empty = true
"""


class Kannel(Recorder):
    """Records {"from", "to", "text"} of each message that reached the network. `service`: what to add about those that come from it."""

    def __init__(self, directory, service=""):
        super().__init__()
        self.dir = pathlib.Path(directory)
        self.dir.mkdir(parents=True, exist_ok=True)
        admin, smsbox, fake, self.port = free_ports(4)
        config = self.dir / "kannel.conf"
        config.write_text(CONFIG.format(admin=admin, smsbox=smsbox, fake=fake, send=self.port, dir=self.dir) + service)
        self.processes = []
        self._run("bearerbox", ["bearerbox", "-v", "4", str(config)])
        self._wait_port(smsbox)
        self._wait_port(fake)
        self.fake = fake
        self._connect("0", "1 2 text nop")
        self._run("smsbox", ["smsbox", "-v", "4", str(config)])
        self._wait_port(self.port)
        self._wait_online(admin)
        self.url = f"http://127.0.0.1:{self.port}/cgi-bin/sendsms"

    def _connect(self, number, message):
        """The network, which has so many messages of this kind for us."""
        self.network = self._run("fakesmsc", [FAKESMSC, "-H", "127.0.0.1", "-r", str(self.fake), "-m", number, message])
        threading.Thread(target=self._read, args=(self.network.stderr,), daemon=True).start()

    def say(self, sender, to, text):
        """Somebody sends a text: by a network that takes the place of the one there was."""
        self.network.terminate()
        self.network.wait()
        self._connect("1", f"{sender} {to} text {text}")

    def _run(self, name, command):
        output = subprocess.PIPE if name == "fakesmsc" else (self.dir / f"{name}.out").open("w")
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=output, text=True, errors="replace",
                                   cwd=self.dir)
        self.processes.append(process)
        return process

    @staticmethod
    def _poll(ready, what, timeout=300):
        end = time.monotonic() + timeout
        while not ready():
            assert time.monotonic() < end, what
            time.sleep(0.05)

    def _wait_port(self, port):
        def ready():
            with socket.socket() as s:
                return s.connect_ex(("127.0.0.1", port)) == 0
        self._poll(ready, f"nothing listens on port {port}")

    def _wait_online(self, admin):
        def ready():
            text = urllib.request.urlopen(f"http://127.0.0.1:{admin}/status.txt?password=admin").read().decode()
            return "online" in text and re.search(r"smsbox:", text)
        self._poll(ready, "Kannel does not come online")

    def _read(self, stream):
        for line in stream:
            match = re.search(r"Got message \d+: <(\S+) (\S+) (\S+) (.*)>$", line.rstrip())
            if match is None:
                continue
            sender, to, kind, text = match.groups()
            if kind.startswith("udh"):  # the header of a part comes first
                text = text.split(" ", 1)[1]
            if kind == "ucs-2":
                text = urllib.parse.unquote_to_bytes(text.replace("+", " ")).decode("utf-16-be")
            self.record({"from": sender, "to": to, "kind": kind, "text": text})

    def close(self):
        for process in reversed(self.processes):
            process.terminate()
        for process in self.processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
