# SPDX-License-Identifier: Apache-2.0
"""Ports for servers that have to be told one: below those that the kernel gives to clients and to whoever asks for any,
so that nobody takes them between the choice and the start."""
import os
import random
import socket

FIRST, EACH, WORKERS = 20_000, 1_000, 12


def is_free(port):
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            s.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def shuffled():
    """All there are, once; processes of pytest-xdist have ranges of their own."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) % WORKERS
    while True:
        yield from random.sample(range(FIRST + worker * EACH, FIRST + (worker + 1) * EACH), EACH)


candidates = shuffled()


def free_port():
    return next(port for port in candidates if is_free(port))


def free_ports(count):
    return [free_port() for _ in range(count)]
