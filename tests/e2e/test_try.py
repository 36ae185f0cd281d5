# SPDX-License-Identifier: Apache-2.0
"""Trying before it matters: tests of receivers, previews of templates."""
import concurrent.futures
import email
import email.policy
import http.client
import json
import subprocess
import threading

from lib.server import BINARY

JSON = {"Content-Type": "application/json"}
CONFIG = """
route:
  receiver: hook
  group_by: [alertname]
  group_wait: 50ms
  group_interval: 60s
  routes: [{{matchers: [to=many], receiver: many}}, {{matchers: [to=mail], receiver: mail}}, {{matchers: [to=hangs], receiver: hangs}}]
receivers:
  - {{name: hook, webhook_configs: [{{url: '{url}/hook'}}]}}
  - name: many
    webhook_configs: [{{url: '{url}/hook'}}, {{url: '{url}/refuses'}}]
    sms_configs:
      - {{provider: http, url: '{url}/sms', to: ['+905551112233', '+905559998877'], body: '{{{{ .To }}}}: {{{{ .Text }}}}'}}
  - {{name: hangs, webhook_configs: [{{url: '{url}/hangs', timeout: 200ms}}]}}
  - {{name: idle, webhook_configs: [{{url: '{url}/hook'}}]}}
  - name: mail
    email_configs: [{{to: 'ann@example.org', from: 't@example.org', smarthost: 'localhost:{smtp}', require_tls: false}}]
"""


def ask(server, path, value=None, headers=None, timeout=300):
    status, got, body = server.request("POST", "/api/ext/v1/" + path, json.dumps(value or {}), {**JSON, **(headers or {})}, timeout)
    return status, json.loads(body), got


def try_receiver(server, name, **value):
    status, answer, _ = ask(server, f"receivers/{name}/test", value)
    assert status == 200, answer
    return answer["results"]


def preview(server, **value):
    return ask(server, "templates/preview", value)[:2]


def config(sink, smtp=1):
    return CONFIG.format(url=sink.url, smtp=smtp)


def test_a_test_says_that_it_is_one_and_leaves_no_trace(serve, sink):
    server = serve(config(sink))
    sent = server.metric('alertmanager_notifications_total{integration="webhook"}')
    [result] = try_receiver(server, "hook", alert={"labels": {"alertname": "Disk"}, "annotations": {"summary": "full"}})
    assert result["integration"] == "webhook[0]" and result["ok"] and result["status"] == 200 and result["answer"] == "ok"
    assert result["error"] is None and result["ms"] >= 0
    told = sink.wait(1)[0]["json"]
    [alert] = told["alerts"]
    assert alert["labels"] == {"alertname": "Disk", "tocsin_test": "this is a test"}
    assert alert["annotations"]["summary"] == "This is a test of receiver hook, sent by somebody: full"
    server.wait_log('A receiver is tested.*receiver=hook')
    assert server.get("/api/v2/alerts") == [] and server.get("/api/v2/alerts/groups") == []
    assert server.metric('alertmanager_notifications_total{integration="webhook"}') == sent
    # The log knows nothing of it: a real alert like it is told for the first time.
    server.alert(alertname="Disk", tocsin_test="this is a test")
    assert sink.wait(2)[1]["json"]["notification_reason"] == "first notification"


def test_each_integration_and_recipient_answers_for_itself(serve, sink):
    sink.replies["/refuses"] = (403, {}, b"invalid_auth")
    sink.replies["/sms"] = lambda r: (400, {}, b"unknown number") if b"9998877" in r["body"] else (200, {}, b"queued")
    server = serve(config(sink))
    good, refused, sms = try_receiver(server, "many")
    assert good["ok"]
    assert (refused["integration"], refused["ok"], refused["status"], refused["answer"]) == ("webhook[1]", False, 403, "invalid_auth")
    assert "403" in refused["error"] and not refused["retry"]
    assert not sms["ok"]
    assert sorted((r["to"], r["ok"], r["status"], r["answer"]) for r in sms["recipients"]) == [
        ("+905551112233", True, 200, "queued"), ("+905559998877", False, 400, "unknown number")]
    [one] = try_receiver(server, "many", integration=1)
    assert one["integration"] == "webhook[1]"
    assert server.metric('alertmanager_notifications_failed_total{integration="webhook",reason="authError"}') in (0, None)


def test_a_mail_arrives(serve, sink, mail_sink):
    post = mail_sink()
    server = serve(config(sink, post.port))
    [result] = try_receiver(server, "mail")
    assert result["ok"] and [(r["to"], r["ok"]) for r in result["recipients"]] == [("ann@example.org", True)]
    message = email.message_from_bytes(post.wait(1)[0]["data"], policy=email.policy.default)
    assert "TocsinTest" in message["Subject"] and "this is a test" in message["Subject"]


def test_who_does_not_answer_is_told_of_in_time(serve, sink):
    over = threading.Event()
    sink.replies["/hangs"] = lambda r: over.wait(20) and 200
    server = serve(config(sink))
    [result] = try_receiver(server, "hangs")
    assert not result["ok"] and result["retry"] and result["status"] is None and "timeout" in result["answer"]
    over.set()


def test_one_at_a_time_and_ten_a_minute(serve, sink):
    over, second = threading.Event(), threading.Event()
    sink.replies["/hook"] = lambda r: over.wait(20) and 200
    server = serve(config(sink))
    with concurrent.futures.ThreadPoolExecutor() as pool:
        first = pool.submit(try_receiver, server, "hook")
        sink.wait(1)
        status, answer, headers = ask(server, "receivers/hook/test")
        assert status == 429 and "under way" in answer["error"]["message"] and int(headers["Retry-After"]) > 0
        over.set()
        assert first.result()[0]["ok"]
    for _ in range(9):
        try_receiver(server, "hook")
    status, answer, headers = ask(server, "receivers/hook/test")
    assert status == 429 and answer["error"]["code"] == "too_many_tests" and 50 < int(headers["Retry-After"]) <= 60
    assert len(sink.items) == 10
    assert try_receiver(server, "many", integration=1)


def test_what_cannot_be_tested(serve, sink):
    server = serve(config(sink))
    for path, body, status, code in [
        ("receivers/nobody/test", {}, 404, "not_found"),
        ("receivers/idle/test", {}, 409, "not_in_use"),
        ("receivers/hook/test", {"integration": 1}, 400, "bad_member"),
        ("receivers/hook/test", {"url": "http://elsewhere"}, 400, "unknown_member"),
        ("receivers/hook/test", {"alert": {"labels": {"": "x"}}}, 400, "bad_alert"),
        ("receivers/hook/test", {"alert": {"labels": {"a": 1}}}, 400, "bad_member"),
        ("receivers/hook/test", {"alert": {"status": "odd"}}, 400, "bad_member"),
    ]:
        got, answer, _ = ask(server, path, body)
        assert (got, answer["error"]["code"]) == (status, code), answer
    assert sink.items == []


def test_clients_that_leave_and_reloads_do_no_harm(serve, sink):
    over = threading.Event()
    sink.replies["/hook"] = lambda r: over.wait(20) and 200
    server = serve(config(sink))
    gone = http.client.HTTPConnection(server.host, server.port)
    gone.request("POST", "/api/ext/v1/receivers/hook/test", "{}", JSON)
    sink.wait(1)
    gone.close()
    with concurrent.futures.ThreadPoolExecutor() as pool:
        stays = pool.submit(try_receiver, server, "many", integration=0)
        sink.wait(2)
        assert server.reload("route: {receiver: other}\nreceivers: [{name: other}]\n")[0] == 200
        over.set()
        assert stays.result()[0]["ok"]
    assert ask(server, "receivers/hook/test")[0] == 404


def test_the_end_of_the_server_ends_a_test(serve, sink):
    over = threading.Event()
    sink.replies["/hook"] = lambda r: over.wait(20) and 200
    server = serve(config(sink), "--web.timeout=3s")
    waiting = http.client.HTTPConnection(server.host, server.port)
    waiting.request("POST", "/api/ext/v1/receivers/hook/test", "{}", JSON)
    sink.wait(1)
    server.stop()
    waiting.close()
    over.set()


def test_templates_are_rendered(serve, sink):
    server = serve(config(sink))
    assert preview(server, text="{{ .CommonLabels.alertname }} {{ len .Alerts.Firing }}/{{ len .Alerts }} {{ .Receiver }}") == (
        200, {"output": "DiskFull 1/2 hook"})
    assert preview(server, template="slack.default.title", alerts=[{"labels": {"alertname": "A", "n": "1"}}])[1] == {
        "output": "[FIRING:1] A (1)"}
    assert preview(server, text="{{ .Receiver }}: {{ .Status }}", receiver="many",
                   alerts=[{"labels": {"alertname": "A"}, "status": "resolved"}])[1] == {"output": "many: resolved"}
    assert preview(server, text="<b>{{ .CommonLabels.n }}", type="html", alerts=[{"labels": {"n": "<i>"}}])[1] == {
        "output": "<b>&lt;i&gt;"}
    long = preview(server, text='{{ define "x" }}%s{{ end }}%s' % ("aé<" * 1000, '{{ template "x" . }}' * 40))[1]
    assert long == {"output": "aé<" * 40000}
    server.alert(alertname="Lag", host="a")
    sink.wait(1)
    [group] = server.get("/api/ext/v1/groups")["items"]
    assert preview(server, text="{{ .GroupLabels.alertname }} {{ (index .Alerts 0).Labels.host }}", group=group["id"]) == (
        200, {"output": "Lag a"})
    assert sink.items[1:] == []


def test_mistakes_have_a_place(serve, sink):
    server = serve(config(sink))
    for body, line, column in [({"text": "a\n{{ .Alerts.Nothing }}"}, 2, 11), ({"text": "\n\n{{ if }}"}, 3, None)]:
        status, answer = preview(server, **body)
        assert status == 400 and answer["error"]["code"] == "bad_template"
        assert answer["error"]["line"] == line and answer["error"].get("column") == column, answer
    for body, code in [({}, "bad_member"), ({"text": "x", "template": "y"}, "bad_member"), ({"text": "x", "receiver": "no"}, "unknown_receiver"),
                       ({"text": "x", "group": "zz"}, "bad_member"), ({"text": "x" * 40000}, "bad_member"),
                       ({"template": "no.such"}, "bad_template"), ({"text": "x", "alerts": [{"labels": {}}]}, "bad_alert")]:
        status, answer = preview(server, **body)
        assert status == 400 and answer["error"]["code"] == code, answer
    assert preview(server, text="x", group="1")[0] == 404


def test_bombs_hold_nobody_up(serve, sink):
    """Templates that would run for ever, or write for ever, end within their bounds, and others do not wait for them."""
    server = serve(config(sink))
    bombs = ['{{ define "x" }}{{ template "x" . }}{{ template "x" . }}{{ end }}{{ template "x" . }}',
             '{{ define "x" }}%s{{ end }}%s' % ("y" * 1000, '{{ template "x" . }}' * 1000),
             '{{ range .Alerts }}' * 30 + "x" + "{{ end }}" * 30]
    with concurrent.futures.ThreadPoolExecutor(12) as pool:
        asked = [pool.submit(preview, server, text=b, alerts=[{"labels": {"n": str(i)}} for i in range(9)]) for b in bombs * 4]
        while not all(a.done() for a in asked):
            with server.promptly(2):
                assert server.request("GET", "/-/healthy")[0] == 200
        answers = [a.result() for a in asked]
    assert {status for status, _ in answers} <= {400, 429}
    assert any(status == 400 for status, _ in answers)
    assert preview(server, text="well")[1] == {"output": "well"}
    # Whoever asked is gone before it is rendered; so is the server.
    for _ in range(4):
        gone = http.client.HTTPConnection(server.host, server.port)
        gone.request("POST", "/api/ext/v1/templates/preview", json.dumps({"text": bombs[0]}), JSON)
        gone.close()


def run(server, *args):
    done = subprocess.run([BINARY, *args, f"--alertmanager.url={server.url}"], capture_output=True, text=True, timeout=300)
    return done.returncode, done.stdout, done.stderr


def test_the_commands(serve, sink):
    sink.replies["/refuses"] = (403, {}, b"invalid_auth")
    server = serve(config(sink))
    status, out, _ = run(server, "receiver", "test", "hook", "Disk", "host=a", "--annotation", "summary=full")
    assert status == 0 and ["webhook[0]", "true", "200"] == out.splitlines()[1].split()[:3] and out.split()[-1] == "ok"
    [alert] = sink.wait(1)[0]["json"]["alerts"]
    assert alert["labels"]["host"] == "a" and alert["annotations"]["summary"].endswith(": full")
    status, out, _ = run(server, "receiver", "test", "many")
    assert status == 1 and "invalid_auth" in out and "+905551112233" in out
    assert run(server, "receiver", "test", "nobody")[0] == 1
    assert "there is no receiver" in run(server, "receiver", "test", "nobody")[2]
    assert run(server, "template", "preview", "{{ len .Alerts }} of {{ .Receiver }}", "--receiver", "many") == (0, "2 of many", "")
    assert "DiskFull" in run(server, "template", "preview", "--template", "slack.default.title")[1]
    status, _, complaint = run(server, "template", "preview", "{{ .Nothing }}")
    assert status == 1 and "can't evaluate field Nothing" in complaint
