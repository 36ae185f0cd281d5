# SPDX-License-Identifier: Apache-2.0
"""A real smsd of smstools3, with a pseudo-terminal for a modem that takes texts for any number but those that fail."""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import threading
import tty

from .sinks import Recorder

SMSD = shutil.which("smsd", path=os.environ.get("PATH", "") + ":/usr/sbin")
FOLDERS = ("outgoing", "checked", "sent", "failed", "incoming")
CONFIG = """
devices = MODEM
{folders}
logfile = {dir}/smsd.log
loglevel = 7
infofile = {dir}/smsd.working
pidfile = {dir}/smsd.pid
delaytime = 1
errorsleeptime = 1
blocktime = 1

[MODEM]
device = {device}
incoming = no
send_retries = 1
"""
GSM7 = ("@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
        "¿abcdefghijklmnopqrstuvwxyzäöñüà")


def gsm7(packed, count):
    """The first table alone: what stands behind an escape is not told from its neighbours."""
    bits = int.from_bytes(packed, "little")
    return "".join(GSM7[bits >> 7 * i & 0x7F] for i in range(count))


def submitted(pdu):
    """{"to", "text", "alphabet"} of an SMS-SUBMIT (3GPP TS 23.040, 9.2.2.2) behind the number of a service centre; texts of one part."""
    data = bytes.fromhex(pdu)
    data = data[1 + data[0]:]
    kind, digits, plan = data[0], data[2], data[3]
    number = "".join(f"{b & 15:X}{b >> 4:X}" for b in data[4:4 + (digits + 1) // 2])[:digits]
    data = data[4 + (digits + 1) // 2:]
    coding = data[1]
    data = data[2 + {0: 0, 2: 1}.get(kind >> 3 & 3, 7):]
    assert kind & 3 == 1 and not kind & 0x40, pdu
    wide = coding & 0x0C == 8
    return {"to": ("+" if plan == 0x91 else "") + number, "alphabet": "UCS-2" if wide else "GSM-7",
            "text": data[1:1 + data[0]].decode("utf-16-be") if wide else gsm7(data[1:], data[0])}


class Modem(Recorder):
    """Records what was submitted, for numbers of `fails` each time anew. `spool` is the directory of smsd."""

    ANSWERS = {"AT+CSQ": "+CSQ: 20,0", "AT+CREG?": "+CREG: 0,1", "AT+CGSN": "490154203237518", "AT+CIMI": "286010000000000"}

    def __init__(self, directory, fails=()):
        super().__init__()
        self.fails = fails
        self.spool = pathlib.Path(directory)
        for name in FOLDERS:
            (self.spool / name).mkdir(parents=True, exist_ok=True)
        self.line, self.far = os.openpty()
        tty.setraw(self.far)
        self.modem = threading.Thread(target=self._serve, daemon=True)
        self.modem.start()
        config = self.spool / "smsd.conf"
        config.write_text(CONFIG.format(dir=self.spool, device=os.ttyname(self.far),
                                        folders="\n".join(f"{name} = {self.spool / name}" for name in FOLDERS)))
        self.process = subprocess.Popen([SMSD, "-t", f"-c{config}"], cwd=self.spool, start_new_session=True, stdin=subprocess.DEVNULL,
                                        stdout=(self.spool / "smsd.out").open("w"), stderr=subprocess.STDOUT)

    def _serve(self):
        buffer = b""
        while True:
            try:
                buffer += os.read(self.line, 4096)
            except OSError:
                return
            while match := re.search(rb"[\r\n\x1a\x1b]", buffer):
                said, buffer = buffer[:match.end()].decode("latin-1"), buffer[match.end():]
                os.write(self.line, self._answer(said[:-1].strip(), said[-1]).encode())

    def _answer(self, said, end):
        if end == "\x1a":
            message = submitted(said)
            self.record(message)
            return "\r\n+CMS ERROR: 500\r\n" if message["to"] in self.fails else "\r\n+CMGS: 1\r\n\r\nOK\r\n"
        if not said.upper().startswith("AT"):
            return ""
        if said.upper().startswith("AT+CMGS="):
            return "\r\n> "
        told = self.ANSWERS.get(said.upper())
        return (f"\r\n{told}\r\n" if told else "") + "\r\nOK\r\n"

    def close(self):
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)  # its handler of the modem, too
            self.process.wait()
        os.close(self.far)  # the line is dead then, and the modem ends
        self.modem.join(20)
        os.close(self.line)
