# SPDX-License-Identifier: Apache-2.0
"""Three hosts on one machine: network namespaces, and a switch between them that loses what it is told to.

The cluster's net is 10.77.0.0/24: a TUN device in each namespace, and a thread that hands packets on. So every loss,
partition and one-way street is possible without modules of the kernel. Beside it each namespace has a link to the namespace
of the test (10.78.N.1 there, 10.78.N.2 here), which never fails: for posting, and for receivers at 10.78.100.1.
"""
import contextlib
import ctypes
import fcntl
import os
import random
import select
import struct
import subprocess
import threading

TUNSETIFF, IFF_TUN_NO_PI = 0x400454CA, 0x1001
CLONE_NEWNET = 0x40000000
LIBC = ctypes.CDLL(None, use_errno=True)
RECEIVERS = "10.78.100.1"


def ip(*words):
    subprocess.run(["ip", *words], check=True, capture_output=True)


def possible():
    """Is this machine one where namespaces and TUN devices can be made?"""
    if os.geteuid() != 0 or not os.path.exists("/dev/net/tun"):
        return False
    return subprocess.run(["unshare", "--net", "ip", "tuntap", "add", "dev", "t0", "mode", "tun"], capture_output=True).returncode == 0


def alone():
    """This process, and all that it starts, in a net of its own."""
    if LIBC.unshare(CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    ip("link", "set", "lo", "up")
    ip("addr", "add", f"{RECEIVERS}/32", "dev", "lo")


def set_namespace(path):
    with open(path, "rb") as f:
        if LIBC.setns(f.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")


def tun_in(name):
    """The descriptor of a TUN device in a namespace, made by a thread that goes there."""
    made = []

    def make():
        set_namespace(f"/run/netns/{name}")
        fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
        fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH14x", b"cluster", IFF_TUN_NO_PI))
        made.append(fd)

    thread = threading.Thread(target=make)
    thread.start()
    thread.join()
    return made[0]


class Net:
    """Hosts 1 to n. `cut` has pairs (from, to) whose packets are lost; `loss` is the part that is lost of all others."""

    def __init__(self, n):
        self.names = {i: f"tocsin{os.getpid()}-{i}" for i in range(1, n + 1)}
        self.cut, self.loss, self.random = set(), 0.0, random.Random(1)
        self.fds, self.ended = {}, os.pipe()
        for i, name in self.names.items():
            ip("netns", "add", name)
            ip("-n", name, "link", "set", "lo", "up")
            self.fds[i] = tun_in(name)
            ip("-n", name, "addr", "add", f"10.77.0.{i}/24", "dev", "cluster")
            ip("-n", name, "link", "set", "cluster", "up")
            ip("link", "add", f"host{i}", "type", "veth", "peer", "name", "outside", "netns", name)
            ip("addr", "add", f"10.78.{i}.1/24", "dev", f"host{i}")
            ip("link", "set", f"host{i}", "up")
            ip("-n", name, "addr", "add", f"10.78.{i}.2/24", "dev", "outside")
            ip("-n", name, "link", "set", "outside", "up")
            ip("-n", name, "route", "add", "default", "via", f"10.78.{i}.1")
        self.thread = threading.Thread(target=self.hand_on, daemon=True)
        self.thread.start()

    def hand_on(self):
        by_fd = {fd: i for i, fd in self.fds.items()}
        while True:
            ready, _, _ = select.select([*by_fd, self.ended[0]], [], [])
            if self.ended[0] in ready:
                return
            for fd in ready:
                with contextlib.suppress(BlockingIOError, OSError):
                    packet = os.read(fd, 65536)
                    to = packet[19] if len(packet) >= 20 and packet[0] >> 4 == 4 else 0
                    if to in self.fds and (by_fd[fd], to) not in self.cut and self.random.random() >= self.loss:
                        os.write(self.fds[to], packet)

    def cut_off(self, one, others):
        self.cut = {(one, o) for o in others} | {(o, one) for o in others}

    def heal(self):
        self.cut, self.loss = set(), 0.0

    def command(self, i, *words):
        return ["ip", "netns", "exec", self.names[i], *words]

    def close(self):
        os.write(self.ended[1], b"x")
        self.thread.join()
        for fd in (*self.fds.values(), *self.ended):
            os.close(fd)
        for name in self.names.values():
            subprocess.run(["ip", "netns", "del", name], capture_output=True)
