# SPDX-License-Identifier: Apache-2.0
"""kill -9 in the middle of what a new version makes of an old database: the next start has all, and finishes it."""
import contextlib
import shutil
import signal
import sqlite3

import pytest

from lib.server import BINARY, Server

CONFIG = "route: {receiver: nobody}\nreceivers: [{name: nobody}]\n"
SILENCES = 60
# Writes: of the log's header (1) and of the frames of the transaction. Waiting for the disk: after that header (1 and
# 2) and after the transaction.
POINTS = [("pwrite64", n) for n in (1, 2, 3, 8, 13)] + [("fdatasync", n) for n in (2, 3)]


@contextlib.contextmanager
def database(data):
    connection = sqlite3.connect(data / "tocsin.db")
    with contextlib.closing(connection):
        connection.execute("PRAGMA locking_mode = EXCLUSIVE")
        yield connection
        connection.commit()


@pytest.fixture(scope="module")
def old(tmp_path_factory):
    """A data directory as schema 2 had it: rows have no sums, and none says the version."""
    server = Server(tmp_path_factory.mktemp("old"), CONFIG).start()
    ids = {server.silence(comment="x" * 200, alertname=f"A{n}") for n in range(SILENCES)}
    server.stop()
    with database(server.dir / "data") as d:
        d.execute("DELETE FROM meta WHERE key = CAST('schema' AS BLOB)")
        d.execute("DROP TABLE log_rows")
        for (table,) in d.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            d.execute(f"ALTER TABLE {table} DROP COLUMN sum")
        d.execute("PRAGMA user_version = 2")
    return server.dir / "data", ids


def killed_at(directory, call, n):
    """The status of a start that is killed as it calls this for the nth time."""
    wrapper = directory / "killed.sh"
    wrapper.write_text(f"#!/bin/sh\nexec strace -D -f -qq -o /dev/null -e trace={call} "
                       f"-e inject={call}:signal=KILL:when={n} {BINARY} \"$@\"\n")
    wrapper.chmod(0o755)
    server = Server(directory, CONFIG, binary=wrapper).start(wait=False)
    try:
        return server.process.wait(timeout=300)
    finally:
        server.process.kill()


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
@pytest.mark.parametrize("call,n", POINTS)
def test_killed_in_the_change_from_schema_2(tmp_path, serve, old, call, n):
    data, ids = old
    directory = tmp_path / "server0"
    shutil.copytree(data, directory / "data")
    assert killed_at(directory, call, n) == -signal.SIGKILL
    server = serve(CONFIG)
    assert {s["id"] for s in server.get("/api/v2/silences")} == ids
    assert server.metric("tocsin_store_doubt") == 0
    assert not list(directory.glob("data/*damaged*"))
    server.stop()
    with database(directory / "data") as d:
        assert d.execute("PRAGMA user_version").fetchone() == (6,)
        assert d.execute("SELECT count(*), count(sum) FROM silences").fetchone() == (SILENCES, SILENCES)
