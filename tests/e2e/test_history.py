# SPDX-License-Identifier: Apache-2.0
"""What happened can be asked for: by conditions, page by page and as a file; over crashes, damage and a full queue."""
import base64
import csv
import io
import json
import os
import sqlite3
import subprocess
import time
import urllib.parse

from lib.server import BINARY, rfc3339

CONFIG = """
route:
  receiver: hook
  group_by: [alertname]
  group_wait: 50ms
  group_interval: 200ms
  repeat_interval: 10h
receivers:
  - name: hook
    webhook_configs: [{{url: "{url}/hook"}}]
inhibit_rules:
  - name: down
    source_matchers: [alertname=Down]
    target_matchers: [alertname=Slow]
    equal: [host]
"""
PATH = "/api/ext/v1/history"


def wait_items(server, count=1, timeout=300, headers=None, **query):
    """The newest items of the query, when there are so many."""
    end = time.monotonic() + timeout
    while True:
        status, _, body = server.request("GET", PATH + "?" + urllib.parse.urlencode(query), headers=headers)
        items = json.loads(body)["items"] if status == 200 else []
        if len(items) >= count:
            return items
        assert time.monotonic() < end, (status, body)
        time.sleep(0.05)


def error_of(server, query):
    status, _, body = server.request("GET", PATH + "?" + query)
    return status, json.loads(body)["error"]


def test_alerts_notifications_and_silences(serve, sink):
    server = serve(CONFIG.format(url=sink.url))
    server.alert({"alertname": "Slow", "host": "a", "team": "db"})
    sink.wait(1)
    told = wait_items(server, kind="notification")[0]
    fp = server.get("/api/v2/alerts")[0]["fingerprint"]
    assert told["receiver"] == "hook" and told["integration"] == "webhook[0]"
    assert (told["reason"], told["outcome"], told["error"]) == ("first", "sent", None)
    assert (told["firing"], told["resolved"], told["attempts"]) == (1, 0, 1)
    assert told["fingerprints"] == [fp] and told["group_key"] == '{}:{alertname="Slow"}'
    fired = wait_items(server, kind="firing")[0]
    assert fired["labels"] == {"alertname": "Slow", "host": "a", "team": "db"} and fired["fingerprint"] == fp

    silence = server.silence(alertname="Slow", comment="new disk")
    made = wait_items(server, kind="silence_created")[0]
    assert made["silence_id"] == silence and made["by"] == "tester" and made["comment"] == "new disk"
    assert made["matchers"] == '{alertname="Slow"}'
    assert wait_items(server, kind="silenced")[0]["silences"] == [silence]
    server.request("DELETE", f"/api/v2/silence/{silence}")
    assert wait_items(server, kind="silence_expired")[0]["silence_id"] == silence
    assert wait_items(server, kind="unsilenced")[0]["fingerprint"] == fp

    server.alert({"alertname": "Down", "host": "a"})
    held = wait_items(server, kind="inhibited")[0]
    assert held["fingerprint"] == fp and held["source"]["labels"]["alertname"] == "Down" and held["rule"] == "down"
    server.resolve(alertname="Down", host="a")
    wait_items(server, kind="uninhibited")
    server.resolve(alertname="Slow", host="a", team="db")
    kinds = [i["kind"] for i in reversed(wait_items(server, 6, fingerprint=fp, kind="firing,resolved,silenced,unsilenced,"
                                                    "inhibited,uninhibited"))]
    assert kinds[0] == "firing" and kinds[-1] == "resolved" and kinds.count("firing") == 1

    # Of conditions, all have to hold; of one that is given twice, any.
    assert wait_items(server, filter='host="a"', kind="notification", receiver="ho.k", outcome="sent")
    assert not server.get(PATH, filter='host=~"b|c"')["items"]
    assert not server.get(PATH, filter='host!="a"', kind="firing")["items"]
    assert server.get(PATH, filter='nothing=""', kind="firing")["items"]
    assert server.get(PATH, group=told["group"])["items"] and not server.get(PATH, group="1")["items"]
    assert server.get(PATH, integration="webhook")["items"] and not server.get(PATH, integration="slack")["items"]
    assert server.get(PATH, actor="tester")["items"] and not server.get(PATH, actor="jo")["items"]
    assert not server.get(PATH, to=rfc3339(-3600))["items"] and server.get(PATH, **{"from": rfc3339(-3600)})["items"]


def test_stats(serve, sink):
    server = serve(CONFIG.format(url=sink.url))
    server.alert(alertname="A")
    unused = server.silence(alertname="Nobody")
    # One that has not begun is none that is of no use.
    server.post("/api/ext/v1/silences", {"matchers": ["alertname=Later"], "createdBy": "t", "comment": "c",
                                         "startsAt": rfc3339(3600), "duration": 60})
    wait_items(server, kind="notification")
    stats = server.get("/api/ext/v1/stats", range="1h")
    assert stats["step"] == 3600 and stats["complete"] is True
    assert [(n["receiver"], n["sent"], n["failed"]) for n in stats["notifications"]] == [("hook", 1, 0)]
    assert [(n["labels"], n["fired"]) for n in stats["noisiest"]] == [({"alertname": "A"}, 1)]
    assert stats["flapping"] == [] and stats["mean_seconds_to_ack"] is None
    assert [s["silence_id"] for s in stats["silences_unmatched"]] == [unused]
    assert stats["inhibit_rules_idle"] == [{"index": 0, "name": "down"}]
    status = server.get("/api/ext/v1/status")["history"]
    assert status["healthy"] and status["events"] >= 4 and status["bytes"] > 0 and status["lag_seconds"] == 0
    for bad in ("range=0s", "range=1000d", "range=x", "rnage=1h"):
        assert server.request("GET", "/api/ext/v1/stats?" + bad)[0] == 400


def test_commands(serve, sink):
    server = serve(CONFIG.format(url=sink.url))
    server.alert({"alertname": "A", "host": "x"}, {"alertname": "B", "host": "y"})
    wait_items(server, 2, kind="notification")

    def tocsin(*args):
        return subprocess.run([BINARY, *args, f"--alertmanager.url={server.url}"], check=True, capture_output=True,
                              text=True).stdout

    lines = tocsin("history", "host=x", "--kind", "firing").splitlines()
    assert lines[0].split() == ["At", "Kind", "About", "Result"] and len(lines) == 2
    assert 'firing  alertname="A" host="x"' in lines[1]
    assert 'hook/webhook[0] {}:{alertname="B"}' in tocsin("history", "--kind=notification", "--since", "1h")
    items = [json.loads(line) for line in tocsin("history", "-o", "json", "-n", "0").splitlines()]
    assert {i["kind"] for i in items} == {"started", "firing", "notification"}
    assert tocsin("history", "--format", "csv", "--outcome", "sent").count("\n") == 3
    text = tocsin("stats", "--range", "1h")
    assert "Noisiest alerts" in text and "down" in text


def test_failures_and_reloads(serve, sink):
    sink.replies["/hook"] = 400
    server = serve(CONFIG.format(url=sink.url))
    assert wait_items(server, kind="started")[0]["version"]
    server.alert(alertname="A")
    failed = wait_items(server, outcome="failed")[0]
    assert "400" in failed["error"] and failed["failure"] == "clientError" and failed["attempts"] == 1
    assert server.reload("no: configuration")[0] == 500
    refused = wait_items(server, kind="reload_refused")[0]
    assert "receiver" in refused["error"] or "no" in refused["error"]
    assert server.reload(CONFIG.format(url=sink.url))[0] == 200
    assert wait_items(server, kind="reloaded")


def test_pages_files_and_mistakes(serve, sink):
    server = serve(CONFIG.format(url=sink.url))
    names = [f"=cmd{n}" for n in range(25)]
    server.alert(*({"alertname": "Many", "host": n, "quote": 'a"b,c'} for n in names))
    wait_items(server, 25, kind="firing")
    seen, cursor = [], None
    while True:
        page = server.get(PATH, kind="firing", limit=10, **({"cursor": cursor} if cursor else {}))
        seen += [i["labels"]["host"] for i in page["items"]]
        assert page["lag_seconds"] == 0 and page["oldest"]
        cursor = page["next"]
        if not cursor:
            break
        assert len(page["items"]) == 10 or not page["items"]
    assert sorted(seen) == sorted(names)

    status, headers, body = server.request("GET", PATH + "?format=csv&kind=firing", headers={"Accept-Encoding": "gzip"})
    assert status == 200 and headers["Content-Encoding"] == "gzip" and "history.csv" in headers["Content-Disposition"]
    status, headers, body = server.request("GET", PATH + "?format=csv")
    rows = list(csv.DictReader(io.StringIO(body.decode())))
    assert {json.loads(r["labels"])["host"] for r in rows if r["kind"] == "firing"} == set(names)
    lines = [json.loads(line) for line in server.request("GET", PATH + "?format=ndjson&limit=7")[2].splitlines()]
    assert len(lines) == 7
    assert len(server.get(PATH, format="json")["items"]) == len(rows)

    # A cursor that somebody made up, or changed.
    page = server.get(PATH, limit=1)
    other = ("0" if page["next"][0] != "0" else "1") + page["next"][1:]
    for bad in ("x", other, page["next"][:-1], "0" * 32, "%ff" * 32):
        status, error = error_of(server, f"cursor={bad}")
        assert (status, error["code"], error["field"]) == (400, "bad_cursor", "cursor"), bad
    for query, field in (("kind=fired", "kind"), ("outcome=good", "outcome"), ("group=xyz", "group"), ("limit=0", "limit"),
                         ("fingerprint=12345678901234567", "fingerprint"), ("from=now", "from"), ("format=xml", "format"),
                         ("receiver=(", "receiver"), ("filter=a", "filter"), ("kind=" + "firing," * 101, "kind")):
        status, error = error_of(server, query)
        assert status == 400 and error["field"] == field, query
    assert error_of(server, "recever=x")[0] == 400


def test_a_damaged_or_foreign_database_is_set_aside(serve, sink):
    server = serve(CONFIG.format(url=sink.url))
    server.alert(alertname="Old")
    wait_items(server, kind="firing")
    file = server.dir / "data/history.db"
    assert os.stat(file).st_mode & 0o777 == 0o600
    for bad in (b"rubbish" * 5000, None):
        server.stop()
        file.unlink()
        if bad is not None:
            file.write_bytes(bad)
        else:
            with sqlite3.connect(file) as other:
                other.execute("CREATE TABLE notes(text)")
        server.start()
        server.wait_log("was set aside")
        server.alert(alertname=f"New{bad is None}")
        assert wait_items(server, kind="started")
    assert len(list(file.parent.glob("history.db.damaged-*"))) >= 1
    assert server.metric("tocsin_history_databases_set_aside_total") == 1


def test_without_history(serve, sink):
    server = serve(CONFIG.format(url=sink.url), "--no-history.enabled")
    assert error_of(server, "")[0] == 501
    assert not (server.dir / "data/history.db").exists()
    assert server.metric("tocsin_history_events_total") is None


DETAIL = "/api/ext/v1/alerts/"


def test_detail_of_an_alert(serve, sink):
    server = serve(CONFIG.format(url=sink.url))
    server.alert({"alertname": "Slow", "host": "a", "severity": "p2"})
    wait_items(server, kind="notification")
    fp = server.get("/api/v2/alerts")[0]["fingerprint"]
    silence = server.silence(alertname="Slow", comment="new disk")
    wait_items(server, kind="silenced")
    detail = server.get(DETAIL + fp)
    assert detail["alert"] == server.get("/api/v2/alerts")[0]
    assert (detail["state"], detail["severity"], detail["resolved_at"]) == ("silenced", "warning", None)
    (held,) = detail["silences"]
    assert (held["id"], held["by"], held["comment"]) == (silence, "tester", "new disk") and held["ends"]
    (group,) = detail["groups"]
    assert group["receiver"] == "hook" and group["next_flush"]
    assert detail["notifications"] == wait_items(server, kind="notification", fingerprint=fp)[:5]
    assert [p["state"] for p in detail["timeline"]] == ["active", "silenced"]
    active, silenced = detail["timeline"]
    assert active["from"] < active["to"] == silenced["from"] and silenced["to"] is None
    assert detail["history_error"] is None

    server.request("DELETE", f"/api/v2/silence/{silence}")
    server.alert({"alertname": "Down", "host": "a"})
    wait_items(server, kind="inhibited")
    (source,) = server.get(DETAIL + fp)["inhibited_by"]
    assert (source["rule"], source["name"], source["labels"]) == (0, "down", {"alertname": "Down", "host": "a"})


def test_detail_of_an_alert_that_is_gone(serve, sink):
    server = serve(CONFIG.format(url=sink.url), "--alerts.gc-interval=50ms")
    server.alert({"alertname": "A", "host": "x", "severity": "crit"})
    wait_items(server, kind="notification")
    fp = server.get("/api/v2/alerts")[0]["fingerprint"]
    server.resolve(alertname="A", host="x", severity="crit")
    ended = wait_items(server, kind="resolved")[0]["at"]
    wait_items(server, 2, kind="notification")
    end = time.monotonic() + 300
    while (detail := server.get(DETAIL + fp))["alert"]["status"]["state"] != "unprocessed":
        assert time.monotonic() < end, detail
        time.sleep(0.05)
    assert (detail["state"], detail["severity"]) == ("resolved", "critical")
    assert detail["alert"]["labels"] == {"alertname": "A", "host": "x", "severity": "crit"}
    assert detail["alert"]["receivers"] == [{"name": "hook"}]
    assert len(detail["notifications"]) == 2 and detail["notifications"][0]["resolved"] == 1
    assert detail["groups"] == detail["silences"] == detail["inhibited_by"] == []
    assert [p["state"] for p in detail["timeline"]] == ["active"] and detail["timeline"][0]["to"] is not None
    server.stop()
    server.start()
    wait_items(server, 2, kind="started")
    # Nothing of it is stored any more; what is known comes from history alone.
    assert server.get(DETAIL + fp)["resolved_at"] == ended
    status, _, body = server.request("GET", DETAIL + "00000000000000ff")
    assert (status, json.loads(body)["error"]["code"]) == (404, "not_found")


def test_who_did_it(serve, sink):
    """By name where the router asks for one, else by address; what ends by itself is nobody's doing."""
    server = serve(CONFIG.format(url=sink.url))
    silence = server.silence(alertname="A")
    assert wait_items(server, kind="silence_created")[0]["by"] == "tester"
    server.request("DELETE", f"/api/v2/silence/{silence}")
    assert wait_items(server, kind="silence_expired")[0]["by"] == "127.0.0.1"
    # What goes on in later turns is still theirs.
    other = server.silence(alertname="B")
    answer = server.post("/api/ext/v1/silences/bulk", {"action": "expire", "ids": [other]})
    assert answer["results"][0]["ok"]
    assert [(i["silence_id"], i["by"]) for i in wait_items(server, 2, actor="127.0.0.1", kind="silence_expired")] == [
        (other, "127.0.0.1"), (silence, "127.0.0.1")]
    assert server.reload()[0] == 200
    assert wait_items(server, kind="reloaded")[0]["by"] == "127.0.0.1"

    short = server.silence(seconds=1, alertname="C")
    lasting = server.silence(seconds=2, alertname="D")
    ended = wait_items(server, 2, kind="silence_ended")
    assert [(i["silence_id"], i["by"]) for i in reversed(ended)] == [(short, None), (lasting, None)]
    assert all(i["at"] >= i["ends"] for i in ended)
    assert not [i for i in server.get(PATH, kind="silence_expired")["items"] if i["silence_id"] in (short, lasting)]


HOSTILE = ['</script><script>alert(1)</script>', '"; DROP TABLE blocks; --', "=cmd|' /C calc'!A0", "line\nfeed\ttab\rreturn",
           "\u202eright to left\u2066", "\U0001f525", "\\\\", "{{ .Labels }}", "a" * 8000, "x" * 7999 + "y", "\x7f\x01"]


def test_hostile_values_and_questions(serve, sink):
    """Values come back as they were; expressions and lists that are to cost much are refused or answered, and hold nobody."""
    server = serve(CONFIG.format(url=sink.url))
    server.alert(*({"alertname": "Evil", "v": v} for v in HOSTILE))
    wait_items(server, len(HOSTILE), kind="firing")
    for query in ({}, {"filter": "v!=nothing"}):
        assert {i["labels"]["v"] for i in server.get(PATH, kind="firing", **query)["items"]} == set(HOSTILE)
    lines = server.request("GET", PATH + "?format=ndjson&kind=firing")[2].decode().rstrip("\n").split("\n")
    assert {json.loads(line)["labels"]["v"] for line in lines} == set(HOSTILE)
    rows = list(csv.DictReader(io.StringIO(server.request("GET", PATH + "?format=csv&kind=firing")[2].decode(), newline="")))
    assert {json.loads(r["labels"])["v"] for r in rows} == set(HOSTILE)
    for value in HOSTILE:
        matcher = 'v="' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
        assert [i["labels"]["v"] for i in server.get(PATH, kind="firing", filter=matcher)["items"]] == [value], value
    bombs = ['v=~"(x+x+)+z"', 'v=~"((a{1,100}){1,100}){1,100}"', 'v=~"(((((a?){30}){30}){30}){30}){30}"', 'v=~"' + "(" * 5000 + ")" * 5000 + '"',
             'v=~"' + "|".join(f".*{i}" for i in range(2000)) + '"']
    for bomb in bombs:
        for query in ({"filter": bomb}, {"filter": [bomb] * 50}, {"receiver": bomb[4:-1]}):
            status, _, body = server.request("GET", PATH + "?" + urllib.parse.urlencode(query, doseq=True))
            assert status in (200, 400, 414, 431), (bomb[:40], status, body[:200])
    assert server.request("GET", PATH + "?" + "&".join(["filter=a%3Db"] * 3000))[0] in (200, 400, 414, 431)
    assert server.request("GET", "/-/healthy")[0] == 200 and len(server.get(PATH, kind="firing")["items"]) == len(HOSTILE)


def test_silences_that_end_while_nobody_is_there(serve, sink):
    server = serve(CONFIG.format(url=sink.url))
    wait_items(server, kind="started")
    short = server.silence(seconds=0.5, alertname="C")
    lasting = server.silence(seconds=60, alertname="D")
    wait_items(server, 2, kind="silence_created")
    server.kill()
    ends = time.time() + 0.6
    while time.time() < ends:
        time.sleep(0.05)
    server.start()
    wait_items(server, 2, kind="started")
    [ended] = wait_items(server, kind="silence_ended")
    assert (ended["silence_id"], ended["by"]) == (short, None) and ended["ends"] <= ended["at"]
    # Once, however often it is started.
    server.stop()
    server.start()
    server.request("DELETE", f"/api/v2/silence/{lasting}")
    wait_items(server, kind="silence_expired")
    assert len(server.get(PATH, kind="silence_ended")["items"]) == 1


def test_who_did_it_by_name(serve, sink, tmp_path):
    web = tmp_path / "web.yml"
    # bcrypt of "secret"
    web.write_text("basic_auth_users:\n  ann: $2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW\n")
    server = serve(CONFIG.format(url=sink.url), f"--web.config.file={web}")
    ann = {"Authorization": "Basic " + base64.b64encode(b"ann:secret").decode(), "Content-Type": "application/json"}

    def ask(method, path, value=None):
        status, _, body = server.request(method, path, json.dumps(value) if value else None, ann)
        assert status == 200, body
        return json.loads(body) if body else None

    def by(kind):
        return wait_items(server, kind=kind, actor="ann", headers=ann)[0]["by"]

    made = ask("POST", "/api/v2/silences", {"matchers": [{"name": "a", "value": "b", "isRegex": False}], "createdBy": "x",
                                            "comment": "", "startsAt": rfc3339(), "endsAt": rfc3339(3600)})
    assert by("silence_created") == "ann"
    ask("POST", "/api/ext/v1/silences/bulk", {"action": "extend", "ids": [made["silenceID"]], "seconds": 60})
    assert by("silence_updated") == "ann"
    ask("DELETE", "/api/v2/silence/" + made["silenceID"])
    assert by("silence_expired") == "ann"
    ask("POST", "/-/reload")
    assert by("reloaded") == "ann"
