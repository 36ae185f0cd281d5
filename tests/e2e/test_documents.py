# SPDX-License-Identifier: Apache-2.0
"""The documents say what is true: every command in README and contrib/ is run, every configuration in them is loaded."""
import os
import re
import shutil
import subprocess

import pytest
import yaml

from lib.server import BINARY, ROOT

PAGES = ["README.md", *sorted(str(p.relative_to(ROOT)) for p in (ROOT / "contrib").glob("*.md"))]
CONFIG = """
route: {{receiver: pager-db, group_by: [alertname], group_wait: 50ms}}
receivers: [{{name: pager-db, webhook_configs: [{{url: "{url}/hook"}}]}}]
templates: [templates/*.tmpl]
"""
# Commands that are not run here: why not, and what is looked at instead.
NOT_HERE = {
    r"contrib/package/": "test_package.py and test_operator.py",
    r"contrib/\S+\.sh|tests/run\.sh|cmake ": "they build what is tested here",
    r"systemctl ": "the program is started and stopped by tests",
    r"kubectl": "no cluster here; test_kubernetes.py does with plain files what they do with volumes",
    r"tests/(cluster|bench)/": "measures for minutes: its flags are looked at",
    r"tocsin … --etcd\.endpoints": "the flags of a server; test_etcd.py",
    r"tocsin --config\.file": "starts a server; test_migration.py, test_moving.py",
    r"docker|(sudo )?(apt|dpkg|cpack)|make ": "as root, or elsewhere",
    r"rm -f /var/lib|install -o": "test_restore_as_it_is_written",
    r"amtool|curl": None,
}
WORDS = r"(?:tocsin|amtool|curl|contrib/|tests/|systemctl|kubectl|docker|cmake|cpack|detector|apt|apt-get|dpkg|rm|install|ln|\. <\()"


def commands(page):
    """Lines of indented and fenced blocks that begin with a command, in order."""
    found, fence = [], None
    for line in (ROOT / page).read_text().splitlines():
        if line.startswith("```"):
            fence = None if fence is not None else line[3:]
        elif (fence in ("sh", "console") or fence is None and re.match(r" {4,}", line)) and re.match(WORDS, line.strip()):
            found.append(re.sub(r"\s+# .*$", "", line.strip()))
    return found


def blocks(page):
    return re.findall(r"^```yaml\n(.*?)^```", (ROOT / page).read_text(), re.M | re.S)


def not_here(command):
    return next((why for pattern, why in NOT_HERE.items() if re.match(pattern, command)), None)


def workplace(directory, server):
    """A directory in which the commands find what they speak of, and their environment."""
    (directory / "bin").mkdir()
    (directory / "bin/tocsin").symlink_to(BINARY)
    (directory / "bin/detector").write_text('#!/bin/sh\necho \'{"labels": {"alertname": "Detected"}}\'\n')
    (directory / "bin/detector").chmod(0o755)
    (directory / "templates").mkdir()
    (directory / "templates/x.tmpl").write_text('{{ define "x" }}{{ .Status }}{{ end }}')
    (directory / "alertmanager.yml").write_text(server.config.read_text())
    (directory / "store").mkdir()
    return {**os.environ, "PATH": f"{directory}/bin:{os.environ['PATH']}", "ALERTMANAGER_URL": server.url, "HOME": str(directory)}


def here(command, directory, server):
    for old, new in [("http://other:9093", server.url), (r"http://(127.0.0.1|localhost):9093", server.url), ("/etc/alertmanager/", f"{directory}/"),
                     ("/var/backups", str(directory / "store")), ("/var/lib/alertmanager", str(directory / "data"))]:
        command = re.sub(old, new, command)
    return command


def test_every_command_is_run(serve, sink, tmp_path):
    server = serve(CONFIG.format(url=sink.url))
    server.alert({"alertname": "DiskFull", "instance": "db1", "team": "db", "severity": "critical"})
    directory = tmp_path / "work"
    directory.mkdir()
    environment = workplace(directory, server)
    ran = []
    for page in PAGES:
        for command in commands(page):
            if not_here(command):
                continue
            if "export --storage.path" in command:
                # of a server that is stopped: from its backup, as the page says
                subprocess.run([BINARY, "backup", "--alertmanager.url", server.url, directory / "store/copy.db"], check=True, capture_output=True)
                (directory / "data").mkdir(exist_ok=True)
                shutil.copy(directory / "store/copy.db", directory / "data/tocsin.db")
            done = subprocess.run(["bash", "-ec", "set -o pipefail; " + here(command, directory, server)], cwd=directory, env=environment,
                                  capture_output=True, text=True, timeout=300)
            assert done.returncode == 0, (page, command, done.stdout, done.stderr)
            ran.append(command)
    assert len(ran) > 25, ran


def test_what_is_not_run_is_there():
    for page in PAGES:
        for command in commands(page):
            if re.match(r"tests/|contrib/", command):
                script, *rest = command.split()
                text = (ROOT / script).read_text()
                assert os.access(ROOT / script, os.X_OK), (page, command)
                assert all(flag.split("=")[0] in text for flag in rest if flag.startswith("--")), (page, command)


def test_restore_as_it_is_written(serve, tmp_path):
    """The recipe of contrib/operate.md, its paths and its user exchanged."""
    server = serve("route: {receiver: none}\nreceivers: [{name: none}]\n")
    kept = server.silence(alertname="Kept")
    copy = tmp_path / "tocsin.db"
    subprocess.run([BINARY, "backup", "--alertmanager.url", server.url, copy], check=True, capture_output=True)
    server.silence(alertname="Later")
    recipe = [c for c in commands("contrib/operate.md") if re.match(r"systemctl|rm|install", c)]
    assert [c.split()[0] for c in recipe] == ["systemctl", "rm", "install", "systemctl"]
    server.stop()
    for command in recipe[1:3]:
        command = command.replace("/var/lib/tocsin", f"{server.dir}/data").replace("/var/backups/tocsin.db", str(copy))
        subprocess.run(["sh", "-ec", command.replace("-o tocsin -g tocsin ", "")], check=True)
    server.start()
    assert [s["id"] for s in server.get("/api/v2/silences")] == [kept]


PARTS = {"global", "route", "receivers", "ui", "templates", "rule_files", "inhibit_rules", "time_intervals", "routes", "tracing", "event_recorder", "gateways"}


def whole(text, directory):
    """What the block is part of, as a file or a directory of a configuration; None: it is none."""
    value = yaml.safe_load(text)
    if isinstance(value, list) and all("provider" in v for v in value):
        value = {"receivers": [{"name": "some", "sms_configs": [{"from": "A", "to": ["1"], **v} for v in value]}]}
    if isinstance(value, list) or not set(value) <= PARTS | {"silences"}:
        return None
    directory.mkdir()
    if "silences" in value:
        (directory / "rules.yml").write_text(text)
        value = {"rule_files": [str(directory / "rules.yml")]}
    elif "rule_files" in value:
        value["rule_files"] = []
    value.setdefault("receivers", [{"name": "some"}])
    routes = value.pop("routes", [])
    value.setdefault("route", {"receiver": value["receivers"][0]["name"]}).setdefault("routes", []).extend(routes)
    if "global" not in value and "smtp" not in text:
        value["global"] = {"smtp_smarthost": "mail:25", "smtp_from": "a@example.org"}
    (directory / "alertmanager.yml").write_text(yaml.safe_dump(value))
    return directory / "alertmanager.yml"


@pytest.mark.parametrize("page", [p for p in PAGES if blocks(p)])
def test_configurations_in_documents(page, tmp_path):
    found = [(text, whole(text, tmp_path / str(i))) for i, text in enumerate(blocks(page))]
    for flags, paths in [([], [path for text, path in found if path and "${" not in text]),
                         (["--config.expand-env"], [path for text, path in found if path and "${" in text])]:
        if not paths:
            continue
        done = subprocess.run([BINARY, "check-config", *flags, *paths], capture_output=True, text=True, env={**os.environ, "SMTP_PASSWORD": "x"})
        # files of secrets are elsewhere; all else that it could warn of is a mistake of ours
        bad = [line for line in done.stderr.splitlines() if not re.search(r"_file: open \S+: no such file", line)]
        assert done.returncode == 0 and not bad, (page, done.stdout, bad)
    assert any(path for _, path in found) or page == "contrib/security.md", page


def test_web_configuration_of_the_security_page(serve, certificate, tmp_path):
    [text] = [b for b in blocks("contrib/security.md") if b.startswith("# web.yml")]
    (tmp_path / "web.yml").write_text(text.replace("server.pem", str(certificate[0])).replace("server.key", str(certificate[1])))
    serve("route: {receiver: none}\nreceivers: [{name: none}]\n", f"--web.config.file={tmp_path}/web.yml")
