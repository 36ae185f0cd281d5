# SPDX-License-Identifier: Apache-2.0
"""Configurations of several files, rule files, environment variables, templates."""
import json
import os
import pathlib
import re
import shutil
import subprocess

import pytest
import yaml

from lib.server import BINARY, ROOT, Server, rfc3339

MAIN = """
global: {{resolve_timeout: 7m}}
route: {{receiver: hook, group_by: [alertname], group_wait: 100ms, group_interval: 1s, repeat_interval: 1h}}
receivers: [{{name: hook, webhook_configs: [{{url: "{url}/main"}}]}}]
"""
TEAM = """
receivers: [{{name: {team}, webhook_configs: [{{url: "{url}/{team}"}}]}}]
routes: [{{matchers: [team={team}], receiver: {team}}}]
"""


def check_config(*arguments, **env):
    done = subprocess.run([BINARY, "check-config", *map(str, arguments)], capture_output=True, text=True,
                          env=dict(os.environ, **env))
    return done.returncode, done.stdout + done.stderr


def told(sink, count):
    return sorted((r["path"], r["json"]["commonLabels"]["alertname"]) for r in sink.wait(count))


# A directory of files.


def test_a_directory_is_one_configuration(serve, sink):
    server = serve({"10-main.yml": MAIN.format(url=sink.url), "20-db.yaml": TEAM.format(url=sink.url, team="db"),
                    "05-web.yml": TEAM.format(url=sink.url, team="web"), "README.md": "no configuration",
                    ".hidden.yml": "nor: this"})
    assert check_config(server.config)[0] == 0
    server.alert({"alertname": "A"}, {"alertname": "B", "team": "db"}, {"alertname": "C", "team": "web"})
    assert told(sink, 3) == [("/db", "B"), ("/main", "A"), ("/web", "C")]
    assert [r["name"] for r in server.get("/api/v2/receivers")] == ["web", "hook", "db"]
    # What the server shows is one file that Alertmanager would take.
    test = subprocess.run([BINARY, "routes", "test", f"--config.file={server.config}", "team=db"], capture_output=True)
    assert test.stdout == b"db\n", test
    shown = yaml.safe_load(server.get("/api/v2/status")["config"]["original"])
    assert "routes" not in shown and shown["global"]["resolve_timeout"] == "7m"
    assert [r["receiver"] for r in shown["route"]["routes"]] == ["web", "db"]


def test_reload_of_a_directory(serve, sink):
    files = {"main.yml": MAIN.format(url=sink.url), "team.yml": TEAM.format(url=sink.url, team="db")}
    server = serve(files)
    first = server.metric("alertmanager_config_hash")
    assert first
    # The running configuration outlives a bad file, which is named with its place.
    status, _, body = server.reload(dict(files, **{"bad.yml": "\nroutes:\n- receiver: nobody\n"}))
    assert status == 500 and b'conf.d/bad.yml:3:13: routes[0].receiver: undefined receiver "nobody"' in body, body
    server.wait_log("Loading configuration file failed.*conf.d/bad.yml:3:13")
    assert server.metric("alertmanager_config_last_reload_successful") == 0
    assert server.metric("alertmanager_config_hash") == first
    server.alert(alertname="B", team="db")
    assert told(sink, 1) == [("/db", "B")]
    # All files count for the hash.
    assert server.reload(dict(files, **{"web.yml": TEAM.format(url=sink.url, team="web")}))[0] == 200
    assert server.metric("alertmanager_config_hash") not in (0, first)
    server.alert(alertname="C", team="web")
    assert told(sink, 2) == [("/db", "B"), ("/web", "C")]
    assert server.reload(files)[0] == 200
    assert server.metric("alertmanager_config_hash") == first
    assert server.reload({})[0] == 500
    server.wait_log("conf.d: no files of configuration")


@pytest.mark.parametrize("extra, error", [
    ("global: {}\n", r"b.yml:1:9: global: {dir}/a.yml:2:9 has it already, and only one file may"),
    ("route: {receiver: hook}\n", "b.yml:1:8: route: {dir}/a.yml:3:8 has it already, and only one file may"),
    ("receivers: [{name: hook}]\n", 'name "hook" is not unique: it is that of {dir}/a.yml:4:13 too'),
    ("templates: [none.tmpl]\nreceivers:\n- name: x\n  nosuch: 1\n", "b.yml:4:3: receivers[0].nosuch: field nosuch"),
    ("rule_files: [rules.yml]\n", "b.yml:1:14: rule_files[0]: {dir}/rules.yml: no such file"),
])
def test_check_config_of_a_directory(tmp_path, extra, error):
    (tmp_path / "a.yml").write_text(MAIN.format(url="http://x"))
    assert check_config(tmp_path)[0] == 0
    (tmp_path / "b.yml").write_text(extra)
    status, said = check_config(tmp_path)
    assert status == 1 and error.format(dir=tmp_path) in said, said


def test_paths_are_relative_to_the_directory(serve, sink, tmp_path):
    secrets = tmp_path / "server0" / "conf.d"
    main = MAIN.format(url=sink.url).replace("}]}]", ", http_config: {authorization: {credentials_file: ../token}}}]}]")
    (secrets.parent).mkdir()
    (secrets.parent / "token").write_text("hush")
    server = serve({"a.yml": main})
    server.alert(alertname="A")
    assert sink.wait(1)[0]["headers"]["Authorization"] == "Bearer hush"
    assert "hush" not in json.dumps(server.get("/api/v2/status"))


def test_a_mounted_config_map(serve, sink, tmp_path):
    """Kubernetes shows the files of a ConfigMap by links into a hidden directory, and changes them all at once."""
    mount = tmp_path / "server0" / "conf.d"

    def publish(version, **files):
        directory = mount / f"..{version}"
        directory.mkdir(parents=True)
        for name, text in files.items():
            (directory / f"{name}.yml").write_text(text)
        (mount / "..data_tmp").symlink_to(directory.name)
        (mount / "..data_tmp").rename(mount / "..data")

    main, team = MAIN.format(url=sink.url), TEAM.format(url=sink.url, team="db")
    publish("1", main=main)
    for name in "main", "team":
        (mount / f"{name}.yml").symlink_to(f"..data/{name}.yml")
    # What a link promises has to be there.
    status, said = check_config(mount)
    assert status == 1 and f"open {mount}/team.yml: no such file or directory" in said, said
    publish("2", main=main, team=team)
    server = serve(None)
    server.alert(alertname="A", team="db")
    assert told(sink, 1) == [("/db", "A")]
    # a receiver that changes while it is being told is told anew
    server.wait_metric("tocsin_nflog_entries", 1)
    publish("3", main=main, team=team.replace("/db", "/other"))
    assert server.reload()[0] == 200
    server.alert(alertname="B", team="db")
    assert told(sink, 2) == [("/db", "A"), ("/other", "B")]


# Rule files.

RULES = """
inhibit_rules:
- {source_matchers: [severity=critical], target_matchers: [severity=warning], equal: [host]}
time_intervals:
- {name: always, time_intervals: [{}]}
"""
SILENCES = """
silences:
- name: db-migration
  matchers: [team="db"]
  starts_at: 2020-01-01T00:00:00Z
  ends_at: 2099-01-01T00:00:00Z
  created_by: jo
  comment: moving the database
  annotations: {ticket: OPS-1}
"""
WITH_RULES = """
route:
  receiver: hook
  group_by: [alertname]
  group_wait: 100ms
  group_interval: 1s
  repeat_interval: 1h
  routes: [{{matchers: [quiet=yes], mute_time_intervals: [always]}}]
receivers: [{{name: hook, webhook_configs: [{{url: "{url}/"}}]}}]
rule_files: ["rules/*.yml"]
"""


@pytest.fixture
def ruled(serve, sink, tmp_path):
    rules = tmp_path / "server0" / "rules"
    rules.mkdir(parents=True)
    (rules / "rules.yml").write_text(RULES)
    (rules / "silences.yml").write_text(SILENCES)
    return serve(WITH_RULES.format(url=sink.url)), rules


def test_declared_silences(ruled, sink):
    server, rules = ruled
    (declared,) = server.get("/api/v2/silences")
    assert declared["source"] == str(rules / "silences.yml")
    assert (declared["createdBy"], declared["comment"], declared["annotations"], declared["status"]["state"]) == (
        "jo", "moving the database", {"ticket": "OPS-1"}, "active")
    identity = declared["id"]
    assert server.get(f"/api/v2/silence/{identity}")["id"] == identity
    server.alert({"alertname": "Slow", "team": "db"}, {"alertname": "Other"})
    assert [r["json"]["commonLabels"]["alertname"] for r in sink.wait(1)] == ["Other"]
    states = {a["labels"]["alertname"]: a["status"]["silencedBy"] for a in server.get("/api/v2/alerts")}
    assert states == {"Slow": [identity], "Other": []}

    # The file is the only place to change it.
    status, _, body = server.request("DELETE", f"/api/v2/silence/{identity}")
    assert 400 <= status < 500 and b"silence is declared in " in body and b"silences.yml" in body, (status, body)
    edited = dict(declared, comment="no longer")
    status, _, body = server.request("POST", "/api/v2/silences", json.dumps(edited),
                                     {"Content-Type": "application/json"})
    assert 400 <= status < 500 and b"silence is declared in " in body, (status, body)
    assert server.get(f"/api/v2/silence/{identity}")["comment"] == "moving the database"

    # Its id stays, whatever else is edited, and over a restart; nothing is left behind.
    (rules / "silences.yml").write_text(SILENCES.replace("moving the database", "still moving"))
    assert server.reload()[0] == 200
    (again,) = server.get("/api/v2/silences")
    assert (again["id"], again["comment"]) == (identity, "still moving")
    server.stop()
    server.start()
    (again,) = server.get("/api/v2/silences")
    assert (again["id"], again["comment"]) == (identity, "still moving")

    # A silence of the API beside it is left alone by reloads.
    own = server.silence(alertname="Whatever")
    (rules / "silences.yml").write_text("# none\n")
    assert server.reload()[0] == 200
    assert [s["id"] for s in server.get("/api/v2/silences")] == [own]
    server.alert({"alertname": "Slow", "team": "db"})
    sink.wait(1, lambda r: r["json"]["commonLabels"]["alertname"] == "Slow")
    server.stop()
    server.start()
    assert [s["id"] for s in server.get("/api/v2/silences")] == [own]


def test_a_declared_silence_mutes_what_already_fires(ruled, sink):
    server, rules = ruled
    server.alert(alertname="Loud", team="web")
    sink.wait(1)
    (rules / "web.yml").write_text(SILENCES.replace('team="db"', 'team="web"'))
    assert server.reload()[0] == 200
    # The same name in another file is another silence.
    ids = {s["id"] for s in server.get("/api/v2/silences")}
    assert len(ids) == 2
    (alert,) = server.get("/api/v2/alerts")
    assert alert["status"]["state"] == "suppressed" and set(alert["status"]["silencedBy"]) <= ids


def test_inhibition_and_intervals_of_rule_files(ruled, sink):
    server, _ = ruled
    server.alert({"alertname": "Down", "severity": "critical", "host": "a"})
    sink.wait(1)
    server.alert({"alertname": "Slow", "severity": "warning", "host": "a"},
                 {"alertname": "Slower", "severity": "warning", "host": "b"}, {"alertname": "Night", "quiet": "yes"})
    sink.wait(2)
    alerts = {a["labels"]["alertname"]: a["status"] for a in server.get("/api/v2/alerts")}
    assert alerts["Slow"]["inhibitedBy"] and not alerts["Slower"]["inhibitedBy"]
    server.alert(alertname="Last")
    sink.wait(3)
    assert sorted(r["json"]["commonLabels"]["alertname"] for r in sink.items) == ["Down", "Last", "Slower"]
    shown = yaml.safe_load(server.get("/api/v2/status")["config"]["original"])
    assert "rule_files" not in shown and "silences" not in shown
    assert len(shown["inhibit_rules"]) == 1 and shown["time_intervals"][0]["name"] == "always"


def test_a_bad_rule_file_changes_nothing(ruled):
    server, rules = ruled
    before = server.get("/api/v2/silences")
    (rules / "bad.yml").write_text("silences:\n- name: x\n  matchers: [a=b]\n  starts_at: soon\n")
    status, _, body = server.reload()
    assert status == 500 and b"rules/bad.yml:4:14: silences[0].starts_at: " in body, body
    assert server.get("/api/v2/silences") == before
    status, said = check_config(server.config)
    assert status == 1 and f"{rules}/bad.yml:4:14: silences[0].starts_at: " in said, said
    (rules / "bad.yml").unlink()
    status, said = check_config(server.config)
    assert status == 0, said
    assert " - 1 inhibit rules\n" in said and " - 2 rule files\n - 1 time intervals\n - 1 silences\n" in said, said


def test_the_quick_start_may_refer_to_its_inhibition_rules(tmp_path):
    """One that has the rules in place, and one that names their file, are the same configuration."""
    shutil.copytree(ROOT / "rules", tmp_path / "rules")
    quickstart = yaml.safe_load((ROOT / "contrib/quickstart/alertmanager.yml").read_text())
    rules = quickstart.pop("inhibit_rules")
    shown = []
    for name, more in ("in-place", {"inhibit_rules": rules}), ("by-file", {"rule_files": ["../../rules/inhibition.yml"]}):
        with Server(tmp_path / "contrib" / name, yaml.safe_dump(dict(quickstart, **more))) as server:
            shown.append(yaml.safe_load(server.get("/api/v2/status")["config"]["original"]))
    assert shown[0] == shown[1] and len(shown[0]["inhibit_rules"]) == len(rules)


# Environment variables.

PLACE = 'here: [is] "#it'
EXPANDED = """
global: {{smtp_smarthost: "mail:25", smtp_from: "${{FROM:-alerts@example.org}}", smtp_auth_password: "${{PASSWORD}}"}}
route: {{receiver: hook, group_wait: "${{WAIT:-100ms}}"}}
receivers:
- name: hook
  # ${{IN_A_COMMENT}} is nothing
  labels: {{place: "${{PLACE}}", price: 5 $$, text: "$$${{PLACE}}$x"}}
  webhook_configs:
  - url: "{url}/${{HOOK}}"
    max_alerts: ${{MOST:-1}}
"""


def test_environment_variables(serve, sink):
    server = serve(EXPANDED.format(url=sink.url), "--config.expand-env",
                   env={"PLACE": PLACE, "PASSWORD": "hush-hush", "HOOK": "secret-path"})
    server.alert({"alertname": "A"}, {"alertname": "B"})
    got = sink.wait(1)[0]
    assert got["path"] == "/secret-path" and got["json"]["truncatedAlerts"] == 1
    (receiver,) = server.get("/api/v2/receivers")
    assert receiver["labels"] == {"name": "hook", "place": PLACE, "price": "5 $", "text": f"${PLACE}$x"}
    status = server.get("/api/v2/status")["config"]["original"]
    shown = yaml.safe_load(status)
    assert shown["global"]["smtp_from"] == "alerts@example.org"
    assert shown["global"]["smtp_auth_password"] == "<secret>"
    assert shown["receivers"][0]["webhook_configs"][0]["url"] == "<secret>"
    assert shown["route"]["group_wait"] == "100ms"
    for secret in "hush-hush", "secret-path":
        assert secret not in status and secret not in "".join(server.log)


def test_a_variable_that_is_not_set(tmp_path):
    server = Server(tmp_path, EXPANDED.format(url="http://x"), "--config.expand-env", env={"PASSWORD": "hush", "HOOK": "hook"})
    server.start(wait=False)
    server.wait_log(r"Loading configuration file failed.*alertmanager.yml:7:19: environment variable PLACE is not set")
    assert server.process.wait(300) == 1
    status, said = check_config("--config.expand-env", server.config, PASSWORD="hush", HOOK="x")
    assert status == 1 and "alertmanager.yml:7:19: environment variable PLACE is not set" in said, said
    assert check_config("--config.expand-env", server.config, PASSWORD="hush", HOOK="x", PLACE="x")[0] == 0


def test_dollars_stay_without_the_flag(serve, sink):
    server = serve(MAIN.format(url=sink.url).replace("/main", "/a$$b${C}"))
    server.alert(alertname="A")
    assert sink.wait(1)[0]["path"].replace("%7B", "{").replace("%7D", "}") == "/a$$b${C}"


# Templates.

TEMPLATED = """
route: {{receiver: hook, group_by: [alertname], group_wait: 100ms, group_interval: 1s, repeat_interval: 1h}}
receivers:
- name: hook
  webhook_configs: [{{url: "{url}/", payload: {{text: '{{{{ template "outer" . }}}}', title: '{{{{ template "title" . }}}}'}}}}]
templates: ["t/b*.tmpl", t/a.tmpl, "t/none*"]
"""


@pytest.fixture
def templated(serve, sink, tmp_path):
    directory = tmp_path / "server0" / "t"
    directory.mkdir(parents=True)
    (directory / "a.tmpl").write_text('{{ define "title" }}title of a{{ end }}{{ define "inner" }}inner of a{{ end }}')
    (directory / "b1.tmpl").write_text('{{ define "outer" }}<{{ template "inner" . }}>{{ end }}'
                                       '{{ define "title" }}title of b1{{ end }}{{ define "inner" }}b1{{ end }}')
    (directory / "b2.tmpl").write_text('{{ define "inner" }}b2{{ end }}')
    return serve(TEMPLATED.format(url=sink.url)), directory


def test_templates_across_files(templated, sink):
    server, directory = templated
    server.alert(alertname="A")
    # In the order of the list, and of names within a pattern: what comes later wins.
    assert sink.wait(1)[0]["json"] == {"text": "<inner of a>", "title": "title of a"}
    (directory / "a.tmpl").write_text("nothing defined")
    (directory / "b3.tmpl").write_text('{{ define "title" }}{{ .CommonLabels.alertname | toUpper }}{{ end }}')
    assert server.reload()[0] == 200
    server.alert(alertname="later")
    assert sink.wait(2)[1]["json"] == {"text": "<b2>", "title": "LATER"}


def test_a_mistake_in_a_template(templated, sink):
    server, directory = templated
    (directory / "b3.tmpl").write_text('{{ define "x" }}\n{{ if }}{{ end }}{{ end }}\n')
    status, _, body = server.reload()
    assert status == 500 and b"alertmanager.yml:6:13: templates[0]: failed to parse templates: " in body, body
    assert b"b3.tmpl:2: missing value for if" in body, body
    status, said = check_config(server.config)
    assert status == 1 and "b3.tmpl:2: missing value for if" in said, said
    # The templates in force are those of before.
    server.alert(alertname="A")
    assert sink.wait(1)[0]["json"]["title"] == "title of a"


DOUBTFUL = """
route: {{receiver: hook, group_by: [alertname]}}
receivers:
- name: hook
  webhook_configs:
  - url: "{url}/"
    http_config: {{authorization: {{credentials_file: {token}}}}}
    payload: {{text: '{{{{ template "nope" . }}}}'}}
"""


def test_what_would_fail_is_told_beforehand(serve, sink, tmp_path):
    told = (':8:21', ': receiver "hook": webhook_configs[0].payload.text: template: :1:12: template "nope" not defined')
    server = serve(DOUBTFUL.format(url=sink.url, token="token"))
    # The start goes on; so does a reload, and each says it.
    for pattern in (r'level=WARN .*place=\S*yml:7:53 receiver=hook integration=webhook\[0\] key=http_config.*token: no such',
                    r'level=WARN .*yml:8:21 .*key=payload.text .*nope.*not defined'):
        assert any(re.search(pattern, line) for line in server.log), server.log
    status, said = check_config(server.config)
    assert status == 0 and "SUCCESS" in said
    assert f"warning: {server.config}{told[0]}{told[1]}" in said, said
    assert "credentials_file: open " in said
    status, said = check_config("--strict", server.config)
    assert status == 1 and told[1] in said
    shown = subprocess.run([BINARY, "check-config", "-o", "json", server.config], capture_output=True, check=True)
    assert [w.endswith(("token: no such file or directory", told[1])) for w in json.loads(shown.stdout)[0]["warnings"]] == [
        True, True]
    (server.config.parent / "token").write_text("hush")
    assert server.reload()[0] == 200
    server.wait_log(r'level=WARN .*yml:8:21 .*nope.*not defined')
    server.wait_log("Completed loading of configuration file")
    assert server.reload(DOUBTFUL.format(url=sink.url, token="token").replace('template "nope" .', ".Status"))[0] == 200
    assert check_config("--strict", server.config)[0] == 0


def test_a_template_that_nothing_defines(serve, sink):
    server = serve(TEMPLATED.format(url=sink.url))
    server.alert(alertname="A")
    server.wait_log('(outer|title).*(not defined|undefined)')
    assert not sink.items


# What files there are, and how much of it.


@pytest.mark.parametrize("key", ["templates", "rule_files"])
def test_a_pattern_that_fits_everything(tmp_path, key):
    # As `/*/*/*/*/*` does on many a machine.
    for i in range(10001):
        (tmp_path / f"{i}.x").touch()
    config = tmp_path / "am.yml"
    config.write_text(f"route: {{receiver: a}}\nreceivers: [{{name: a}}]\n{key}: ['*.x']\n")
    status, output = check_config(config)
    assert status == 1
    assert f"am.yml:3:{len(key) + 4}: {key}[0]: " in output, output
    assert "it fits too many files (allowed: 10000 for all patterns)" in output, output


def test_special_files_are_errors(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    config = tmp_path / "am.yml"
    head = "route: {receiver: a}\nreceivers: [{name: a}]\n"
    for line, place in (("templates: [pipe]", "3:13: templates[0]: failed to parse templates: "),
                        ("rule_files: [/dev/zero]", "3:14: rule_files[0]: ")):
        config.write_text(head + line)
        status, output = check_config(config)
        assert status == 1 and place in output, output
        assert "(wanted: a regular file)" in output, output
    status, output = check_config(tmp_path / "pipe")
    assert status == 1 and "no route provided" in output, output


@pytest.mark.parametrize("name", ["silences", "nflog"])
def test_a_pipe_where_state_is_to_be_imported(tmp_path, name):
    server = Server(tmp_path, "route: {receiver: a}\nreceivers: [{name: a}]\n")
    (server.dir / "data").mkdir()
    os.mkfifo(server.dir / "data" / name)
    server.start(wait=False)
    server.wait_log(f"data/{name}: it is a pipe")
    assert server.process.wait(300) == 1


def test_a_pipe_in_the_place_of_the_database(tmp_path):
    server = Server(tmp_path, "route: {receiver: a}\nreceivers: [{name: a}]\n")
    (server.dir / "data").mkdir()
    os.mkfifo(server.dir / "data" / "tocsin.db")
    server.start()
    status, _, body = server.request("GET", "/-/ready")
    assert status == 503 and b"tocsin.db is a pipe" in body, body
    server.process.terminate()
    assert server.process.wait(300) == 0
