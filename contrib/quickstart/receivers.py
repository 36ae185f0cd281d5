#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Stands in for the world around the router, with nothing but Python's library.

    receivers.py listen        take mail, Slack messages, text messages and webhooks
                               and show them by service, severity and resource
    receivers.py ready URL     wait until the router at URL is ready
    receivers.py post URL      post a handful of alerts of ALT_LAS to it

The ports are those of contrib/quickstart/alertmanager.yml.
"""

import argparse
import asyncio
import email
import email.policy
import html.parser
import http.server
import json
import queue
import re
import shutil
import signal
import sys
import textwrap
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from datetime import datetime, timedelta, timezone

MESSAGE_MAX = 4 << 20
GROUP_BY = ("service", "severity", "resource")
# A group is shown once no message has come for this long, or at the latest …
QUIET_SECONDS = 2
LATEST_SECONDS = 6


class Message:
    """One thing that arrived. `group` is known where the sender says it, as webhooks do."""

    def __init__(self, kind, about, heading, lines, group=None, names=()):
        self.kind = kind
        self.about = about
        self.heading = heading
        self.lines = lines
        self.group = group
        self.names = set(names)
        self.at = time.strftime("%H:%M:%S")


# --- mail ---------------------------------------------------------------------


class TextOfHtml(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.parts = []
        self.hidden = 0

    def handle_starttag(self, tag, attrs):
        if tag in ("style", "script", "head", "title"):
            self.hidden += 1
        elif tag in ("br", "p", "tr", "div", "h1", "h2", "h3", "li", "table"):
            self.parts.append("\n")

    def handle_endtag(self, tag):
        if tag in ("style", "script", "head", "title"):
            self.hidden = max(0, self.hidden - 1)

    def handle_data(self, data):
        if not self.hidden:
            self.parts.append(data)


def mail_text(mail):
    part = mail.get_body(preferencelist=("plain", "html"))
    if part is None:
        return ""
    text = part.get_content()
    if part.get_content_type() == "text/html":
        reader = TextOfHtml()
        reader.feed(text)
        text = "".join(reader.parts)
    return text


def mail_message(recipients, data):
    mail = email.message_from_bytes(data, policy=email.policy.default)
    lines = [" ".join(line.split()) for line in mail_text(mail).splitlines()]
    return Message("e-mail", "to " + ", ".join(recipients), str(mail["Subject"]), [line for line in lines if line])


class SmtpSession:
    """As much of RFC 5321 as a client needs to hand over a message."""

    def __init__(self, reader, writer, take):
        self.reader = reader
        self.writer = writer
        self.take = take
        self.recipients = []

    async def say(self, *lines):
        for line in lines:
            self.writer.write(line.encode() + b"\r\n")
        await self.writer.drain()

    async def read_data(self):
        data = bytearray()
        while True:
            line = await self.reader.readline()
            if not line:
                raise ConnectionError
            if line.rstrip(b"\r\n") == b".":
                return bytes(data)
            data += line[1:] if line.startswith(b".") else line
            if len(data) > MESSAGE_MAX:
                raise ConnectionError

    async def command(self, line):
        verb = line[:4].upper()
        if verb == "EHLO":
            await self.say("250-quickstart", "250-8BITMIME", "250 SIZE %d" % MESSAGE_MAX)
        elif verb == "HELO":
            await self.say("250 quickstart")
        elif verb in ("MAIL", "RSET"):
            self.recipients = []
            await self.say("250 2.0.0 Ok")
        elif verb == "RCPT":
            address = re.search(r"<([^>]*)>", line)
            self.recipients.append(address.group(1) if address else line[8:].strip())
            await self.say("250 2.1.5 Ok")
        elif verb == "DATA" and not self.recipients:
            await self.say("503 5.5.1 No recipients")
        elif verb == "DATA":
            await self.say("354 Go on")
            data = await self.read_data()
            self.take(mail_message(self.recipients, data))
            self.recipients = []
            await self.say("250 2.0.0 Taken")
        elif verb == "NOOP":
            await self.say("250 2.0.0 Ok")
        elif verb == "QUIT":
            await self.say("221 2.0.0 Bye")
            return False
        else:
            await self.say("502 5.5.1 Not implemented")
        return True

    async def run(self):
        try:
            await self.say("220 quickstart ESMTP")
            while True:
                line = await self.reader.readline()
                if not line or not await self.command(line.decode("utf-8", "replace").rstrip("\r\n")):
                    break
        except (ConnectionError, ValueError, asyncio.IncompleteReadError):
            pass
        except asyncio.CancelledError:
            pass  # the demo ends while a session is kept for the next mail
        finally:
            self.writer.close()


# --- Slack, webhook, Kannel ---------------------------------------------------


def slack_message(body):
    lines, heading = [], ""
    if body.get("text"):
        lines.append(body["text"])
    for attachment in body.get("attachments") or []:
        heading = heading or attachment.get("title", "")
        lines += (attachment.get("text") or attachment.get("fallback") or "").splitlines()
    return Message("Slack", body.get("channel", ""), heading, lines)


def webhook_message(body):
    labels = body.get("groupLabels", {})
    alerts = body.get("alerts", [])
    names = [alert["labels"].get("alertname", "") for alert in alerts]
    lines = []
    for alert in alerts:
        rest = ["%s=%s" % item for item in sorted(alert["labels"].items()) if item[0] not in GROUP_BY + ("alertname",)]
        lines.append("%-8s %s  %s" % (alert["status"], alert["labels"].get("alertname", ""), " ".join(rest)))
    heading = "%s, %d alert%s, for receiver %s" % (body["status"], len(alerts), "s" * (len(alerts) != 1), body["receiver"])
    return Message("webhook", "", heading, lines, tuple(labels.get(name, "") for name in GROUP_BY), names)


def sms_message(query):
    text = query.get("text", "")
    segments = "%d characters" % len(text)
    return Message("SMS", "to %s from %s" % (query["to"], query.get("from", "?")), text, [segments])


class HttpHandler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, format, *args):  # pylint: disable=redefined-builtin
        pass

    def answer(self, status, text):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        path, _, query = self.path.partition("?")
        self.sendsms(query) if path == "/cgi-bin/sendsms" else self.answer(404, "not found\n")

    def do_POST(self):
        size = int(self.headers.get("Content-Length") or 0)
        if size > MESSAGE_MAX:
            self.close_connection = True
            self.answer(413, "too large\n")
            return
        body = self.rfile.read(size)
        path = self.path.partition("?")[0]
        if path == "/cgi-bin/sendsms":
            self.sendsms(self.path.partition("?")[2] or body.decode())
            return
        make = {"/slack": slack_message, "/webhook": webhook_message}.get(path)
        if make is None:
            self.answer(404, "not found\n")
            return
        try:
            self.server.take(make(json.loads(body)))
        except (ValueError, KeyError, AttributeError) as problem:
            self.answer(400, "cannot read this: %r\n" % problem)
            return
        self.answer(200, "ok")

    def sendsms(self, text):
        query = dict(urllib.parse.parse_qsl(text, keep_blank_values=True))
        if not query.get("username") or not query.get("password"):
            self.answer(403, "Authorization failed for sendsms")
        elif not query.get("to"):
            self.answer(400, "Missing receiver number, rejected")
        else:
            self.server.take(sms_message(query))
            self.answer(202, "0: Accepted for delivery")


class HttpServer(http.server.ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, port, take):
        super().__init__(("127.0.0.1", port), HttpHandler)
        self.take = take
        threading.Thread(target=self.serve_forever, daemon=True).start()


# --- what is shown ------------------------------------------------------------


class Board:
    """Puts what arrived at about the same time under headings, one for each group."""

    ORDER = ["e-mail", "Slack", "SMS", "webhook"]

    def __init__(self):
        self.known = {}  # group -> names of its alerts, as webhooks told
        self.colour = sys.stdout.isatty()
        self.width = min(110, max(60, shutil.get_terminal_size((100, 24)).columns))

    def style(self, code, text):
        return "\033[%sm%s\033[0m" % (code, text) if self.colour else text

    def group_of(self, message, served):
        if message.group:
            return message.group
        text = " ".join([message.heading] + message.lines)
        for group in self.known:
            # Mail and Slack name the group's values, sorted by label.
            service, severity, resource = group
            if " ".join((resource, service, severity)) in text:
                return group
        # Text messages have no room for that; one group has one of them.
        fitting = [group for group, names in self.known.items() if any(name and name in text for name in names)]
        free = [group for group in fitting if (group, message.about) not in served]
        group = (free or fitting or [("", "", "")])[0]
        served.add((group, message.about))
        return group

    def show(self, messages):
        served, groups = set(), {}
        for message in messages:
            if message.group:
                self.known[message.group] = self.known.get(message.group, set()) | message.names
        for message in messages:
            groups.setdefault(self.group_of(message, served), []).append(message)
        for group in sorted(groups, key=self.rank):
            self.show_group(group, groups[group])
        sys.stdout.flush()

    @staticmethod
    def rank(group):
        severities = ["critical", "warning", "info"]
        known = group[1] in severities
        return (severities.index(group[1]) if known else len(severities), group)

    def show_group(self, group, messages):
        severity = {"critical": "1;31", "warning": "1;33", "info": "1;36"}.get(group[1], "1")
        title = " · ".join("%s %s" % pair for pair in zip(GROUP_BY, group)) if any(group) else "other messages"
        print("\n" + self.style(severity, ("━━ " + title + " ").ljust(self.width, "━")))
        for message in sorted(messages, key=lambda m: self.ORDER.index(m.kind)):
            print("  %s  %s %s" % (message.at, self.style("1", message.kind.ljust(8)), message.about))
            self.show_text(message.heading, "1")
            for line in message.lines[:30]:
                self.show_text(line, "0")
            if len(message.lines) > 30:
                self.show_text("… and %d more lines" % (len(message.lines) - 30), "2")

    def show_text(self, text, code):
        for line in textwrap.wrap(text, self.width - 22) or []:
            print(" " * 21 + self.style(code, line))


def show_all(board, arrived):
    while True:
        batch = [arrived.get()]
        latest = time.monotonic() + LATEST_SECONDS
        while time.monotonic() < latest:
            try:
                batch.append(arrived.get(timeout=QUIET_SECONDS))
            except queue.Empty:
                break
        board.show(batch)


async def listen(args):
    arrived = queue.SimpleQueue()
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)

    async def on_connection(reader, writer):
        await SmtpSession(reader, writer, arrived.put).run()

    smtp = await asyncio.start_server(on_connection, "127.0.0.1", args.smtp_port, limit=MESSAGE_MAX)
    HttpServer(args.http_port, arrived.put)
    HttpServer(args.sms_port, arrived.put)
    threading.Thread(target=show_all, args=(Board(), arrived), daemon=True).start()
    print("listening: mail on %d, Slack and webhook on %d, Kannel on %d" % (args.smtp_port, args.http_port, args.sms_port))
    sys.stdout.flush()
    async with smtp:
        await stop.wait()
    return 0


# --- the other side -----------------------------------------------------------


def alert(name, service, severity, resource, summary, description="", minutes=30, **labels):
    start = datetime.now(timezone.utc)
    annotations = {"summary": summary}
    if description:
        annotations["description"] = description
    return {
        "labels": {"alertname": name, "service": service, "severity": severity, "resource": resource, **labels},
        "annotations": annotations,
        "startsAt": start.isoformat(),
        "endsAt": (start + timedelta(minutes=minutes)).isoformat(),
        "generatorURL": "http://127.0.0.1:9090/graph?" + urllib.parse.urlencode({"g0.expr": name}),
    }


def sample_alerts():
    return [
        alert("ContainerCpuHigh", "api-gateway", "warning", "cpu", "api-gateway uses 84% of its CPU limit",
              node="n1", pod="api-gateway-0"),
        alert("ContainerCpuHigh", "api-gateway", "warning", "cpu", "api-gateway uses 88% of its CPU limit",
              node="n2", pod="api-gateway-1"),
        alert("ApiGatewayErrors", "api-gateway", "critical", "application", "API Gateway on gw-0:8080 made 63 errors",
              "More than 50 errors within five minutes.", node="n1", instance="gw-0:8080"),
        alert("ContainerMemoryScaling", "segmentation-service", "info", "memory",
              "segmentation-service uses 72% of its memory limit", node="n1", pod="segmentation-0"),
        alert("PostgresDeadlocks", "postgresql", "warning", "application", "alt_las had 2 deadlocks",
              node="n2", instance="pg-0:9187", datname="alt_las"),
        alert("DataLoss", "archive-service", "critical", "disk", "The archive is full",
              "The archive uses 99% of its storage; what comes now cannot be kept.", page="true",
              cause="archive-full", phone="+905559998877"),
        alert("ServiceDown", "ai-orchestrator", "critical", "application", "ai-orchestrator is down",
              "No instance of ai-orchestrator answers any more. Last seen on n2.", page="true", node="n2"),
        # These two are muted: ServiceDown speaks for them.
        alert("InstanceDown", "ai-orchestrator", "critical", "application", "ai-orchestrator on ai-0:8000 is down",
              node="n2", instance="ai-0:8000"),
        alert("AiOrchestratorSlow", "ai-orchestrator", "warning", "application",
              "AI Orchestrator on ai-0:8000 takes 12s", node="n2", instance="ai-0:8000"),
    ]


def post(args):
    alerts = sample_alerts()
    request = urllib.request.Request(args.url.rstrip("/") + "/api/v2/alerts", json.dumps(alerts).encode(),
                                     {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as response:
        response.read()
    print("posted %d alerts:" % len(alerts))
    for one in alerts:
        labels = one["labels"]
        print("  %-8s %-21s %-12s %s" % (labels["severity"], labels["service"], labels["resource"], labels["alertname"]))
    print("InstanceDown and AiOrchestratorSlow stay silent: ServiceDown speaks for them.")
    return 0


def ready(args):
    latest = time.monotonic() + args.seconds
    while time.monotonic() < latest:
        try:
            with urllib.request.urlopen(args.url.rstrip("/") + "/-/ready", timeout=2) as response:
                if response.status == 200:
                    return 0
        except OSError:
            pass
        time.sleep(0.1)
    print("%s is not ready after %d seconds" % (args.url, args.seconds), file=sys.stderr)
    return 1


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    listening = commands.add_parser("listen")
    listening.add_argument("--smtp-port", type=int, default=2525)
    listening.add_argument("--http-port", type=int, default=5001)
    listening.add_argument("--sms-port", type=int, default=13013)
    waiting = commands.add_parser("ready")
    waiting.add_argument("url")
    waiting.add_argument("--seconds", type=int, default=30)
    commands.add_parser("post").add_argument("url")
    args = parser.parse_args()
    try:
        if args.command == "listen":
            return asyncio.run(listen(args))
        return ready(args) if args.command == "ready" else post(args)
    except OSError as problem:
        print("receivers.py: %s" % problem, file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
