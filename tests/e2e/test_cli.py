# SPDX-License-Identifier: Apache-2.0
"""The commands beside the server."""
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import time

import pytest

from lib.server import BINARY, ROOT, SANITIZER, rfc3339

CONFIG = """
route:
  receiver: mail
  group_by: [alertname]
  routes:
    - matchers: [severity="critical"]
      receiver: phone
      continue: true
      routes:
        - {matchers: ['team=~"db.*"', 'site!="lab"'], receiver: dba, group_wait: 5s}
    - receiver: chat
      routes:
        - matchers: ['"odd name"="v w"']
        - {match: {severity: warning}, receiver: mail}
receivers: [{name: mail}, {name: phone}, {name: dba}, {name: chat}]
"""

# What amtool 0.33.1 draws
TREE = """Routing tree:
.
└── default-route  receiver: mail
    ├── {severity="critical"}  continue: true  receiver: phone
    │   └── {site!="lab",team=~"db.*"}  receiver: dba
    └── default-route  receiver: chat
        ├── {"odd name"="v w"}  receiver: chat
        └── {severity="warning"}  receiver: mail

"""
MATCHING = """Matching routes:
.
└── default-route
    ├── {severity="critical"}
    │   └── {site!="lab",team=~"db.*"}  receiver: dba
    └── default-route  receiver: chat


dba,chat
"""


class Cli:
    program = BINARY

    def __init__(self, home):
        self.home = home
        self.env = dict(os.environ, HOME=str(home), TZ="UTC")
        self.env.pop("ALERTMANAGER_URL", None)

    def run(self, *arguments, server=None, stdin="", status=0):
        env = dict(self.env, ALERTMANAGER_URL=server.url) if server is not None else self.env
        done = subprocess.run([self.program, *map(str, arguments)], input=stdin, capture_output=True, text=True, env=env,
                              timeout=300)
        assert not SANITIZER.search(done.stderr), done.stderr
        assert done.returncode == status, done
        return done

    def __call__(self, *arguments, **more):
        return self.run(*arguments, **more).stdout

    def json(self, *arguments, **more):
        return json.loads(self(*arguments, "-o", "json", **more))

    def error(self, *arguments, **more):
        return self.run(*arguments, status=1, **more).stderr


@pytest.fixture
def cli(tmp_path):
    return Cli(tmp_path)


@pytest.fixture
def amtool(cli, tmp_path):
    cli.program = tmp_path / "amtool"
    cli.program.symlink_to(BINARY)
    return cli


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "routes.yml"
    path.write_text(CONFIG)
    return path


def rows(table):
    """A table as dictionaries, cells cut at the columns of its title."""
    title, *lines = table.splitlines()
    starts = [m.start() for m in re.finditer(r"\S+( \S+)*", title)]
    names = [title[a:b].strip() for a, b in zip(starts, starts[1:] + [None])]
    return [{n: line[a:b].strip() for n, a, b in zip(names, starts, starts[1:] + [None])} for line in lines]


def test_alerts(serve, cli):
    server = serve(CONFIG)
    assert cli("alert", "add", "DiskFull", "instance=db1", "path=/a b", 'note=say "hi"', "--annotation",
               'summary=99 % "full"\nsecond line \x1b[31m', "--generator-url", "http://g/1", server=server) == ""
    cli("alert", "add", 'alertname="Old"', "--start=-3h", "--end", "+1h", server=server)
    cli("alert", "add", "alertname=Gone", "--start=-3h", "--end", "now", server=server)
    posted = {a["labels"]["alertname"]: a for a in server.get("/api/v2/alerts")}
    assert set(posted) == {"DiskFull", "Old"}
    assert posted["DiskFull"]["labels"] == {"alertname": "DiskFull", "instance": "db1", "path": "/a b",
                                            "note": 'say "hi"'}
    assert posted["DiskFull"]["generatorURL"] == "http://g/1"

    listed = rows(cli("alert", "query", server=server))
    assert [(r["Alertname"], r["State"]) for r in listed] == [("Old", "active"), ("DiskFull", "active")]
    # Neither breaks the table nor reaches the terminal
    assert listed[1]["Summary"] == '99 % "full" second line  [31m'
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC", listed[0]["Starts At"])
    assert cli("alert", server=server) == cli("alert", "query", "--active", server=server)
    assert [r["Alertname"] for r in rows(cli("alert", "query", "DiskFull", server=server))] == ["DiskFull"]
    assert [r["Alertname"] for r in rows(cli("alert", 'instance=~"db[0-9]"', server=server))] == ["DiskFull"]
    assert [r["Alertname"] for r in rows(cli("alert", "query", '{alertname="Old",instance=""}', server=server))] == ["Old"]
    assert cli("alert", "query", "--receiver", "chat|x", "Old", server=server).count("\n") == 2
    assert cli("alert", "query", "--receiver", "phone", server=server).count("\n") == 1
    wide = rows(cli("alert", "query", "-o", "extended", "DiskFull", server=server))[0]
    assert wide["Labels"] == r'alertname="DiskFull" instance="db1" note="say \"hi\"" path="/a b"'
    assert wide["Generator URL"] == "http://g/1"
    assert cli.json("alert", "query", "Old", server=server)[0]["labels"] == {"alertname": "Old"}
    dated = rows(cli("alert", "query", "--date.format", "Jan 2006", "Old", server=server))[0]["Starts At"]
    assert re.fullmatch(r"[A-Z][a-z][a-z] 20\d\d", dated)

    cli("silence", "add", "-c", "x", "DiskFull", server=server)
    assert "DiskFull" not in cli("alert", "query", server=server)
    assert [(r["Alertname"], r["State"]) for r in rows(cli("alert", "query", "-s", server=server))] == [
        ("DiskFull", "suppressed")]

    assert "no labels specified" in cli.error("alert", "add", server=server)
    assert "labels must be specified as name=value" in cli.error("alert", "add", "x", "a!=b", server=server)
    assert "annotations must be specified as name=value" in cli.error("alert", "add", "x", "--annotation", "a", server=server)
    assert "--end wants a time" in cli.error("alert", "add", "x", "--end", "soon", server=server)
    assert "400: start time must be before end time" in cli.error(
        "alert", "add", "x", "--start", "+2h", "--end", "+1h", server=server)
    assert 'tocsin alert query DiskFul' in cli.error("alert", "DiskFul", server=server)
    assert "missing closing ]" in cli.error("alert", "query", "a=~[", server=server)


def lines(count):
    return "".join(json.dumps({"labels": {"alertname": "Odd", "i": str(i)}, "annotations": {"v": str(i * 1.5)}}) + "\n"
                   for i in range(count))


def test_stream_of_10000(serve, cli):
    server = serve(CONFIG)
    with server.promptly(30):
        assert cli("alert", "add", "--stdin", stdin=lines(10000), server=server) == ""
    found = server.get("/api/v2/alerts")
    assert len(found) == 10000 and len({a["labels"]["i"] for a in found}) == 10000


def test_long_lists(cli, sink):
    value = {"labels": {f"l{i}": "x" for i in range(60)}}
    sink.replies["/api/v2/alerts"] = (200, {}, json.dumps([value] * 20000).encode())
    assert cli("alert", "query", server=sink).count("\n") == 20001
    for answer, why in ((b"<html>", "is not that of an alert router"), (b"{}", "object instead of array"),
                        (b"[{}", "unexpected end"), (b"[{},]", "invalid character"), (b"[] x", "invalid character")):
        sink.replies["/api/v2/alerts"] = (200, {}, answer)
        assert why in cli.error("alert", "query", server=sink)


def test_stream_with_bad_lines(serve, cli):
    server = serve(CONFIG)
    good = lines(1000).splitlines()
    good[100] = '{"labels": {"alertname": "X"'
    good[200] = "[]"
    good[300] = '{"labels": {"alertname": 1}}'
    good[400] = '{"labels": {"alertname": "T"}, "startsAt": "yesterday"}'
    good[500] = '{"labels": {"alertname": "E"}, "startsAt": "%s", "endsAt": "%s"}' % (rfc3339(10), rfc3339(5))
    good[600] = '{"labels": {}}'
    good[700] = "  "
    done = cli.run("alert", "add", "--stdin", stdin="\n".join(good), server=server, status=1)
    told = re.findall(r"^tocsin: line (\d+): (.*)", done.stderr, re.M)
    assert [int(n) for n, _ in told] == [101, 201, 301, 401, 501, 601]
    assert "start time must be before end time" in told[4][1]
    assert "6 of 1000 lines were refused" in done.stderr
    assert len(server.get("/api/v2/alerts")) == 993
    assert "stands in its line" in cli.error("alert", "add", "--stdin", "a=b", server=server)


def test_a_stream_with_a_line_too_long_has_posted_what_came_before(serve, cli):
    server = serve(CONFIG)
    told = cli.error("alert", "add", "--stdin", stdin=lines(3) + "x" * (17 << 20), server=server)
    assert "line 4 is longer than 16777216 bytes" in told
    assert len(server.get("/api/v2/alerts")) == 3


def test_stream_comes_through_while_the_pipe_is_open(serve, cli):
    server = serve(CONFIG)
    with subprocess.Popen([BINARY, "alert", "add", "--stdin", "--alertmanager.url", server.url], text=True,
                          stdin=subprocess.PIPE, stderr=subprocess.PIPE, env=cli.env) as process:
        for count in range(1, 4):
            process.stdin.write(lines(count).splitlines()[-1] + "\n" + '{"labels": {"begun')
            process.stdin.flush()
            end = time.monotonic() + 300
            while len(server.get("/api/v2/alerts")) < count:
                assert time.monotonic() < end
                time.sleep(0.02)
            process.stdin.write('": "%s"}, "endsAt": "2020-01-01T00:00:00Z"}\n' % count)
        process.stdin.close()
        assert process.wait(300) == 0, process.stderr.read()


def test_stream_waits_for_a_server_in_trouble(cli, sink):
    answers = iter([503, 500, 200])
    sink.replies["/api/v2/alerts"] = lambda request: next(answers)
    sink.url = f"http://127.0.0.1:{sink.port}"
    done = cli.run("alert", "add", "--stdin", stdin=lines(3), server=sink)
    assert "503" in done.stderr and "trying again" in done.stderr
    assert [len(r["json"]) for r in sink.items] == [3, 3, 3]
    sink.replies["/api/v2/alerts"] = 503
    assert "503" in cli.error("alert", "add", "--stdin", "--retry", "300ms", stdin=lines(3), server=sink)
    # No server there, none of this kind, none that knows us: no use to go on
    sink.replies["/api/v2/alerts"] = 401
    assert "401" in cli.error("alert", "add", "--stdin", stdin=lines(3), server=sink)


def test_silences(serve, cli):
    server = serve(CONFIG)
    one = cli("silence", "add", "DiskFull", 'instance=~"db[12]"', "-d", "2h", "-c", "new disk", "-a", "ann",
              "--annotation", "ticket=X-1", server=server).strip()
    two = cli.json("silence", "add", '{job!="a b",x!~"y+"}', "-c", "later", "--start", "+1h", "--end", "+90m",
                   server=server)["silenceID"]
    stored = {s["id"]: s for s in server.get("/api/v2/silences")}
    assert stored[one]["createdBy"] == "ann" and stored[one]["comment"] == "new disk"
    assert stored[one]["annotations"] == {"ticket": "X-1"}
    assert [(m["name"], m["value"], m["isRegex"], m["isEqual"]) for m in stored[two]["matchers"]] == [
        ("job", "a b", False, False), ("x", "y+", True, False)]
    assert stored[two]["status"]["state"] == "pending" and stored[two]["createdBy"] != ""

    listed = rows(cli("silence", "query", server=server))
    assert [(r["ID"], r["Matchers"], r["Created By"], r["Comment"]) for r in listed][1] == (
        one, 'alertname="DiskFull" instance=~"db[12]"', "ann", "new disk")
    assert listed[0]["Matchers"] == 'job!="a b" x!~"y+"'
    wide = rows(cli("silence", "-o", "extended", server=server))
    assert wide[1]["Matchers"] == '{alertname="DiskFull",instance=~"db[12]"}' and wide[1]["Updated At"] != ""
    query = ("silence", "query", "-q")
    assert cli(*query, server=server).split() == [two, one]
    assert cli(*query, "--within", "100m", server=server).split() == [two]
    assert cli(*query, "--created-by=ann", server=server).split() == [one]
    assert cli(*query, "--id", two, server=server).split() == [two]
    assert cli(*query, "DiskFull", server=server).split() == [one]
    assert [s["id"] for s in cli.json("silence", "query", server=server)] == [two, one]

    changed = cli("silence", "update", "-c", "longer", "-d", "5h", one, server=server)
    assert rows(changed)[0]["Comment"] == "longer"
    after = server.get(f"/api/v2/silence/{one}")
    assert after["annotations"] == {"ticket": "X-1"} and after["createdBy"] == "ann"
    assert cli("silence", "update", "-q", "--end", "+2h", one, two, server=server).split() == [one, two]

    unknown = "00000000-0000-4000-8000-000000000000"
    # The others are ended all the same
    assert f"there is no silence {unknown}" in cli.error("silence", "expire", unknown, one, server=server)
    assert cli(*query, server=server).split() == [two]
    assert cli(*query, "--expired", server=server).split() == [one]
    assert cli(*query, "--expired", "--within", "1h", server=server).split() == [one]
    cli("silence", "expire", two, server=server)
    assert cli.json("silence", "query", server=server) == []

    assert "no matchers specified" in cli.error("silence", "add", "-c", "x", server=server)
    assert "a comment is required" in cli.error("silence", "add", "x", server=server)
    cli("silence", "add", "x", "--no-require-comment", server=server)
    assert "silence duration must be greater than 0" in cli.error("silence", "add", "x", "-c", "y", "-d0", server=server)
    assert "silence cannot start after it ends" in cli.error(
        "silence", "add", "x", "-c", "y", "--start", "+2h", "--end", "+1h", server=server)
    assert "400" in cli.error("silence", "add", "x=~.*", "-c", "y", server=server)
    for command in ("update", "expire"):
        assert "no silence IDs specified" in cli.error("silence", command, server=server)
    assert f"there is no silence {unknown}" in cli.error("silence", "update", "-c", "x", unknown, server=server)


def test_silences_move_to_another_server(serve, cli, tmp_path):
    here, there = serve(CONFIG), serve(CONFIG)
    for i in range(30):
        here.silence(3600 + i, comment=f"number {i} <&>", alertname="A", i=f'{i}"ü')
    exported = cli("silence", "export", server=here)
    ids = cli("silence", "import", stdin=exported, server=there).split()
    assert len(set(ids)) == 30

    def contents(server):
        keep = ("comment", "createdBy", "endsAt", "matchers")
        return sorted(json.dumps([s[k] for k in keep]) for s in server.get("/api/v2/silences"))

    assert contents(here) == contents(there)
    # Where they are known they stay the same ones
    file = tmp_path / "silences.json"
    file.write_text(exported)
    assert sorted(cli("silence", "import", file, server=here).split()) == sorted(s["id"] for s in json.loads(exported))
    assert len(server_silences := here.get("/api/v2/silences")) == 30, server_silences
    assert len(cli("silence", "import", "--force", file, server=here).split()) == 30
    assert len(here.get("/api/v2/silences")) == 60
    assert [s["matchers"][1]["value"] for s in json.loads(cli("silence", "export", r'i="3\"ü"', server=there))] == ['3"ü']

    bad = json.loads(exported)[:3]
    bad[1]["endsAt"] = rfc3339(-3600)
    done = cli.run("silence", "import", "-f", stdin=json.dumps(bad), server=there, status=1)
    assert len(done.stdout.split()) == 2
    assert f"error adding silence id='{bad[1]['id']}'" in done.stderr
    assert "couldn't import 1 out of 3 silences" in done.stderr
    for text in ("", "{", "{}", "[1"):
        assert "couldn't unmarshal input data, is it JSON?" in cli.error("silence", "import", stdin=text, server=there)
    assert "no such file" in cli.error("silence", "import", tmp_path / "none", server=there)


def test_routes(serve, cli, file):
    from_file = ("--config.file", file)
    assert cli("routes", "show", *from_file) == TREE
    assert cli("routes", *from_file) == TREE
    assert cli("config", "routes", "show", *from_file) == TREE
    assert cli("routes", "show", "--config.file", "-", stdin=CONFIG) == TREE
    labels = ("severity=critical", "team=dbx")
    assert cli("routes", "test", *from_file, *labels) == "dba,chat\n"
    assert cli("routes", "test", "--tree", *from_file, *labels) == MATCHING
    assert cli("routes", "test", *from_file, *labels, "site=lab") == "phone,chat\n"
    assert cli("routes", "test", *from_file, "severity=warning") == "mail\n"
    assert cli("routes", "test", *from_file, '"odd name"="v w"') == "chat\n"
    assert cli("routes", "test", *from_file) == "chat\n"
    verify = ("routes", "test", *from_file, *labels, "--verify.receivers")
    assert cli(*verify, "dba,chat") == "dba,chat\n"
    assert cli(*verify, "dba, chat") == "dba,chat\n"
    for wrong in ("dba", "chat,dba", "dba,chat,mail", "x"):
        assert cli(*verify, wrong, status=1) == (
            "dba,chat\nWARNING: Expected receivers did not match resolved receivers.\n")
    done = cli.json("routes", "test", *from_file, *labels)
    assert done["receivers"] == ["dba", "chat"]
    assert [r["key"] for r in done["routes"]] == ['{}/{severity="critical"}/{site!="lab",team=~"db.*"}', "{}/{}"]
    assert (done["routes"][0]["group_by"], done["routes"][0]["group_wait"]) == (["alertname"], "5s")
    tree = cli.json("routes", "show", *from_file)
    assert tree["routes"][0]["routes"][0]["matchers"] == ['site!="lab"', 'team=~"db.*"']
    assert "group_wait: 5s" in cli("routes", "show", "-o", "extended", *from_file)

    server = serve(CONFIG)
    assert cli("routes", "show", server=server) == TREE
    assert cli("routes", "test", *labels, server=server) == "dba,chat\n"

    assert "labels must be specified as name=value" in cli.error("routes", "test", *from_file, "x")
    assert "labels must be specified as name=value" in cli.error("routes", "test", *from_file, "x=~y")
    assert "no such file" in cli.error("routes", "show", "--config.file", "/nowhere.yml")
    file.write_text(CONFIG.replace("receiver: chat", "receiver: nobody"))
    assert 'undefined receiver "nobody"' in cli.error("routes", "show", *from_file)


def test_routes_of_a_server_with_secrets_and_templates(serve, cli, tmp_path):
    (tmp_path / "x.tmpl").write_text('{{ define "x" }}{{ end }}')
    server = serve(f"""
global: {{slack_api_url: 'https://hooks.example/secret', smtp_smarthost: 'mail:25', smtp_from: a@b,
         smtp_auth_username: u, smtp_auth_password: p}}
templates: ['{tmp_path}/*.tmpl']
route: {{receiver: all, routes: [{{matchers: [a=b], receiver: web}}]}}
receivers:
- name: all
  slack_configs: [{{channel: '#x'}}]
  email_configs: [{{to: x@y}}]
- name: web
  webhook_configs: [{{url: 'http://u:p@127.0.0.1:1/x', http_config: {{authorization: {{credentials: s}}}}}}]
""")
    # Templates that are not right here are nobody's business here
    (tmp_path / "x.tmpl").write_text("{{ nonsense")
    assert cli("routes", "test", "a=b", server=server) == "web\n"


def test_routes_as_amtool_draws_them(cli, tmp_path):
    # Debian's amtool takes no UTF-8 names
    file = tmp_path / "routes.yml"
    file.write_text(CONFIG.replace("""'"odd name"="v w"'""", "'odd=\"v w\"'"))
    for arguments in (["show"], ["test", "severity=critical", "team=dbx"], ["test", "--tree", "severity=critical"],
                      ["test", "--tree", "x=y"], ["test", "--verify.receivers=x", "odd=v w"]):
        done = subprocess.run(["amtool", "config", "routes", *arguments, f"--config.file={file}"],
                              capture_output=True, text=True, env=cli.env)
        # and draws with blanks that do not break
        assert cli("config", "routes", *arguments, f"--config.file={file}",
                   status=done.returncode) == done.stdout.replace("\xa0", " ")


DATA = {
    "receiver": "r", "status": "firing", "externalURL": "http://am:9093", "version": "4", "groupKey": "{}",
    "groupLabels": {"alertname": "A<b>"}, "commonLabels": {"alertname": "A<b>"}, "commonAnnotations": {},
    "alerts": [
        {"status": "firing", "labels": {"alertname": "A<b>", "i": "1"}, "annotations": {"s": "x & y"},
         "startsAt": "2026-01-02T03:04:05.6Z", "endsAt": "0001-01-01T00:00:00Z",
         "generatorURL": "http://g/?a=1&b=2", "fingerprint": "abc"},
        {"status": "resolved", "labels": {"alertname": "A<b>", "i": "2"}, "annotations": {},
         "startsAt": "2026-01-02T03:04:05+02:00", "endsAt": "2026-01-02T03:05:05+02:00", "generatorURL": "",
         "fingerprint": "abd"}]}


def test_template(cli, tmp_path):
    data, templates = tmp_path / "data.json", tmp_path / "t.tmpl"
    data.write_text(json.dumps(DATA))
    templates.write_text('{{ define "x" }}{{ .Status | toUpper }} {{ range .Alerts.Firing }}'
                         '[{{ .Labels.SortedPairs.Values | join "," }} {{ .StartsAt }} {{ .EndsAt }} {{ .Fingerprint }}]'
                         '{{ end }} n={{ len .Alerts }} {{ .CommonLabels.SortedPairs }}{{ end }}')
    render = ("template", "render", f"--template.glob={tmp_path}/*.tmpl", "--template.data", data, "--template.text")
    # As amtool 0.33.1 renders them
    assert cli(*render, '{{ template "x" . }}') == (
        "FIRING [A<b>,1 2026-01-02 03:04:05.6 +0000 UTC 0001-01-01 00:00:00 +0000 UTC abc] n=2 alertname=A<b>")
    html = ('<a href="{{ (index .Alerts 0).GeneratorURL }}">{{ range .Alerts }}{{ .Labels.alertname }}'
            '{{ .Annotations.s }}{{ end }}</a>')
    assert cli(*render, html, "--template.type", "html") == (
        '<a href="http://g/?a=1&amp;b=2">A&lt;b&gt;x &amp; yA&lt;b&gt;</a>')
    assert 'template "y" not defined' in cli.error(*render, '{{ template "y" . }}')
    assert "can't evaluate field Nope" in cli.error(*render, "{{ .Nope }}")
    assert "unclosed action" in cli.error(*render, "{{ .Alerts")

    sample = ("template", "render", "--template.text")
    assert cli(*sample, '{{ template "slack.default.title" . }}').startswith("[FIRING:1] ")
    assert cli(*sample, '{{ template "email.default.html" . }}', "--template.type=html").lstrip().startswith("<!DOCTYPE html>")
    assert re.fullmatch(r"1 firing of 2 at \d\d:\d\d\n", cli(
        *sample, '{{ len .Alerts.Firing }} firing of {{ len .Alerts }} at {{ (index .Alerts 0).StartsAt.Format "15:04" }}\n'))
    # What is left out is as it would be
    little = json.dumps({"alerts": [{"labels": {"a": "1", "b": "x"}}, {"status": "resolved", "labels": {"a": "1"}}]})
    assert cli(*sample, "{{ .Status }} {{ .CommonLabels }} {{ (index .Alerts 1).Fingerprint }}", "--template.data=-",
               stdin=little) == "firing a=1 " + fingerprint({"a": "1"})
    # Labels of the route are templates, each of which may name others
    labels = json.dumps({"routeLabels": {"x": "{{ .Status }}", "y": '<{{ routeLabels "x" }}>', "z": '{{ routeLabels "z" }}'}})
    line = '{{ routeLabels "y" }} {{ .RouteLabels.x }} {{ routeLabels "none" }}.'
    assert cli(*sample, line, "--template.data=-", stdin=labels) == "<resolved> {{ .Status }} ."
    told = cli.error(*sample, '{{ routeLabels "z" }}', "--template.data=-", stdin=labels)
    assert 'route label "z" refers to itself' in told
    for text, why in (("[]", "an object is wanted"), ('{"alerts": {}}', "alerts: an array is wanted"),
                      ('{"alerts": [{"labels": {"a": 1}}]}', "alerts[0]: labels.a: a string is wanted"),
                      ('{"alerts": [{"startsAt": "x"}]}', "alerts[0]: startsAt"), ("", "--template.data")):
        assert why in cli.error(*sample, "x", "--template.data", "-", stdin=text)
    assert "--template.text" in cli.error("template", "render")
    assert "text or html" in cli.error(*sample, "x", "--template.type", "pdf")


def fingerprint(labels):
    h = 14695981039346656037
    for name in sorted(labels):
        for byte in name.encode() + b"\xff" + labels[name].encode() + b"\xff":
            h = (h ^ byte) * 1099511628211 % 2**64
    return f"{h:016x}"


def test_check_config(cli, file, tmp_path):
    assert cli("check-config", file) == (f"Checking '{file}'  SUCCESS\nFound:\n - global config\n - route\n"
                                         " - 0 inhibit rules\n - 4 receivers\n - 0 templates\n\n")
    bad = tmp_path / "bad.yml"
    bad.write_text("route: {receiver: x}\nreceivers: [{name: x, colour: red}]\n")
    done = cli.run("check-config", file, bad, status=1)
    assert f"Checking '{bad}'  FAILED: {bad}:2:" in done.stdout and "failed to validate 1 file(s)" in done.stderr
    assert "SUCCESS" in cli("check-config", stdin=CONFIG)
    # Some programs give their children sockets for pipes
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.sendall(CONFIG.encode())
        ours.shutdown(socket.SHUT_WR)
        done = subprocess.run([BINARY, "check-config"], stdin=theirs, capture_output=True, text=True, env=cli.env)
    assert "SUCCESS" in done.stdout
    told = json.loads(cli("check-config", "-o", "json", file, bad, status=1))
    assert [t["ok"] for t in told] == [True, False]
    assert told[0]["routes"] == 6 and "colour" in told[1]["error"]


def test_status(serve, cli):
    server = serve(CONFIG)
    assert cli("config", "show", server=server).startswith("global:\n")
    assert re.search(r"^version \S+\n", cli("config", "show", "-o", "extended", server=server), re.M)
    assert cli.json("config", "show", server=server)["config"]["original"].startswith("global:\n")
    assert cli("cluster", "show", server=server) == "Cluster Status:  disabled\nNode Name:       \n"
    assert cli.json("cluster", "show", server=server)["status"] == "disabled"


def test_who_may_talk_to_whom(serve, cli, tmp_path, certificate):
    web = tmp_path / "web.yml"
    web.write_text(f"tls_server_config: {{cert_file: {certificate[0]}, key_file: {certificate[1]}}}\n"
                   "basic_auth_users:\n"
                   "  ann: $2y$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW\n")
    server = serve(CONFIG, f"--web.config.file={web}")
    url = f"https://localhost:{server.port}"
    http = tmp_path / "http.yml"
    (tmp_path / "password").write_text("secret\n")

    def show(url, settings):
        http.write_text(settings)
        return "cluster", "show", "--alertmanager.url", url, "--http.config.file", http

    tls = f"tls_config: {{ca_file: {certificate[0]}}}\n"
    users = "basic_auth: {username: ann, password_file: password}\n"
    assert "disabled" in cli(*show(url, tls + users))
    assert "disabled" in cli(*show(url, "tls_config: {insecure_skip_verify: true}\n" + users))
    assert "certificate" in cli.error(*show(url, users))
    told = cli.error(*show(url, tls + "basic_auth: {username: ann, password: wrong}\n"))
    assert "401: Unauthorized" in told and "wrong" not in told
    assert "exclusive" in cli.error(*show(url.replace("//", "//ann:secret@"), tls))
    assert "colour" in cli.error(*show(url, "colour: red"))
    assert "no such file" in cli.error("cluster", "show", "--http.config.file", "/nowhere.yml")


def test_password_in_the_url(serve, cli, tmp_path):
    web = tmp_path / "web.yml"
    web.write_text("basic_auth_users:\n  ann: $2y$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW\n")
    server = serve(CONFIG, f"--web.config.file={web}")
    address = f"127.0.0.1:{server.port}"
    assert "disabled" in cli("cluster", "show", "--alertmanager.url", f"http://ann:secret@{address}/")
    assert "401" in cli.error("cluster", "show", "--alertmanager.url", address)
    server.stop()
    told = cli.error("cluster", "show", "--alertmanager.url", f"http://ann:secret@{address}")
    assert address in told and "secret" not in told


def test_defaults_written_down_for_amtool(serve, cli):
    server = serve(CONFIG)
    defaults = pathlib.Path(cli.home, ".config/amtool/config.yml")
    defaults.parent.mkdir(parents=True)
    defaults.write_text(f"alertmanager.url: {server.url}\nauthor: team\ncomment_required: false\noutput: json\nodd: x\n")
    id = json.loads(cli("silence", "add", "x"))["silenceID"]
    assert server.get(f"/api/v2/silence/{id}")["createdBy"] == "team"
    # A flag is stronger
    assert cli("silence", "query", "-o", "simple").startswith("ID ")
    defaults.write_text("output: loud\n")
    assert "unknown output format" in cli.error("silence", "query")


def test_debians_defaults(serve, cli):
    server = serve(CONFIG)
    defaults = pathlib.Path(cli.home, ".config/prometheus/amtool.yml")
    defaults.parent.mkdir(parents=True)
    defaults.write_text(f"alertmanager.url: {server.url}\noutput: json\n")
    assert json.loads(cli("silence", "query")) == []
    stronger = pathlib.Path(cli.home, ".config/amtool/config.yml")
    stronger.parent.mkdir(parents=True)
    stronger.write_text("output: simple\n")
    assert cli("silence", "query").startswith("ID ")


def test_flags_before_the_command(serve, cli, file):
    server = serve(CONFIG)
    url = f"--alertmanager.url={server.url}"
    cli(url, "--timeout", "5s", "alert", "add", "A", "severity=critical")
    for line in ([url, "-o", "json", "alert", "query"], ["-ojson", "alert", url, "query"], ["alert", "-o=json", url],
                 ["--output", "json", "--alertmanager.url", server.url, "alert", "query", "A"],
                 [url, "--no-version-check", "-v", "alert", "query", "severity=critical", "-o", "json"]):
        assert [a["labels"]["alertname"] for a in json.loads(cli(*line))] == ["A"], line
    assert cli(url, "config", "-o", "simple", "routes") == TREE
    assert cli("config", "routes", "--config.file", file, "test", "severity=warning") == "mail\n"
    assert cli(url, "check-config", file).startswith("Checking")
    # Without a command it is the server that is meant.
    assert "unknown long flag '--alertmanager.url'" in cli.error(url)
    assert re.match(r"tocsin, version \d+\.\d+\.\d+ \(compatible with Alertmanager 0\.", cli("--version"))


def test_called_amtool(serve, amtool, file):
    server = serve(CONFIG)
    url = f"--alertmanager.url={server.url}"
    assert re.match(r"amtool, version \d+\.\d+\.\d+ \(branch: ", amtool("--version"))
    assert amtool("alert", "query", "--version") == amtool("--version")
    assert "usage: amtool" in amtool() and amtool() == amtool("--help") == amtool("help")
    assert amtool("help", "alert", "query") == amtool("alert", "query", "--help")
    assert "\n  amtool alert query --silenced" in amtool("alert", "query", "--help")
    amtool(url, "alert", "add", "A", "severity=critical")
    id = amtool(url, "--output=json", "silence", "add", "-c", "x", "B").strip()
    assert server.get(f"/api/v2/silence/{id}")["comment"] == "x"
    # A bare word is an alert's name, and what is text there is text here.
    assert [a["labels"]["alertname"] for a in json.loads(amtool(url, "-o", "json", "alert", "A"))] == ["A"]
    assert amtool("-o", "json", "config", "routes", "--config.file", file) == TREE
    assert "expected command but got \"frobnicate\"" in amtool.error("frobnicate")
    assert "unknown long flag '--config.file'" in amtool.error("--config.file=x")
    assert amtool.error("silence", "expire", url, "nobody").startswith("amtool: error: ")


def test_mistakes(cli):
    assert "127.0.0.1:1" in cli.error("alert", "query", "--alertmanager.url", "http://127.0.0.1:1")
    assert "not of the form" in cli.error("alert", "query", "--alertmanager.url", "ftp://x")
    assert "unknown long flag '--colour'" in cli.error("alert", "query", "--colour", "red")
    assert "unknown short flag '-z'" in cli.error("alert", "query", "-sz")
    assert "expected argument for flag '--receiver'" in cli.error("alert", "query", "--receiver")
    assert "unknown output format" in cli.error("alert", "query", "-o", "xml")
    assert "silence COMMAND" in cli.error("silence", "frobnicate")
    assert cli.run("alert", "query", "--alertmanager.url", "http://127.0.0.1:1", status=1).stdout == ""
    with open("/dev/full", "w") as full:
        done = subprocess.run([BINARY, "routes", "show", "--help"], stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1 and "cannot write" in done.stderr


def test_help(cli):
    text = cli("--help")
    commands = re.findall(r"^  ([a-z-]+(?: [a-z]+)?)  ", text.split("Flags:")[0], re.M)
    assert {"check-config", "alert add", "silence import", "routes test", "template render", "completion"} <= set(commands)
    for command in commands:
        told = cli(*command.split(), "--help")
        assert told.startswith(f"usage: tocsin {command} ") and "\nExamples:\n  " in told, command
    for group in {c.split()[0] for c in commands if " " in c}:
        assert f"usage: tocsin {group} COMMAND" in cli(group, "--help")


@pytest.mark.skipif(not shutil.which("groff"), reason="no groff here")
@pytest.mark.parametrize("page", ["tocsin.1", "tocsin-commands.1", "tocsin.yml.5"])
def test_manual(cli, page):
    done = subprocess.run(["groff", "-man", "-ww", "-Tutf8"], input=cli("manual", page), capture_output=True, text=True,
                          check=True)
    assert done.stderr == "" and "NAME" in done.stdout
    assert "  manual" not in cli("--help")


def test_manual_of_the_api():
    """It tells of every route that is more than the page's own."""
    page = subprocess.run([ROOT / "contrib/package/api_manual.sh"], capture_output=True, text=True, check=True).stdout
    done = subprocess.run(["groff", "-man", "-ww", "-Tutf8"], input=page, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    told = {line.replace("\\-", "-") for line in re.findall(r"(?m)^\.TP\n\.B (.*)$", page)}
    routes = re.findall(r'(?m)^ROUTE\(\w+, (\w+), "([^"]*)", (\w+)', (ROOT / "src/api/routes.def").read_text())
    wanted = {f"{method} {path}" for method, path, handler in routes if method != "HEAD" and not handler.startswith(("api_ui_", "api_gone"))}
    assert told - {"GET /"} == wanted - {"GET /api/ext/v1/backup"}


def test_completion(cli, tmp_path):
    script = tmp_path / "completion"
    script.write_text(cli("completion", "bash"))
    path = f"{BINARY.parent}:{os.environ['PATH']}"

    def complete(*words):
        program = 'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _tocsin; echo "${COMPREPLY[@]}"'
        done = subprocess.run(["bash", "-c", program, "bash", script, *words], capture_output=True, text=True,
                              env=dict(cli.env, PATH=path), check=True)
        assert done.stderr == ""
        return done.stdout.split()

    assert complete("tocsin", "ro") == ["routes"]
    assert {"alert", "silence", "check-config", "completion"} <= set(complete("tocsin", ""))
    assert complete("tocsin", "silence", "ex") == ["expire", "extend", "export"]
    assert complete("tocsin", "template", "") == ["render", "preview"]
    assert complete("tocsin", "completion", "z") == ["zsh"]
    assert complete("tocsin", "routes", "test", "--verif") == ["--verify.receivers"]
    assert complete("tocsin", "check-config", "--config") == ["--config.extra-file", "--config.expand-env"]
    assert complete("tocsin", "--storage") == ["--storage.path"]
    assert "bashcompinit" in cli("completion", "zsh")
    assert "bash or zsh" in cli.error("completion", "fish")
