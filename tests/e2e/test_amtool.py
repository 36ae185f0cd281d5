# SPDX-License-Identifier: Apache-2.0
"""Debian's amtool against the server."""
import json
import subprocess

CONFIG = """
route:
  receiver: mail
  routes:
    - {matchers: [severity=critical], receiver: phone}
    - {matchers: [team=~"db.*"], receiver: dba, continue: true}
receivers: [{name: mail}, {name: phone}, {name: dba}]
"""


def amtool(server, *arguments, status=0):
    done = subprocess.run(["amtool", "--alertmanager.url", server.url, *arguments], capture_output=True, text=True)
    assert done.returncode == status, done
    return done.stdout


def test_silences(serve):
    server = serve(CONFIG)
    one = amtool(server, "silence", "add", "-c", "deploy", "-a", "ann", "-d", "1h", "alertname=A", "severity=~warn.*").strip()
    two = amtool(server, "silence", "add", "-c", "deploy", "-a", "bob", "B").strip()
    listed = amtool(server, "silence", "query")
    assert one in listed and two in listed and 'severity=~"warn.*"' in listed
    assert amtool(server, "silence", "query", "-q", "alertname=B").split() == [two]
    amtool(server, "silence", "update", "-c", "longer", "-d", "3h", one)
    assert "longer" in amtool(server, "silence", "query", "alertname=A")
    amtool(server, "silence", "expire", one)
    assert one not in amtool(server, "silence", "query", "-q").split()
    assert one in amtool(server, "silence", "query", "-q", "--expired").split()
    exported = json.loads(amtool(server, "silence", "query", "-o", "json"))
    assert [s["id"] for s in exported] == [two]


def test_alerts(serve):
    server = serve(CONFIG)
    amtool(server, "alert", "add", "alertname=Down", "job=api", "severity=critical", "--annotation=summary=it is down")
    assert "it is down" in amtool(server, "alert", "query", "Down")
    assert "Down" not in amtool(server, "alert", "query", "alertname=Up")
    amtool(server, "silence", "add", "-c", "x", "alertname=Down")
    assert "Down" not in amtool(server, "alert", "query")
    assert "suppressed" in amtool(server, "alert", "query", "--silenced")


def test_routes_and_configuration(serve):
    server = serve(CONFIG)
    # Debian's amtool is older than the keys that the server shows, as it is than Alertmanager's
    file = f"--config.file={server.config}"
    tree = amtool(server, "config", "routes", "show", file)
    assert '{severity="critical"}' in tree and "continue: true" in tree
    assert amtool(server, "config", "routes", "test", file, "severity=critical").strip() == "phone"
    assert amtool(server, "config", "routes", "test", file, "team=dbx").strip() == "dba"
    assert amtool(server, "config", "routes", "test", file, "x=y").strip() == "mail"
    assert "receiver: mail" in amtool(server, "config", "show")
    assert "Cluster Status:" in amtool(server, "cluster", "show")
