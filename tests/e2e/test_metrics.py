# SPDX-License-Identifier: Apache-2.0
"""The families that Alertmanager's dashboards and alerts know, with their types and labels."""
import gzip
import pathlib
import re
import time

CONFIG = """
route: {{receiver: hook, group_by: [alertname], group_wait: 100ms, group_interval: 1s, repeat_interval: 1h}}
inhibit_rules: []
receivers:
- {{name: hook, webhook_configs: [{{url: "{url}/hook"}}]}}
"""
LISTED = pathlib.Path(__file__).parent / "alertmanager_metrics.txt"


def families(text):
    """{name: (type, {labels of its samples})}"""
    found, current = {}, None
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            _, _, current, kind = line.split()
            found[current] = (kind, set())
        elif line and not line.startswith("#"):
            labels = re.findall(r'[{,]([a-zA-Z_]+)="', line)
            found[current][1].add(",".join(sorted(set(labels) - {"le"})))
    return found


def scrape(server, **headers):
    status, headers, body = server.request("GET", "/metrics", headers=headers)
    assert status == 200
    return headers, body


def sample(server, text):
    for line in scrape(server)[1].decode().splitlines():
        if line.startswith(text + " "):
            return float(line.rsplit(" ", 1)[1])
    return None


def wait_sample(server, text, value):
    end = time.monotonic() + 300
    while sample(server, text) != value:
        assert time.monotonic() < end, f"{text} is {sample(server, text)}, not {value}"
        time.sleep(0.05)


def listed():
    for line in LISTED.read_text().splitlines():
        if not line.startswith("#"):
            name, kind, *labels = line.split()
            yield name, kind, labels[0] if labels else ""


def test_all_families_are_there(serve, sink):
    server = serve(CONFIG.format(url=sink.url), "--cluster.listen-address=127.0.0.1:0")
    server.alert(alertname="A")
    sink.wait(1)
    server.silence(alertname="B")
    server.alert(alertname="B")
    server.request("GET", "/")
    wait_sample(server, 'alertmanager_notifications_suppressed_total{reason="silence"}', 1)
    scrape(server)
    ours = families(scrape(server)[1].decode())
    missing = [(name, kind, labels) for name, kind, labels in listed()
               if name not in ours or ours[name][0] != kind or labels not in ours[name][1]]
    assert not missing, missing


def test_no_cluster_is_claimed(serve, sink):
    server = serve(CONFIG.format(url=sink.url))
    assert server.get("/api/v2/status")["cluster"] == {"peers": [], "status": "disabled"}
    clustered = [name for name in families(scrape(server)[1].decode())
                 if re.search("cluster|peer|oversized?_gossip|tls_transport", name)]
    assert clustered == ["alertmanager_cluster_enabled"]
    assert sample(server, "alertmanager_cluster_enabled") == 0


def test_peers_mean_nothing_where_the_cluster_is_off(serve, sink):
    server = serve(CONFIG.format(url=sink.url), "--cluster.listen-address=", "--cluster.peer=nowhere.example.:9094",
                   "--cluster.label=monitoring/main", "--cluster.peer-name=main-0")
    assert not any("component=cluster" in line for line in server.log)


def test_formats(serve, sink):
    server = serve(CONFIG.format(url=sink.url))
    headers, plain = scrape(server)
    assert headers["Content-Type"].startswith("text/plain; version=0.0.4")
    headers, body = scrape(server, Accept="application/openmetrics-text;version=1.0.0,text/plain;q=0.5")
    assert headers["Content-Type"].startswith("application/openmetrics-text; version=1.0.0")
    assert body.endswith(b"# EOF\n")
    headers, body = scrape(server, **{"Accept-Encoding": "gzip"})
    assert headers["Content-Encoding"] == "gzip"
    assert set(families(gzip.decompress(body).decode())) >= set(families(plain.decode()))


def test_features_add_labels(serve, sink):
    server = serve(CONFIG.format(url=sink.url), "--alerts.per-alertname-limit=1",
                   "--enable-feature=receiver-name-in-metrics,group-key-in-metrics,alert-names-in-metrics")
    for name in ("Alert names", "Experimental receiver name", "Experimental group key"):
        assert any('level=WARN' in line and f'msg="{name} in metrics enabled"' in line for line in server.log)
    server.alert(alertname="A")
    server.alert(alertname="A", more="x")
    sink.wait(1)
    hook = '{integration="webhook",receiver_name="hook"}'
    wait_sample(server, "alertmanager_notifications_total" + hook, 1)
    assert sample(server, "alertmanager_notification_requests_total" + hook) == 1
    assert sample(server, 'alertmanager_notifications_failed_total{integration="webhook",receiver_name="hook",'
                  'reason="serverError"}') == 0
    assert sample(server, 'alertmanager_alerts_limited_total{alertname="A"}') == 1
    assert sample(server, 'alertmanager_alerts{group_key="{}:{alertname=\\"A\\"}",state="active"}') == 1
    assert sample(server, 'alertmanager_notifications_total{integration="email",receiver_name="hook"}') is None
    assert server.reload(CONFIG.format(url=sink.url))[0] == 200
    assert sample(server, "alertmanager_notifications_total" + hook) == 0
