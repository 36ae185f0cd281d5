# SPDX-License-Identifier: Apache-2.0
"""Fifty receivers that hang in every way there is, and a webhook, a mail server and a phone beside them."""
import email
import itertools
import os
import statistics
import time
import urllib.parse

import pytest

from lib.hangs import HTTP_WAYS, SMS_WAYS, SMTP_WAYS, hanging_resolver, hangs_apart

# How much later the worst of a hundred may be; what has to hold is 50, for a release build on a machine that does
# nothing else. With sanitizers and in company the slowest five do not count, and the rest has a second.
MAX_MS = os.environ.get("HANGS_MAX_MS")
RECEIVERS, HEALTHY, ALERTS_EACH = 50, 100, 3

HEAD = """
global: {{smtp_from: a@b.c, smtp_require_tls: false}}
route:
  receiver: good
  group_by: [alertname]
  group_wait: 10ms
  group_interval: 60s
  routes:
    - {{receiver: good, matchers: [to=good]}}
"""
GOOD = """
  - name: good
    webhook_configs: [{{url: "{web}/web"}}]
    email_configs: [{{to: a@b.c, smarthost: "127.0.0.1:{mail}"}}]
    sms_configs: [{{provider: kannel, url: "{web}/sms", username: u, password: p, to: ['1'], text: '{{{{ .CommonLabels.alertname }}}}'}}]
"""


@pytest.fixture
def hangs():
    with hangs_apart() as h:
        yield h


def bad_receivers(hangs):
    """As many as there have to be, all ways in turn."""
    http = ((f'webhook_configs: [{{url: "{hangs.http(way)}"}}]') for way in itertools.cycle(HTTP_WAYS))
    smtp = ((f'email_configs: [{{to: a@b.c, smarthost: "{hangs.smtp(way)}", require_tls: {str(way == "STARTTLS").lower()}}}]')
            for way in itertools.cycle(SMTP_WAYS))
    sms = ((f'sms_configs: [{{provider: kannel, url: "{hangs.http(way)}", username: u, password: p, to: ["1", "2", "3"]}}]')
           for way in itertools.cycle(SMS_WAYS))
    kinds = itertools.cycle([http, smtp, smtp, http, sms])
    return [next(next(kinds)) for _ in range(RECEIVERS)]


def arrivals(web, mail):
    """{(channel, alert name): time of the first arrival}"""
    seen = {}
    for r in web.items:
        name = r["json"]["commonLabels"]["alertname"] if r["path"] == "/web" else \
            urllib.parse.parse_qs(r["query"])["text"][0]
        seen.setdefault((r["path"][1:], name), r["at"])
    for m in mail.items:
        subject = email.message_from_bytes(m["data"])["Subject"]
        seen.setdefault(("mail", subject.split()[1]), m["at"])
    return seen


def measure(server, web, mail, word, alerts=HEALTHY):
    """Delays in ms of so many alerts, by channel."""
    posted, had = {}, (len(web.items), len(mail.items))
    for n in range(alerts):
        begin = time.monotonic()
        server.alert(alertname=f"{word}{n}", to="good")
        posted[f"{word}{n}"] = begin
        time.sleep(max(0, begin + 0.03 - time.monotonic()))
    web.wait(had[0] + 2 * alerts, timeout=60)
    mail.wait(had[1] + alerts, timeout=60)
    seen = arrivals(web, mail)
    return {c: [(seen[c, name] - at) * 1000 for name, at in posted.items()] for c in ("web", "mail", "sms")}


def test_fifty_receivers_that_hang_delay_nobody(serve, sink, mail_sink, hangs, tmp_path):
    mail = mail_sink()
    bad = bad_receivers(hangs)
    config = HEAD.format() + "".join(f"    - {{receiver: bad{i}, matchers: [to=bad], continue: true}}\n"
                                     for i in range(len(bad)))
    config += "receivers:" + GOOD.format(web=sink.url, mail=mail.port)
    config += "".join(f"  - name: bad{i}\n    {text}\n" for i, text in enumerate(bad))
    sink.replies["/sms"] = (202, {}, b"0: Accepted for delivery")
    server = serve(config, env=hanging_resolver(tmp_path))
    measure(server, sink, mail, "Warm", 20)
    without = measure(server, sink, mail, "Alone")
    server.alert(*({"alertname": f"Bad{n}", "to": "bad"} for n in range(ALERTS_EACH)))
    # While 150 notifications begin, the processors are busy as with any 150; what hangs is looked at after that.
    burst = measure(server, sink, mail, "Burst", 20)
    hangs.wait(http=75, smtp=16)
    beside = measure(server, sink, mail, "Beside")
    for c in without:
        print(f"{c:4}: median {statistics.median(without[c]):.0f} -> {statistics.median(beside[c]):.0f} ms, "
              f"worst {max(without[c]):.0f} -> {max(beside[c]):.0f} ms (burst: {max(burst[c]):.0f} ms)")
    for channel in without:
        a, b = sorted(without[channel]), sorted(beside[channel])
        assert b[-1] - a[-1] <= float(MAX_MS) if MAX_MS else b[-6] - a[-6] <= 1000, channel
    server.stop()
