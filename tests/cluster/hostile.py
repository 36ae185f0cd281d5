#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A member that others attack on its cluster's port: does anything that they send hold its loop?

Judged are the turns of the loop, in the processor's time by its own metrics, so the machine may be busy with else:

    tests/cluster/hostile.py --binary build/release/tocsin
"""
import argparse
import os
import pathlib
import re
import socket
import struct
import subprocess
import sys
import tempfile
import time
import urllib.request

sys.path.insert(0, str(pathlib.Path(__file__).parent.parent / "e2e"))

from lib.meshfiles import field, log_entries, silences, varint  # noqa: E402
from lib.ports import free_port  # noqa: E402

LIMIT = "0.01"
MANY = 100000
MOST = 62 << 20
# A whole state or change of 64 MiB is taken from 10 s on at most, so this is patience with ourselves.
PATIENCE = 120


def text(value):
    value = value.encode() if isinstance(value, str) else value
    if len(value) < 32:
        return bytes([0xA0 | len(value)]) + value
    return (b"\xda" + struct.pack(">H", len(value)) if len(value) < 65536 else b"\xdb" + struct.pack(">I", len(value))) + value


def number(n):
    return bytes([n]) if n < 128 else b"\xce" + struct.pack(">I", n)


def node(i, name=None):
    return (b"\x87" + text("Addr") + text(struct.pack(">I", 0x0A000000 + i)) + text("Incarnation") + number(1) + text("Meta") + text("")
            + text("Name") + text(name or f"m{i}") + text("Port") + number(1) + text("State") + number(0)
            + text("Vsn") + text(b"\1\5\2\0\0\0"))


def push_pull(nodes=(), state=b"", join=True):
    return (b"\x06\x83" + text("Join") + (b"\xc3" if join else b"\xc2") + text("Nodes") + number(len(nodes)) + text("UserStateLen")
            + number(len(state)) + b"".join(nodes) + state)


def part(key, data):
    return field(1, field(1, key) + field(2, data))


def records(key, some):
    return push_pull(state=part(key, b"".join(varint(len(r)) + r for r in some)))


class Victim:
    def __init__(self, binary, directory):
        self.port, web = free_port(), free_port()
        self.url = f"http://127.0.0.1:{web}"
        (directory / "config.yml").write_text("route: {receiver: nobody}\nreceivers: [{name: nobody}]\n")
        self.log = (directory / "log").open("w")
        self.process = subprocess.Popen(
            [binary, f"--config.file={directory}/config.yml", f"--storage.path={directory}/data", f"--web.listen-address=127.0.0.1:{web}",
             f"--cluster.listen-address=127.0.0.1:{self.port}", f"--cluster.advertise-address=127.0.0.1:{self.port}"], stderr=self.log)
        self.until(self.is_there)

    def until(self, what):
        end = time.monotonic() + PATIENCE
        while not what():
            if time.monotonic() > end or self.process.poll() is not None:
                raise AssertionError("it has ended" if self.process.poll() is not None else "it is not done")
            time.sleep(0.1)

    def is_there(self):
        try:
            return urllib.request.urlopen(self.url + "/-/healthy").status == 200
        except OSError:
            return False

    def metrics(self):
        return urllib.request.urlopen(self.url + "/metrics", timeout=PATIENCE).read().decode()

    def metric(self, name):
        return float(re.search(rf"(?m)^{re.escape(name)} (\S+)$", self.metrics())[1])

    def turns(self):
        """How many took longer than what, cumulative."""
        below = {m[0]: int(m[1]) for m in re.findall(r'tocsin_loop_stall_cpu_seconds_bucket\{le="([^"]+)"\} (\d+)', self.metrics())}
        return {"0": below["+Inf"], **{bound: below["+Inf"] - n for bound, n in below.items()}}

    def seconds(self):
        words = pathlib.Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(") ", 1)[1].split()
        return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")

    def peak(self):
        return int(re.search(r"VmHWM:\s+(\d+)", pathlib.Path(f"/proc/{self.process.pid}/status").read_text())[1]) >> 10

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), PATIENCE)

    def send(self, message):
        """The bytes of the answer, or why there is none."""
        with self.connect() as c:
            try:
                c.sendall(message)
                return sum(len(some) for some in iter(lambda: c.recv(1 << 20), b""))
            except OSError as e:
                return type(e).__name__

    def rest(self):
        """Until it has no more to do."""
        def is_idle():
            before = self.seconds()
            time.sleep(0.5)
            return self.seconds() - before < 0.05
        end = time.monotonic() + 20
        while time.monotonic() < end and not is_idle():
            pass


def connections(v):
    some = [v.connect() for _ in range(1000)]
    time.sleep(0.5)
    for c in some:
        c.close()


def drops(v):
    """Members that say one byte at a time, until they are given up."""
    some, message = [v.connect() for _ in range(200)], push_pull([node(i) for i in range(500)])
    try:
        for i in range(len(message)):
            for c in some:
                c.send(message[i:i + 1])
            time.sleep(0.05)
    except OSError:
        return f"given up after {i} bytes"
    finally:
        for c in some:
            c.close()
    return "taken"


def silences_of(v, n):
    out = v.send(records("sil", silences(n)))
    v.until(lambda: v.metric('alertmanager_silences{state="active"}') >= n)
    return out


def asked(v, n, read):
    """Its state is asked for by n at once."""
    some = []
    for _ in range(n):
        some.append(v.connect())
        if not read:
            some[-1].setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        some[-1].sendall(push_pull(join=False))
    if not read:
        time.sleep(12)
    got = 0
    for c in some:
        with c:
            try:
                got += sum(len(b) for b in iter(lambda: c.recv(1 << 20), b"")) if read else 0
            except OSError:
                pass
    return f"{got} bytes, peak {v.peak()} MiB"


STEPS = [
    ("1,000 connections", connections),
    ("a name of 1 MiB", lambda v: v.send(push_pull([node(1, "x" * (1 << 20))]))),
    ("10,000 members", lambda v: v.send(push_pull([node(i) for i in range(10000)]))),
    ("200 who speak slowly", drops),
    ("100,000 silences", lambda v: silences_of(v, MANY)),
    ("100,000 log entries", lambda v: v.send(records("nfl", log_entries(MANY)))),
    ("the same silences", lambda v: silences_of(v, MANY)),
    ("own state, asked by one", lambda v: asked(v, 1, True)),
    ("own state, asked by 20", lambda v: asked(v, 20, True)),
    ("own state, asked by 200 who do not read it", lambda v: asked(v, 200, False)),
    ("62 MiB of garbage", lambda v: v.send(push_pull(state=part("sil", b"".join(varint(100) + os.urandom(100) for _ in range(600000)))))),
    ("62 MiB of empty records", lambda v: v.send(push_pull(state=part("sil", bytes(MOST))))),
    ("a record of 61 MiB", lambda v: v.send(push_pull(state=part("sil", varint(61 << 20) + b"x" * (61 << 20))))),
    ("31 million unknown fields", lambda v: v.send(push_pull(state=b"\x18\x01" * (31 << 20)))),
    ("31 million unknown fields in a part", lambda v: v.send(push_pull(state=field(1, b"\x18\x01" * (31 << 20))))),
    ("a change of 31 million unknown fields", lambda v: v.send(b"\x08\x81" + text("UserMsgLen") + number(MOST) + b"\x18\x01" * (31 << 20))),
    ("60 MiB of codes that clear the table", lambda v: v.send(b"\x09\x82" + text("Algo") + b"\0" + text("Buf")
                                                              + text(bytes([0, 1, 2, 4, 8, 16, 32, 64, 128]) * 7000000))),
    ("500 members", lambda v: v.send(push_pull([node(i) for i in range(500)]))),
    ("own state, when 255 members are dead", lambda v: asked(v, 1, True)),
]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True, type=pathlib.Path)
    parser.add_argument("--only", default="", help="steps whose name has this")
    args = parser.parse_args()
    directory = pathlib.Path(tempfile.mkdtemp(prefix="tocsin-hostile-"))
    v, too_long = Victim(args.binary.resolve(), directory), 0
    try:
        for name, step in STEPS:
            if args.only not in name:
                continue
            began, turns, seconds = time.monotonic(), v.turns(), v.seconds()
            out = step(v)
            took = time.monotonic() - began
            v.rest()
            new = {bound: n - turns[bound] for bound, n in v.turns().items()}
            too_long += new[LIMIT]
            longest = re.search(r'longest_cpu_seconds\{by="(.*?)"\} (\S+)', v.metrics())
            print(f"{name}: {out}, {took:.1f} s, {v.seconds() - seconds:.1f} s of CPU, {new['0']} turns, "
                  f"{new['0.005']} over 5 ms, {new[LIMIT]} over 10 ms, {new['0.025']} over 25 ms; longest so far {1000 * float(longest[2]):.1f} ms ({longest[1]})", flush=True)
        print(*re.findall(r"(?m)^tocsin_(?:loop_stall_longest|cluster_\w+_total)\S* .*", v.metrics()), f"peak {v.peak()} MiB", sep="\n")
    finally:
        v.process.terminate()
        v.process.wait()
    print(f"turns over 10 ms: {too_long}; what it wrote: {directory}/log")
    return too_long > 0


if __name__ == "__main__":
    sys.exit(main())
