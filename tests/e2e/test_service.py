# SPDX-License-Identifier: Apache-2.0
"""tocsin as a service of systemd: what it tells, what it gives up, and the unit."""
import contextlib
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time

import pytest

from lib.server import ROOT

CONFIG = """
global: {{smtp_smarthost: '127.0.0.1:{mail}', smtp_from: a@example.org, smtp_require_tls: false}}
templates: [t.tmpl]
route: {{receiver: all, group_by: [alertname], group_wait: 100ms, group_interval: 1s, repeat_interval: 1h}}
receivers:
- name: all
  webhook_configs: [{{url_file: {dir}/url}}]
  email_configs: [{{to: ops@example.org, headers: {{Subject: '{{{{ template "t" }}}}'}}}}]
  sms_configs: [{{gateways: [modem], to: ['+15550100']}}]
gateways: [{{name: modem, preset: smstools, spool: {spool}}}]
event_recorder: {{file_outputs: [{{path: {dir}/records/events.jsonl}}]}}
"""


@contextlib.contextmanager
def manager(path):
    """The other end of sd_notify: until(word) gives the messages up to the one that has it."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
        s.bind(str(path))
        s.settimeout(60)

        def until(word):
            got = []
            while not got or word not in got[-1].splitlines():
                got.append(s.recv(4096).decode())
            return got

        yield until


def test_it_says_how_it_is_and_gives_up_what_it_does_not_need(serve, sink, mail_sink, tmp_path):
    mail = mail_sink()
    files = tmp_path / "server0"
    (files / "records").mkdir(parents=True)
    (files / "url").write_text(f"{sink.url}/one")
    (files / "t.tmpl").write_text('{{ define "t" }}first{{ end }}')
    # Not where anybody may write.
    with manager(tmp_path / "notify") as until, tempfile.TemporaryDirectory(dir="/var/tmp") as spool:
        outgoing = pathlib.Path(spool) / "outgoing"
        outgoing.mkdir()
        config = CONFIG.format(mail=mail.port, dir=files, spool=spool)
        server = serve(config, "--sandbox", "--enable-feature=event-recorder",
                       env={"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "2000000"})
        until("READY=1")
        until("WATCHDOG=1")
        status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text()
        assert "Seccomp:\t2" in status and "NoNewPrivs:\t1" in status
        limits = pathlib.Path(f"/proc/{server.process.pid}/limits").read_text()
        assert [line.split()[4:6] for line in limits.splitlines() if line.startswith("Max core")] == [["0", "0"]]
        # Secrets, templates, mail by processes of its own, SQLite, the event recorder and spools work on.
        server.alert(alertname="A")
        assert sink.wait(1)[0]["path"] == "/one"
        assert "first" in str(mail.wait(1)[0])
        (files / "url").write_text(f"{sink.url}/two")
        (files / "t.tmpl").write_text('{{ define "t" }}second{{ end }}')
        assert server.reload(config)[0] == 200
        told = until("READY=1")
        assert any("RELOADING=1\nMONOTONIC_USEC=" in m for m in told)
        server.alert(alertname="B")
        sink.wait(1, lambda r: r["path"] == "/two")
        assert "second" in str(mail.wait(2)[1])
        end = time.monotonic() + 60
        while not list(outgoing.iterdir()):
            assert time.monotonic() < end, "no message came to the spool"
            time.sleep(0.05)
        server.silence(alertname="A")
        # A reload that fails is over, too.
        assert server.reload("x: y\n")[0] == 500
        until("READY=1")
        server.stop()
        until("STOPPING=1")
    assert (files / "data/tocsin.db").stat().st_size > 0
    assert "alertname" in (files / "records/events.jsonl").read_text()


def test_the_watchdog_of_another_process(serve, tmp_path):
    with manager(tmp_path / "notify") as until:
        server = serve("route: {receiver: none}\nreceivers: [{name: none}]\n",
                       env={"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "200000", "WATCHDOG_PID": "1"})
        until("READY=1")
        server.stop()
        assert until("STOPPING=1") == ["STOPPING=1"]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd-analyze here")
def test_the_unit_is_closed():
    ran = subprocess.run(["systemd-analyze", "security", "--offline=true", "--threshold=15", "--no-pager", ROOT / "contrib/tocsin.service"],
                         capture_output=True, text=True)
    if "cgroup" in ran.stderr.lower() and not ran.stdout:
        pytest.skip(ran.stderr.strip())
    assert ran.returncode == 0, ran.stdout + ran.stderr
