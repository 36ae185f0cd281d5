# SPDX-License-Identifier: Apache-2.0
"""What is much to render is not rendered by the loop: it goes on with all else meanwhile."""
# An attempt may take as long as the interval, which no machine exceeds; and most machines have taken all alerts after the wait.
CONFIG = """
route:
  receiver: all
  group_by: [alertname]
  group_wait: 10s
  group_interval: 5m
  routes:
    - {{matchers: [alertname=Other], group_wait: 0s}}
    - {{receiver: endless, matchers: [to=endless], group_wait: 0s}}
receivers:
  - name: all
    webhook_configs: [{{url: "{url}/hook"}}]
    slack_configs: [{{api_url: "{url}/slack", channel: x, text: '{{{{ range .Alerts }}}}{{{{ .Labels.i }}}} {{{{ end }}}}'}}]
    email_configs: [{{to: a@b.example, from: c@d.example, smarthost: "127.0.0.1:{mail}", require_tls: false}}]
  - name: endless
    webhook_configs: [{{url: "{url}/endless", payload: {{x: '{endless}'}}}}, {{url: "{url}/beside"}}]
"""
LETTERS = '{{ $l := stringSlice "a" "b" "c" "d" "e" "f" "g" "h" "i" "j" "k" "l" "m" "n" "o" "p" "q" "r" "s" "t" }}'
ENDLESS = LETTERS + "{{ range $l }}" * 6 + "{{ end }}" * 6 + "done"


def test_twenty_thousand_alerts_in_one_group(serve, sink, mail_sink):
    mail = mail_sink()
    server = serve(CONFIG.format(url=sink.url, mail=mail.port, endless=ENDLESS))
    for i in range(0, 20_000, 2_000):
        server.post("/api/v2/alerts", [{"labels": {"alertname": "Many", "i": str(k)}} for k in range(i, i + 2_000)])
    # To take them is the loop's.
    loop, everything = server.loop_seconds(), server.all_seconds()
    sink.wait(where=lambda r: r["path"] == "/hook" and len(r["json"]["alerts"]) == 20_000, timeout=900)
    sink.wait(where=lambda r: r["path"] == "/slack", timeout=900)
    server.alert(alertname="Other")
    sink.wait(where=lambda r: r["path"] == "/hook" and r["json"]["groupLabels"]["alertname"] == "Other")
    mail.wait(timeout=900)
    loop, everything = server.loop_seconds() - loop, server.all_seconds() - everything
    print(f"the loop worked {loop:.2f} s, all threads {everything:.2f} s")
    assert loop < everything / 2


def test_a_template_without_end(serve, sink, mail_sink):
    server = serve(CONFIG.format(url=sink.url, mail=mail_sink().port, endless=ENDLESS))
    before = server.all_seconds()
    with server.promptly(0.5):
        server.alert(alertname="One", to="endless")
        server.wait_log("too many steps")
        sink.wait(where=lambda r: r["path"] == "/beside")
    print(f"all threads worked {server.all_seconds() - before:.2f} s")
    assert not any(r["path"] == "/endless" for r in sink.items)
