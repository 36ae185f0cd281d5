# SPDX-License-Identifier: Apache-2.0
"""A mail server that takes all there is, and counts."""
import socketserver


class MailSink(socketserver.ThreadingTCPServer):
    """Call serve_forever. Each mail that was taken is told to on_mail, by the thread of its session."""
    daemon_threads = True
    allow_reuse_address = True

    class Talk(socketserver.StreamRequestHandler):
        def handle(self):
            self.wfile.write(b"220 x ESMTP\r\n")
            while line := self.rfile.readline():
                verb = line[:4].upper()
                if verb == b"DATA":
                    self.wfile.write(b"354 go\r\n")
                    while self.rfile.readline() != b".\r\n":
                        pass
                    self.server.on_mail()
                self.wfile.write(b"221 bye\r\n" if verb == b"QUIT" else b"250 ok\r\n")

    def __init__(self, on_mail):
        super().__init__(("127.0.0.1", 0), self.Talk)
        self.on_mail, self.port = on_mail, self.server_address[1]
