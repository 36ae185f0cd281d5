# SPDX-License-Identifier: Apache-2.0
"""Acknowledgements and the silences that Alertmanager does not have, through the real server and the commands."""
import base64
import json
import os
import subprocess

import pytest

from lib.server import BINARY, SANITIZER

CONFIG = """
route:
  receiver: hook
  group_by: [alertname]
  group_wait: 100ms
  group_interval: 1s
  repeat_interval: 1h
  routes: [{{receiver: page, matchers: [team="db"]}}]
receivers:
- name: hook
  webhook_configs: [{{url: "{url}/hook"}}]
- name: page
  webhook_configs: [{{url: "{url}/page"}}]
"""
# bcrypt of "secret"
ANN = "$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW"


def run(program, server, *arguments, status=0):
    done = subprocess.run([program, *arguments], capture_output=True, text=True, timeout=300,
                          env=dict(os.environ, TZ="UTC", ALERTMANAGER_URL=server.url))
    assert not SANITIZER.search(done.stderr), done.stderr
    assert done.returncode == status, done
    return done.stdout if status == 0 else done.stderr


@pytest.fixture
def server(serve, sink):
    return serve(CONFIG.format(url=sink.url))


def acks(server, **query):
    return server.get("/api/ext/v1/silences", kind="ack", **query)["items"]


def silences(server):
    return {s["id"]: s for s in server.get("/api/ext/v1/silences", state=["active", "pending", "expired"])["items"]}


def test_an_ack_is_a_silence_for_amtool_and_ends_with_its_alert(server, sink):
    server.alert(alertname="Disk", instance="db1")
    server.alert(alertname="Lag")
    sink.wait(2)
    group = server.get("/api/ext/v1/groups", filter="alertname=Disk")["items"][0]["id"]
    ack = run(BINARY, server, "ack", "add", "--group", group, "-a", "jo", "-c", "disk ordered", "--notify-resolved").strip()
    listed = run("amtool", server, f"--alertmanager.url={server.url}", "silence", "query")
    assert ack in listed and "ACK! disk ordered" in listed and "jo" in listed
    states = {a["labels"]["alertname"]: a["state"] for a in server.get("/api/ext/v1/alerts")["items"]}
    assert states == {"Disk": "acked", "Lag": "active"}
    row = run(BINARY, server, "ack", "query").splitlines()[1]
    assert row.startswith(ack) and "jo" in row and 'alertname="Disk"' in row
    server.resolve(alertname="Disk", instance="db1")
    # That it has ended is told, though it was acknowledged.
    told = sink.wait(1, lambda r: r["json"]["status"] == "resolved")
    assert told[-1]["json"]["groupLabels"] == {"alertname": "Disk"}
    server.wait_metric('alertmanager_silences{state="expired"}', 1)
    assert acks(server) == []
    assert [a["id"] for a in acks(server, state="expired")] == [ack]


def test_another_has_it(server):
    server.alert(alertname="Disk")
    first = run(BINARY, server, "ack", "add", "Disk", "-a", "max").strip()
    status, _, body = server.request("POST", "/api/ext/v1/ack", json.dumps({"matchers": ["alertname=Disk"], "owner": "jo"}),
                                     {"Content-Type": "application/json"})
    assert (status, json.loads(body)["error"]["owner"]) == (409, "max")
    assert "acknowledged by max; --take-over" in run(BINARY, server, "ack", "add", "Disk", "-a", "jo", status=1)
    second = run(BINARY, server, "ack", "add", "Disk", "-a", "jo", "--take-over").strip()
    assert [(a["id"], a["createdBy"]) for a in acks(server)] == [(second, "jo")]
    assert f"no acknowledgement {server.silence(alertname='x')}" in run(
        BINARY, server, "ack", "expire", second, *[i for i, s in silences(server).items() if s["kind"] == "silence"], status=1)
    assert acks(server) == [] and first != second
    run(BINARY, server, "ack", "add", "Disk", "-a", "eve\x1b[31m")
    refused = run(BINARY, server, "ack", "add", "Disk", "-a", "jo", status=1)
    assert "acknowledged by eve" in refused and "\x1b" not in refused


def test_what_was_answered_survives_kill(server):
    server.alert(alertname="Disk")
    ack = server.post("/api/ext/v1/ack", {"matchers": ["alertname=Disk"], "owner": "jo", "notify_resolved": True})["id"]
    ends = run(BINARY, server, "silence", "add", "Disk", "-d", "2d", "--ends-with-alert", "-c", "c").strip()
    again = run(BINARY, server, "silence", "add", "Backup", "--from", "22:00", "--to", "06:00", "--weekdays", "fri,sat",
                "--location", "Europe/Istanbul", "--until", "+1000d", "-c", "c").strip()
    longer = server.silence(alertname="Long")
    run(BINARY, server, "silence", "extend", "2h", longer)
    before = silences(server)
    server.kill()
    server.start()
    after = silences(server)
    for s in list(before.values()) + list(after.values()):
        # Alerts come again when their sender says so; when one was last held back is known since the start.
        del s["alerts"], s["last_matched"]
    assert before == after
    assert after[ack]["kind"] == "ack" and after[ack]["notify_resolved"]
    assert after[ends]["ends_with"] == "alert"
    assert after[again]["kind"] == "recurring"
    assert after[again]["schedule"]["windows"] == [{"weekdays": ["fri", "sat"], "from": "22:00", "to": "06:00"}]
    run(BINARY, server, "ack", "expire", ack)
    server.kill()
    server.start()
    assert silences(server)[ack]["status"]["state"] == "expired"


def test_one_without_an_end(server):
    """Nothing counts how long it is until then, neither at once nor after a restart."""
    far = {"createdBy": "t", "comment": "c", "endsAt": "9999-12-31T23:59:59Z"}
    plain = server.post("/api/ext/v1/silences", {**far, "matchers": ["a=b"]})["silenceID"]
    server.stop()
    server.start()
    ends = server.post("/api/ext/v1/silences", {**far, "matchers": ["a=c"], "ends_with": "alert"})["silenceID"]
    server.stop()
    server.start()
    assert {plain, ends} == silences(server).keys()


def test_preview_and_errors_of_the_commands(server, tmp_path):
    for n in range(12):
        server.alert(alertname="Disk", n=str(n), severity="critical" if n == 3 else "info", team="web")
    shown = run(BINARY, server, "silence", "preview", "Disk", "n=~[0-4]", "--limit", "2").splitlines()
    assert shown[:2] == ["covers 5 of 12 alerts, in 1 groups: 1 critical, 4 info", "receivers: hook"]
    assert len(shown) == 6 and shown[4].split()[:2] == ["Disk", "critical"]
    shown = run(BINARY, server, "silence", "preview", "team=db")
    assert 'warning: it covers whatever receiver "page" would be told' in shown
    assert "warning: it covers no alert that there is now" in shown
    assert server.get("/api/v2/silences") == []
    assert "unknown time zone" in run(BINARY, server, "silence", "add", "a=b", "-c", "c", "--from", "22:00", "--to", "23:00",
                                      "--location", "Mars/Base", status=1)
    assert "needs --from and --to" in run(BINARY, server, "silence", "add", "a=b", "-c", "c", "--weekdays", "mon", status=1)
    assert "one of these" in run(BINARY, server, "ack", "add", status=1)
    assert "no time to add" in run(BINARY, server, "silence", "extend", "soon", "x", status=1)
    assert "there is no silence of this id" in run(BINARY, server, "silence", "extend", "1h", "x", status=1)
    # Called amtool, the program is amtool, for whom these are names of alerts.
    amtool = tmp_path / "amtool"
    amtool.symlink_to(BINARY)
    assert run(amtool, server, "silence", "preview").splitlines()[0].startswith("ID ")
    assert 'expected command but got "ack"' in run(amtool, server, "ack", status=1)


def test_the_owner_is_who_signed_in(serve, sink, tmp_path):
    web = tmp_path / "web.yml"
    web.write_text(f"basic_auth_users:\n  ann: {ANN}\n")
    server = serve(CONFIG.format(url=sink.url), f"--web.config.file={web}")
    sign = {"Authorization": "Basic " + base64.b64encode(b"ann:secret").decode(), "Content-Type": "application/json"}
    body = json.dumps({"matchers": ["alertname=Disk"], "owner": "jo", "comment": "mine"})
    assert server.request("POST", "/api/ext/v1/ack", body, {"Content-Type": "application/json"})[0] == 401
    status, _, answer = server.request("POST", "/api/ext/v1/ack", body, sign)
    assert (status, json.loads(answer)["owner"]) == (200, "ann")
