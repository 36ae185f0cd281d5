# SPDX-License-Identifier: Apache-2.0
"""The web page as HTTP sees it: paths, headers, caching, prefixes, and what a web configuration changes."""
import base64
import contextlib
import gzip
import http.client
import http.server
import json
import pathlib
import re
import subprocess
import threading
import time

from lib.server import rfc3339

CONFIG = """
route: {receiver: none}
receivers: [{name: none}]
"""
# bcrypt of "secret"
ANN = "$2b$04$abcdefghijklmnopqrstuu2r9OfJnfCsdneAXAGHnS4UpFFP8WIrW"
BASIC = {"Authorization": "Basic " + base64.b64encode(b"ann:secret").decode()}
POLICY = ("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; manifest-src 'self'; "
          "base-uri 'none'; form-action 'none'; frame-ancestors 'self'; require-trusted-types-for 'script'; "
          "trusted-types 'none'")
PROTECTIONS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=()",
}
NOT_KEPT = {"Cache-Control": "no-cache, no-store, must-revalidate", "Pragma": "no-cache", "Expires": "0"}
SOURCES = pathlib.Path(__file__).resolve().parents[2] / "src/ui"


def boot_of(page):
    return json.loads(re.search(r'<script type="application/json" id="boot">(.*?)</script>', page.decode(), re.S).group(1))


def has(headers, wanted):
    assert {name: headers[name] for name in wanted} == wanted


def check_page(server, prefix=""):
    """Everything of A1 below a prefix."""
    status, headers, page = server.request("GET", f"{prefix}/?anything=1", headers={"Accept-Encoding": "gzip"})
    assert (status, headers["Content-Type"], headers["Vary"]) == (200, "text/html; charset=utf-8", "Accept-Encoding")
    assert headers["Content-Encoding"] == "gzip"
    has(headers, PROTECTIONS | NOT_KEPT)
    page = gzip.decompress(page)
    boot = boot_of(page)
    assert not re.search(r"""(?:href|src)="(?:/|https?:)""", page.decode()), "an address that is not relative"
    assets = re.findall(r'(?:href|src)="(assets/([0-9a-f]{12})/([^"]+))"', page.decode())
    assert {h for _, h, _ in assets} == {boot["assets"]}
    names = {name for _, _, name in assets}
    assert "page.css" in names
    assert {name for name in names if name.endswith(".js")} == {"main.js"}
    for path, _, name in assets:
        status, headers, _ = server.request("GET", f"{prefix}/{path}")
        assert (status, headers["Cache-Control"]) == (200, "public, max-age=31536000, immutable"), name
    status, headers, icon = server.request("GET", f"{prefix}/favicon.ico")
    assert (status, headers["Content-Type"]) == (200, "image/vnd.microsoft.icon")
    assert icon[:4] == b"\0\0\1\0" and len(icon) < 3000
    has(headers, NOT_KEPT | PROTECTIONS)
    for path in ("index.html", "script.js", "lib/x.css", "assets/", "robots.txt", "debug/pprof/", "debug/vars",
                 f"assets/{boot['assets']}/index.html", f"assets/{boot['assets']}/none.js",
                 f"assets/{boot['assets']}/../index.html", "assets/000000000000/main.js"):
        status, headers, body = server.request("GET", f"{prefix}/{path}")
        if status == 301:
            status, headers, body = server.request("GET", headers["Location"])
        assert (status, headers["Content-Type"], body) == (404, "text/plain; charset=utf-8", b"404 page not found\n"), path
    for method in ("HEAD", "POST", "PUT", "DELETE"):
        status, headers, _ = server.request(method, f"{prefix}/")
        assert (status, headers["Allow"]) == (405, "GET, OPTIONS"), method
    status, headers, body = server.request("OPTIONS", f"{prefix}/")
    assert (status, headers["Allow"], body) == (200, "GET, OPTIONS", b"")
    for path, to in {
        "//": "/", "/Favicon.ico": "/favicon.ico",
    }.items():
        status, headers, _ = server.request("GET", prefix + path)
        assert (status, headers["Location"]) == (301, prefix + to), path
    for path, to in {
        "alerts": "./#/alerts", "silences?filter=%7Ba%3D%22b%22%7D": "./#/silences?filter=%7Ba%3D%22b%22%7D",
        "status": "./#/status", "config": "./#/config", "ui": "./#/alerts", "ui/": "../#/alerts",
        "ui/silences": "../#/silences", "ui/silences/ID?x=1": "../../#/silences/ID?x=1",
    }.items():
        status, headers, _ = server.request("GET", f"{prefix}/{path}")
        assert (status, headers["Location"]) == (302, to), path
    return boot


def test_paths_and_headers(serve):
    server = serve(CONFIG)
    boot = check_page(server)
    assert (boot["prefix"], boot["me"]) == ("/", {"name": None, "source": None, "can": ["silence", "ack", "test", "reload"]})
    assert boot["overview"]["alerts"]["total"] == 0 and boot["instance"] == boot["overview"]["instance"]
    # The API answers JSON, whoever asks; and it has none of the page's headers.
    status, headers, body = server.request("GET", "/api/v2/alerts", headers={"Accept": "text/html,*/*;q=0.8"})
    assert (status, body, headers["Content-Security-Policy"]) == (200, b"[]\n", None)


def test_prefix(serve):
    server = serve(CONFIG, "--web.external-url=https://alerts.example/am")
    boot = check_page(server, "/am")
    assert (boot["prefix"], boot["external_url"]) == ("/am/", "https://alerts.example/am")
    for path, status, to in (("/", 302, "/am"), ("/am", 301, "/am/")):
        got, headers, _ = server.request("GET", path)
        assert (got, headers["Location"]) == (status, to)
    for path in ("/favicon.ico", "/alerts", "/amx", f"/assets/{boot['assets']}/main.js"):
        assert server.request("GET", path)[0] == 404


def test_behind_a_proxy_that_strips_the_prefix(serve):
    """What the page names is found below whatever path the proxy gives it."""
    server = serve(CONFIG, "--web.external-url=http://proxy.example/deep/am/", "--web.route-prefix=/")

    class Proxy(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            assert self.path.startswith("/deep/am/"), self.path
            status, headers, body = server.request("GET", self.path[len("/deep/am"):])
            self.send_response(status)
            for name in ("Content-Type", "Location"):
                if headers[name]:
                    self.send_header(name, headers[name])
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    proxy = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    threading.Thread(target=proxy.serve_forever, daemon=True).start()

    def ask(path):
        connection = http.client.HTTPConnection("127.0.0.1", proxy.server_address[1], timeout=300)
        with contextlib.closing(connection):
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()

    page = ask("/deep/am/")[2]
    assert boot_of(page)["prefix"] == "/"
    links = re.findall(r'(?:href|src)="([^"]+)"', page.decode())
    assert links and all(ask("/deep/am/" + link)[0] == 200 for link in links)
    # Relative to what was asked, they stay below the proxy's path.
    assert ask("/deep/am/alerts")[1]["Location"] == "./#/alerts"
    proxy.shutdown()
    proxy.server_close()


def first_modules():
    """The modules that the page cannot begin without: main.js, what it imports, and what that imports."""
    found, todo = set(), ["main.js"]
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            todo += re.findall(r"from '\./([\w-]+\.js)'", (SOURCES / name).read_text())
    return found


def plain_of(text, comment=r"(?!)"):
    """All of a script or style sheet but indentation and lines that are comment alone."""
    text = re.sub(r"^[ \t]*/\*.*?\*/[ \t]*\n", "", text, flags=re.S | re.M)
    text = re.sub(comment, "", text, flags=re.M)
    return re.sub(r"\n[ \t\n]+", "\n", "\n" + text)[1:]


def sheet_of(text):
    """The same of a style sheet, without what no browser needs between its words."""
    return re.sub(r" {", "{", re.sub(r"([:;,{}])[ \n]", r"\1", plain_of(text))).replace(";}", "}")


def squeezed(line):
    """A line of a script without spaces beside its operators, but as it is where it has text in other than single quotes."""
    if re.search(r'[`"/]', re.sub(r"'(?:[^'\\]|\\.)*'", "", line)):
        return line
    parts = re.split(r"('(?:[^'\\]|\\.)*')", line)
    return "".join(p if p.startswith("'") else re.sub(r" *([=<>!&|?:;,{}()*%[\]]+) *", r"\1", p) for p in parts)


def lines_of(module):
    """The lines of a module as they stand in the script it is served in."""
    text = plain_of((SOURCES / module).read_text(), r"^[ \t]*//.*\n")
    text = re.sub(r"^(import|export) \{[^}]*\} from '[^']*';\n", "", text, flags=re.M)
    text = re.sub(r"import\('\./\w+\.js'\)", "import('./pages.js')", text)
    return "\n".join(squeezed(line) for line in text.split("\n"))


def test_all_modules_are_served(serve):
    """Two scripts: what the page begins with, and what it fetches later. Each module is whole and in one of them."""
    server = serve(CONFIG)
    hash_ = boot_of(server.request("GET", "/")[2])["assets"]
    scripts = {name: server.request("GET", f"/assets/{hash_}/{name}")[2].decode() for name in ("main.js", "pages.js")}
    left = dict(scripts)
    for module in (file.name for file in SOURCES.glob("*.js")):
        where, other = ("main.js", "pages.js") if module in first_modules() else ("pages.js", "main.js")
        text = lines_of(module)
        assert scripts[where].count(text) == 1 and text not in scripts[other], module
        left[where] = left[where].replace(text, "")
        assert server.request("GET", f"/assets/{hash_}/{module}")[0] == (200 if module == "main.js" else 404), module
    # Nothing else is in them but what the second has of the first.
    assert left["main.js"].strip() == ""
    assert re.fullmatch(r"import\{[\w,]+\}from './main.js';", left["pages.js"].strip())


def embedded(tmp_path, text):
    """A script as the build puts it into the program."""
    source, table = tmp_path / "sample.js", tmp_path / "table.c"
    source.write_text(text)
    done = subprocess.run(["cmake", f"-DOUT={table}", "-DNAME=sample", "-DPACKED=TRUE", f"-DFILES={source}", "-P",
                           SOURCES.parent.parent / "contrib/cmake/embed_script.cmake"], capture_output=True, text=True, check=False)
    if done.returncode:
        return done.stderr
    bytes_ = re.search(r" bytes_0\[\] = \{(.*?)0\};", table.read_text(), re.S).group(1)
    return bytes(int(b, 16) for b in re.findall("0x(..),", bytes_)).decode()


def test_scripts_are_embedded_without_what_says_nothing(tmp_path):
    text = embedded(tmp_path, """// A comment
/**
 * and another one; [
 */
const a = { b: 'it\\'s = { x }; y', c: [1, 2] };
for (let i = 0; i < 3; i++) { f(a ? .5 : 1, b => c); }

\tconst s = ` x = ${a ? 'b' : "c"} ; // no comment`;
const r = /a = b/.test(' x = y '), q = [ " = " ];
\treturn a - -1 + +b in x ? 'http://a' : ']' ;
return a = '/' / b = '/';
""")
    assert text == r"""const a={b:'it\'s = { x }; y',c:[1,2]};
for(let i=0;i<3;i++){f(a?.5:1,b=>c);}
const s = ` x = ${a ? 'b' : "c"} ; // no comment`;
const r = /a = b/.test(' x = y '), q = [ " = " ];
return a - -1 + +b in x?'http://a':']';
return a = '/' / b = '/';
"""
    assert "this quote has no end: 'b" in embedded(tmp_path, "a = 'b\n';\n")


def served():
    """What is served below assets/, by name, with its bytes where they are those of one file, or of all style sheets."""
    sheets = sorted(SOURCES.glob("*.css"), key=lambda f: (f.name != "style.css", f.name))
    yield "page.css", sheet_of("".join(f.read_text() for f in sheets)).encode()
    yield "main.js", None
    yield "pages.js", None
    for file in SOURCES.iterdir():
        if file.suffix in (".svg", ".png", ".ico", ".webmanifest"):
            yield file.name, file.read_bytes()


def test_assets_are_kept_and_packed(serve):
    server = serve(CONFIG)
    hash_ = boot_of(server.request("GET", "/")[2])["assets"]
    types = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml",
             ".png": "image/png", ".ico": "image/vnd.microsoft.icon", ".webmanifest": "application/manifest+json"}
    packed = first = 0
    for name, source in served():
        suffix = name[name.rindex("."):]
        path = f"/assets/{hash_}/{name}"
        status, headers, plain = server.request("GET", path, headers={"Accept-Encoding": "gzip;q=0, identity"})
        assert (status, headers["Content-Encoding"]) == (200, None) and plain == (source or plain), name
        assert (headers["Content-Type"], headers["Vary"], headers["ETag"]) == \
            (types[suffix], "Accept-Encoding", f'"{hash_}"'), name
        has(headers, PROTECTIONS)
        status, headers, body = server.request("GET", path, headers={"Accept-Encoding": "gzip, br"})
        packed += len(body)
        if name != "pages.js":
            first += len(body)
        assert (gzip.decompress(body) if headers["Content-Encoding"] == "gzip" else body) == plain, name
        status, headers, body = server.request("GET", path, headers={"If-None-Match": f'"x", W/"{hash_}"'})
        assert (status, body, headers["ETag"]) == (304, b"", f'"{hash_}"'), name
    # ui.md C10: bounds on what is fetched until the first page is there, and on all of it.
    index = len(gzip.compress(server.request("GET", "/")[2]))
    assert first + index < 100_000, first + index
    assert packed + index < 150_000, packed + index


def test_hostile_start_up_data(serve):
    """What others chose is in the document only as escapes."""
    server = serve(CONFIG, "--web.external-url=http://x.example/?</script><!--&", "--web.route-prefix=/")
    page = server.request("GET", "/")[2]
    text = re.search(rb'id="boot">(.*)</script>\n<script type="module"', page, re.S).group(1)
    assert not re.search(rb"[<>&]", text)
    assert boot_of(page)["external_url"] == "http://x.example?</script><!--&"


def test_administrators_headers(serve, tmp_path):
    web = tmp_path / "web.yml"
    web.write_text("http_server_config:\n  headers: {X-Frame-Options: deny}\n")
    server = serve(CONFIG, f"--web.config.file={web}")
    headers = server.request("GET", "/")[1]
    # Browsers pass over X-Frame-Options where a policy speaks of frames.
    assert (headers["X-Frame-Options"], headers["Content-Security-Policy"]) == \
        ("deny", POLICY.replace("frame-ancestors 'self'; ", ""))
    web.write_text("http_server_config:\n  headers: {Content-Security-Policy: \"default-src 'self'\"}\n")
    server2 = serve(CONFIG, f"--web.config.file={web}")
    headers = server2.request("GET", "/")[1]
    assert headers.get_all("Content-Security-Policy") == ["default-src 'self'"]


def test_rate_limit_spares_assets(serve, tmp_path):
    """A page of many files does not lock itself out; but passwords are not tried any faster on them."""
    web = tmp_path / "web.yml"
    web.write_text(f"basic_auth_users:\n  ann: {ANN}\nrate_limit: {{burst: 2, interval: 1h}}\n")
    server = serve(CONFIG, f"--web.config.file={web}")
    status, _, page = server.request("GET", "/", headers=BASIC)
    boot = boot_of(page)
    assert (status, boot["me"]["name"], boot["me"]["source"]) == (200, "ann", "basic")
    asset = f"/assets/{boot['assets']}/main.js"
    assert {server.request("GET", asset, headers=BASIC)[0] for _ in range(20)} == {200}
    assert [server.request("GET", asset)[0] for _ in range(2)] == [401, 429]
    assert server.request("GET", asset, headers=BASIC)[0] == 200
    assert server.request("GET", "/", headers=BASIC)[0] == 429


def test_the_page_needs_no_place_among_gets(serve):
    """However many ask for lists, the page opens."""
    server = serve(CONFIG, "--web.get-concurrency=1")
    big = [{"labels": {"alertname": f"a{i}", "text": "x" * 2000}} for i in range(5000)]
    server.post("/api/v2/alerts", big)
    connection = http.client.HTTPConnection(server.host, server.port, timeout=300)
    with contextlib.closing(connection):
        connection.request("GET", "/api/v2/alerts")
        status, _, page = server.request("GET", "/")
        assert status == 200
        assert server.request("GET", f"/assets/{boot_of(page)['assets']}/main.js")[0] == 200
        connection.getresponse().read()


def test_a_reload_keeps_the_hash(serve):
    server = serve(CONFIG)
    before = boot_of(server.request("GET", "/")[2])
    assert server.reload(CONFIG)[0] == 200
    after = boot_of(server.request("GET", "/")[2])
    assert before["assets"] == after["assets"]


SITE = CONFIG + """
ui:
  title: prod-eu
  severity: {label: level, order: [disaster, high, odd, info]}
  default_filter: '{env="prod"}'
  hide_labels: [prometheus]
  annotations: {first: [summary], buttons: [runbook_url]}
  links: [{regex: '(OPS-[0-9]+)', url: 'https://tickets.example/$1'}]
  silence:
    durations: [1h, 90m]
    require_comment: true
    max_duration: 30d
    templates: [{name: deploy, matchers: [team = web], duration: 30m, comment: deploying}]
  heartbeats: [{name: prom-eu, matchers: [alertname = Watchdog, prometheus =~ "eu.*"]}, {name: other, matchers: [a = b]}]
"""


def ui_of(server):
    return boot_of(server.request("GET", "/")[2])["ui"]


def test_site_defaults(serve):
    server = serve(CONFIG)
    assert ui_of(server) == {}
    before = server.get("/api/v2/status")["config"]["original"]
    assert server.reload(SITE)[0] == 200
    assert ui_of(server) == {
        "title": "prod-eu",
        "severity": {"label": "level", "order": ["disaster", "high", "odd", "info"],
                     "classes": ["critical", "warning", "warning", "info"]},
        "default_filter": '{env="prod"}', "hide_labels": ["prometheus"],
        "annotations": {"first": ["summary"], "buttons": ["runbook_url"]},
        "links": [{"regex": "(OPS-[0-9]+)", "url": "https://tickets.example/$1"}],
        "silence": {"durations": ["1h", "1h30m"], "require_comment": True, "max_duration": "30d",
                    "templates": [{"name": "deploy", "matchers": ['team="web"'], "duration": "30m", "comment": "deploying"}]},
        "heartbeats": [{"name": "prom-eu", "matchers": ['alertname="Watchdog"', 'prometheus=~"eu.*"']},
                       {"name": "other", "matchers": ['a="b"']}]}
    assert server.get("/api/ext/v1/status")["ui"] == ui_of(server)
    # A comment is wanted unless the site says otherwise, as on Alertmanager's page.
    for silence, wanted in (("", True), ("\n  silence: {require_comment: false}", False)):
        assert server.reload(f"{CONFIG}\nui:\n  title: x{silence}\n")[0] == 200
        assert ui_of(server)["silence"]["require_comment"] is wanted
    assert server.reload(SITE)[0] == 200
    # What Alertmanager's own tools read has none of it.
    assert server.get("/api/v2/status")["config"]["original"] == before
    # A mistake changes nothing.
    status, _, body = server.reload(SITE.replace("30d", "soon"))
    assert status == 500 and b"ui.silence.max_duration" in body
    assert ui_of(server)["silence"]["max_duration"] == "30d"


def test_severity_by_the_order_of_a_site(serve):
    server = serve(SITE)
    server.alert({"alertname": "A", "level": "info"}, {"alertname": "B", "level": "odd"}, {"alertname": "C", "level": "unknown"},
                 {"alertname": "D", "level": "page"}, {"alertname": "E", "level": "HIGH"}, {"alertname": "F", "severity": "critical"})
    items = server.get("/api/ext/v1/alerts", sort="severity")["items"]
    assert [(i["labels"]["alertname"], i["severity"]) for i in items] == \
        [("D", "disaster"), ("E", "high"), ("B", "odd"), ("A", "info"), ("C", "unknown"), ("F", "")]
    assert server.get("/api/ext/v1/overview")["alerts"]["severity"] == {"critical": 1, "warning": 2, "info": 1, "other": 2}
    assert [g["severity"] for g in server.get("/api/ext/v1/groups")["items"]] == ["disaster"]


def test_heartbeats(serve):
    server = serve(SITE)

    def missing():
        problems = server.get("/api/ext/v1/overview")["problems"]
        return [p["text"] for p in problems if p["code"] == "heartbeat_missing"]

    def beats():
        return {b["name"]: (b["ok"], b["missing_since"]) for b in server.get("/api/ext/v1/status")["heartbeats"]}

    def until(probe, wanted):
        end = time.monotonic() + 300
        while (got := probe()) != wanted:
            assert time.monotonic() < end, got
            time.sleep(0.05)

    assert beats() == {"prom-eu": (False, None), "other": (False, None)}
    assert len(missing()) == 2
    watchdog = {"alertname": "Watchdog", "prometheus": "eu-1"}
    server.alert(watchdog)
    server.silence(alertname="Watchdog")
    until(lambda: beats()["prom-eu"], (True, None))
    assert [m.split(" is ")[0] for m in missing()] == ["heartbeat other"]
    ends = rfc3339()
    server.post("/api/v2/alerts", [{"labels": watchdog, "startsAt": rfc3339(-60), "endsAt": ends}])
    until(lambda: beats()["prom-eu"], (False, ends))
    # Another configuration has other heartbeats.
    assert server.reload(CONFIG)[0] == 200
    until(beats, {})
    assert missing() == []
