# SPDX-License-Identifier: Apache-2.0
"""E-mail to a real SMTP server, with STARTTLS and AUTH."""
import contextlib
import email
import email.policy
import pathlib
import socket
import time

CONFIG = """
global: {{smtp_from: "tocsin <alerts@example.org>", smtp_smarthost: "{host}:{port}", smtp_hello: router.example.org{more}}}
route: {{receiver: mail, group_by: [alertname], group_wait: 100ms, group_interval: 60s}}
receivers:
  - name: mail
    email_configs:
      - to: 'ann@example.org, Böb <bob@example.org>'
        send_resolved: true
        text: '{{{{ template "email.default.text" . }}}}'
        {options}
"""


def parts(mail):
    message = email.message_from_bytes(mail["data"], policy=email.policy.default)
    return message, {p.get_content_type(): p.get_content() for p in message.walk() if not p.is_multipart()}


def test_starttls_and_auth(serve, mail_sink, certificate):
    sink = mail_sink(certificate=certificate, users={"user": "pass word"})
    server = serve(CONFIG.format(host="localhost", port=sink.port, more=', smtp_auth_username: user, smtp_auth_password: "pass word"',
                                 options=f"tls_config: {{ca_file: {certificate[0]}}}"))
    server.post("/api/v2/alerts", [{"labels": {"alertname": "Disk", "instance": "db1"},
                                    "annotations": {"summary": "Platte <voll> – 99 %"}}])
    mail = sink.wait(1)[0]
    assert mail["tls"] and mail["user"] == "user"
    assert mail["from"] == "alerts@example.org" and mail["to"] == ["ann@example.org", "bob@example.org"]
    message, text = parts(mail)
    assert message["Subject"] == "[FIRING:1] Disk (db1)"
    assert message["From"].addresses[0].display_name == "tocsin"
    assert "Platte <voll> – 99 %" in text["text/plain"]
    assert "Platte &lt;voll&gt; – 99 %" in text["text/html"]
    server.wait_metric('tocsin_recipient_deliveries_total{integration="email",gateway="",state="accepted"}', 2)
    assert {d["recipient"]: d["state"] for d in server.get("/api/ext/v1/deliveries")["items"]} == {
        "ann@example.org": "accepted", "bob@example.org": "accepted"}


def test_an_untrusted_certificate_gets_no_mail(serve, mail_sink, certificate):
    sink = mail_sink(certificate=certificate, users={"user": "x"})
    server = serve(CONFIG.format(host="localhost", port=sink.port, more="", options="auth_username: user\n        auth_password: x"))
    server.alert(alertname="A")
    server.wait_log("Notify attempt failed", timeout=300)
    assert sink.items == []


def test_a_wrong_password_is_told(serve, mail_sink, certificate):
    sink = mail_sink(certificate=certificate, users={"user": "right"})
    server = serve(CONFIG.format(host="localhost", port=sink.port, more="",
                                 options=f"auth_username: user\n        auth_password: wrong\n        tls_config: {{ca_file: {certificate[0]}}}"))
    server.alert(alertname="A")
    server.wait_log("Notify attempt failed", timeout=300)
    assert sink.items == []


def test_starttls_is_demanded_by_default(serve, mail_sink):
    sink = mail_sink()
    server = serve(CONFIG.format(host="127.0.0.1", port=sink.port, more="", options=""))
    server.alert(alertname="A")
    server.wait_log("does not advertise the STARTTLS extension", timeout=300)
    assert sink.items == []


def test_plain_mail_where_that_is_asked_for_and_resolved(serve, mail_sink):
    sink = mail_sink()
    config = CONFIG.format(host="127.0.0.1", port=sink.port, more=", smtp_require_tls: false", options="")
    server = serve(config.replace("group_interval: 60s", "group_interval: 1s"))
    server.alert(alertname="A")
    sink.wait(1)
    server.resolve(alertname="A")
    subjects = [parts(m)[0]["Subject"] for m in sink.wait(2)]
    assert subjects == ["[FIRING:1] A ", "[RESOLVED] A "] or subjects == ["[FIRING:1] A", "[RESOLVED] A"]


def test_implicit_tls(serve, mail_sink, certificate):
    sink = mail_sink(certificate=certificate, implicit_tls=True)
    server = serve(CONFIG.format(host="localhost", port=sink.port, more="",
                                 options=f"force_implicit_tls: true\n        tls_config: {{ca_file: {certificate[0]}}}"))
    server.alert(alertname="A")
    assert sink.wait(1)[0]["to"] == ["ann@example.org", "bob@example.org"]


def test_many_mails_at_once(serve, mail_sink):
    sink = mail_sink()
    server = serve(CONFIG.format(host="127.0.0.1", port=sink.port, more=", smtp_require_tls: false", options=""))
    server.alert(*[{"alertname": f"A{n}"} for n in range(60)])
    mails = sink.wait(60, timeout=300)
    assert len({parts(m)[0]["Message-Id"] for m in mails}) == 60


def processes():
    """{pid: (parent, start time)} of those that are not dead."""
    found = {}
    for stat in pathlib.Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            if fields[0] != "Z":
                found[int(stat.parent.name)] = (int(fields[1]), fields[19])
    return found


def descendants(pid):
    """(pid, start time) of its children and theirs."""
    all_, found = processes(), {pid}
    while more := {p for p, (parent, _) in all_.items() if parent in found} - found:
        found |= more
    return {(p, all_[p][1]) for p in found - {pid}}


def test_who_is_killed_leaves_no_process_behind(serve):
    """A session hangs; after kill -9 neither its worker nor the helper lives on."""
    with socket.create_server(("127.0.0.1", 0)) as hangs:
        server = serve(f"""
route: {{receiver: mail, group_wait: 0s}}
receivers:
  - name: mail
    email_configs: [{{to: a@b.c, from: d@e.f, smarthost: "127.0.0.1:{hangs.getsockname()[1]}", require_tls: false}}]
""")
        server.alert(alertname="A")
        session, _ = hangs.accept()
        family = descendants(server.process.pid)
        assert len(family) >= 2
        server.process.kill()
        session.settimeout(20)
        while session.recv(100):
            pass
        end = time.monotonic() + 300
        while family & {(p, started) for p, (_, started) in processes().items()}:
            assert time.monotonic() < end
            time.sleep(0.01)
        session.close()
    server.process.wait()
    server.process = None
