# SPDX-License-Identifier: Apache-2.0
"""Receivers that record what arrives: HTTP and SMTP."""
import http.server
import json
import socket
import ssl
import threading
import time


class Recorder:
    """Arrivals in order; waiting is on a condition, never on a guess of time."""

    def __init__(self):
        self.items = []
        self.arrived = threading.Condition()

    def record(self, item):
        with self.arrived:
            self.items.append(item)
            self.arrived.notify_all()

    def wait(self, count=1, where=lambda item: True, timeout=300):
        """The first `count` items that fit."""
        end = time.monotonic() + timeout
        with self.arrived:
            while True:
                found = [i for i in self.items if where(i)]
                if len(found) >= count:
                    return found[:count]
                left = end - time.monotonic()
                assert left > 0, f"{len(found)} of {count} arrived; all: {self.items}"
                self.arrived.wait(left)


def hung_up(connection):
    """Is the sender gone already?"""
    if isinstance(connection, ssl.SSLSocket):
        return False
    try:
        return connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


class HttpSink(Recorder):
    """Answers every request by `replies[path]`: a status, (status, headers, body), or a function of the request."""

    def __init__(self):
        super().__init__()
        self.replies = {}
        sink = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                path, _, query = self.path.partition("?")
                request = {"method": self.command, "path": path, "query": query, "headers": self.headers,
                           "body": body, "at": time.monotonic(), "orphan": hung_up(self.connection)}
                try:
                    request["json"] = json.loads(body)
                except ValueError:
                    pass
                sink.record(request)
                reply = sink.replies.get(path, 200)
                if callable(reply):
                    reply = reply(request)
                if isinstance(reply, int):
                    reply = (reply, {}, b"ok")
                status, headers, text = reply
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)
                request["answered"] = time.monotonic()

            do_GET = do_POST = do_PUT = handle_any

            def log_message(self, *_):
                pass

        class Listener(http.server.ThreadingHTTPServer):
            # Many connect at once; the default of 5 would make them wait for seconds.
            request_queue_size = 1024

            def handle_error(self, *_):
                """Servers that are killed hang up; what matters is recorded."""

        self.httpd = Listener(("127.0.0.1", 0), Handler)
        self.httpd.daemon_threads = True
        self.port = self.httpd.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self.httpd.serve_forever, daemon=True).start()

    def close(self):
        self.httpd.shutdown()
        self.httpd.server_close()


class MailSink(Recorder):
    """aiosmtpd with STARTTLS and AUTH when a certificate and users are given."""

    def __init__(self, certificate=None, users=None, implicit_tls=False):
        super().__init__()
        from aiosmtpd.controller import Controller
        from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword
        sink = self

        class Handler:
            async def handle_DATA(self, server, session, envelope):
                sink.record({"from": envelope.mail_from, "to": envelope.rcpt_tos, "data": envelope.content,
                             "at": time.monotonic(), "tls": session.ssl is not None, "user": getattr(session, "test_user", None)})
                return "250 OK"

        def authenticate(server, session, envelope, mechanism, data):
            ok = isinstance(data, LoginPassword) and users.get(data.login.decode()) == data.password.decode()
            session.test_user = data.login.decode() if ok else None
            return AuthResult(success=ok, handled=ok)

        context = None
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)

        class Mail(Controller):
            def factory(self):
                return SMTP(self.handler, hostname="mail.test", authenticator=authenticate if users else None,
                            auth_required=bool(users), auth_require_tls=bool(certificate),
                            tls_context=None if implicit_tls else context,
                            require_starttls=bool(certificate) and not implicit_tls)

            def _trigger_server(self):
                # port 0: the kernel's choice is read back from the listening socket
                self.port = self.server.sockets[0].getsockname()[1]
                super()._trigger_server()

        self.controller = Mail(Handler(), hostname="127.0.0.1", port=0,
                               ssl_context=context if implicit_tls else None)
        self.controller.start()
        self.port = self.controller.port

    def close(self):
        self.controller.stop()
