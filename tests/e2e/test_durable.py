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
