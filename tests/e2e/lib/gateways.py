# SPDX-License-Identifier: Apache-2.0
"""Gateways of providers that answer as their documentation has it, errors included, scripted by the end of the number."""
import base64
import hashlib
import hmac
import json
import threading
import urllib.parse
import urllib.request

from .sinks import HttpSink

JSON = {"Content-Type": "application/json"}


def number(end):
    return f"+9055511100{end}"


class Gateways(HttpSink):
    """/twilio, /vonage and /elks. `before[end]` is called with the message's id before it is answered."""

    def __init__(self):
        super().__init__()
        self.before = {}
        self.asked = {}
        self.hang = threading.Event()
        self.elsewhere = HttpSink()
        self.replies["/twilio/2010-04-01/Accounts/AC1/Messages.json"] = self.twilio
        self.replies["/vonage/sms/json"] = self.vonage
        self.replies["/elks/a1/sms"] = self.elks

    def close(self):
        self.hang.set()
        self.elsewhere.close()
        super().close()

    def requests(self, end, path=""):
        """Those for the number, in order."""
        return [r for r in self.items if path in r["path"] and self.end_of(r) == end]

    @staticmethod
    def end_of(request):
        form = urllib.parse.parse_qs(request["body"].decode())
        return (form.get("To") or form.get("to") or ["??"])[0][-2:]

    def nth(self, end):
        with self.arrived:
            self.asked[end] = self.asked.get(end, 0) + 1
            return self.asked[end]

    def twilio(self, request):
        end = self.end_of(request)
        nth = self.nth("twilio" + end)
        if end == "03" and nth <= 2:
            return 429, JSON, self.twilio_error(20429, "Too Many Requests", 429)
        if end == "04":
            return 400, JSON, self.twilio_error(21211, "The 'To' number is not a valid phone number.", 400)
        if end == "05":
            self.hang.wait(60)
            raise ConnectionError
        if end == "08" and nth == 1:
            return 429, {**JSON, "Retry-After": "1"}, self.twilio_error(20429, "Too Many Requests", 429)
        if end == "13":
            return 201, JSON, bytes(range(256)) * 8192
        if end == "14":
            return 307, {"Location": self.elsewhere.url.replace("127.0.0.1", "localhost") + "/leak"}, b""
        sid = f"SM{end}"
        if end in self.before:
            self.before[end](sid)
        return 201, JSON, json.dumps({"sid": sid, "status": "queued", "error_code": None, "num_segments": "1"}).encode()

    @staticmethod
    def twilio_error(code, message, status):
        return json.dumps({"code": code, "message": message, "more_info": f"https://www.twilio.com/docs/errors/{code}",
                           "status": status}).encode()

    def vonage(self, request):
        status = {"status": "0", "message-id": "V1"}
        if self.end_of(request) == "07":
            status = {"status": "9", "error-text": "Quota Exceeded - rejected"}
        return 200, JSON, json.dumps({"message-count": "1", "messages": [status]}).encode()

    def elks(self, request):
        return 200, JSON, json.dumps({"id": "s" + self.end_of(request), "status": "created", "parts": 1}).encode()


def post(url, form, headers=None):
    """Status and body of the answer to a form."""
    request = urllib.request.Request(url, urllib.parse.urlencode(form).encode(), {
        "Content-Type": "application/x-www-form-urlencoded", **(headers or {})})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def twilio_signature(token, url, form):
    text = url + "".join(name + form[name] for name in sorted(form))
    return {"X-Twilio-Signature": base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()}
