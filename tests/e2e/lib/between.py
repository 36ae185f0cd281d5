# SPDX-License-Identifier: Apache-2.0
"""Who stands between a member and its etcd, and hands on what is said, or does something worse."""
import contextlib
import http.client
import http.server
import threading
import time


class Between(http.server.ThreadingHTTPServer):
    """`does`: "well", or what becomes of each request from then on. `pause`: between two bytes of an answer that drips."""
    daemon_threads = True

    def __init__(self, port):
        self.to, self.does, self.open, self.lock, self.pause = port, "well", set(), threading.Lock(), 0
        self.calm = threading.Event()
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        threading.Thread(target=self.serve_forever, args=(0.1,), daemon=True).start()

    def become(self, what):
        """Streams that are under way end."""
        self.does = what
        self.calm.set() if what == "well" else self.calm.clear()
        with self.lock:
            for connection in self.open:
                with contextlib.suppress(OSError, AttributeError):
                    connection.sock.shutdown(2)

    def stop(self):
        self.become("well")
        self.shutdown()
        self.server_close()

    def handle_error(self, *_):
        """Members hang up when they have heard enough."""


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        what = self.server.does
        if what == "well":
            self.hand_on(body)
        elif what == "hangs":
            self.server.calm.wait(120)
            self.close_connection = True
        elif what == "hangs up":
            self.close_connection = True
        elif what == "garbage":
            self.answer(200, b"<html>It works!</html>")
        elif what == "truncated":
            self.answer(200, b'{"header":{"revis', 1000)
        elif what == "drips":
            self.hand_on(body, self.server.pause)
        elif what == "endless":
            self.answer(200, b'{"kvs":[', None)
            with contextlib.suppress(OSError):
                while self.server.does == what:
                    self.chunk(b" " * 65536)
        else:
            self.answer(int(what), b'{"error":"no","code":13}' if what == "500" else b"no")

    def answer(self, status, body, length=0):
        """length: None: that is only its beginning; more than there is: it breaks off."""
        self.send_response(status)
        if length is None:
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            self.chunk(body)
            return
        self.send_header("Content-Length", str(length or len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = length > 0

    def chunk(self, data):
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))

    def hand_on(self, body, pause=0):
        etcd = http.client.HTTPConnection("127.0.0.1", self.server.to, timeout=120)
        with self.server.lock:
            self.server.open.add(etcd)
        try:
            etcd.request("POST", self.path, body, {k: v for k, v in self.headers.items() if k.lower() not in ("host", "content-length")})
            answer = etcd.getresponse()
            self.send_response(answer.status)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            while data := answer.read1(1 if pause else 65536):
                self.chunk(data)
                if pause:
                    time.sleep(pause)
            self.wfile.write(b"0\r\n\r\n")
        except (OSError, http.client.HTTPException):
            self.close_connection = True
        finally:
            with self.server.lock:
                self.server.open.discard(etcd)
            etcd.close()

    def log_message(self, *_):
        pass
