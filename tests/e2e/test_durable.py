# SPDX-License-Identifier: Apache-2.0
"""What an answer promised survives the end of the process."""
CONFIG = """
route: {{receiver: hook, group_by: [alertname], group_wait: 200ms, group_interval: 1s, repeat_interval: 1h}}
receivers: [{{name: hook, webhook_configs: [{{url: "{url}/hook"}}]}}]
"""


def test_silences_survive_kill(serve, sink):
    server = serve(CONFIG.format(url=sink.url))
    ids = [server.silence(alertname=f"A{n}") for n in range(20)]
    server.request("DELETE", f"/api/v2/silence/{ids[0]}")
    server.kill()
    server.start()
    states = {s["id"]: s["status"]["state"] for s in server.get("/api/v2/silences")}
    assert states.pop(ids[0]) == "expired"
    assert states == {i: "active" for i in ids[1:]}


def test_a_notification_is_not_repeated_after_a_restart(serve, sink):
    server = serve(CONFIG.format(url=sink.url))
    server.alert(alertname="Once")
    sink.wait(1)
    server.stop()
    server.start()
    server.alert(alertname="Once")
    server.alert(alertname="Twice")
    sink.wait(1, lambda r: r["json"]["groupLabels"]["alertname"] == "Twice")
    assert [r["json"]["groupLabels"]["alertname"] for r in sink.items] == ["Once", "Twice"]


def test_a_damaged_database_is_set_aside(serve, sink):
    server = serve(CONFIG.format(url=sink.url))
    server.silence(alertname="A")
    server.stop()
    database = server.dir / "data/tocsin.db"
    data = bytearray(database.read_bytes())
    data[:100] = b"x" * 100
    database.write_bytes(data)
    server.start()
    # Only the first page was hit, which is the same in all databases: nothing was lost.
    assert len(server.get("/api/v2/silences")) == 1
    server.silence(alertname="B")
    assert list(server.dir.glob("data/tocsin.db.damaged-*"))


def flip(path, at):
    data = bytearray(path.read_bytes())
    data[at] ^= 0x10
    path.write_bytes(data)


def test_a_flipped_bit_in_the_log_is_told_and_nothing_is_lost(serve, sink):
    server = serve(CONFIG.format(url=sink.url))
    ids = {server.silence(alertname=f"A{n}") for n in range(10)}
    server.kill()
    log = server.dir / "data/tocsin.db-wal"
    # Behind what was confirmed there is room, in which nothing stands.
    frames = int.from_bytes((server.dir / "data/tocsin.db-confirmed").read_bytes()[16:24], "little")
    flip(log, 32 + frames * (24 + 8192) // 2)
    server.start()
    assert {s["id"] for s in server.get("/api/v2/silences")} == ids
    status, _, body = server.request("GET", "/-/ready")
    assert status == 200 and b"write-ahead log were damaged" in body, body
    assert server.metric("tocsin_store_doubt") == 1 and server.metric("tocsin_store_damage_total") == 1
    assert list(server.dir.glob("data/tocsin.db.damaged-*-wal"))
    # It is told once.
    server.stop()
    server.start()
    assert {s["id"] for s in server.get("/api/v2/silences")} == ids
    assert server.request("GET", "/-/ready")[2] == b"OK"
    assert server.metric("tocsin_store_doubt") == 0


def test_a_flipped_bit_in_the_database_is_told_and_the_rest_kept(serve, sink):
    server = serve(CONFIG.format(url=sink.url))
    ids = {server.silence(comment=f"comment-{n}", alertname=f"A{n}"): n for n in range(10)}
    server.stop()
    database = server.dir / "data/tocsin.db"
    flip(database, database.read_bytes().index(b"comment-7") + 3)
    server.start()
    assert {ids[s["id"]] for s in server.get("/api/v2/silences")} == set(range(10)) - {7}
    status, _, body = server.request("GET", "/-/ready")
    assert status == 200 and b"a row of table silences is not what was written" in body, body
    assert server.metric("tocsin_store_damage_total") == 1
    assert list(server.dir.glob("data/tocsin.db.damaged-*"))
