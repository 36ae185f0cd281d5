# SPDX-License-Identifier: Apache-2.0
import signal
import time

CONFIG = """
route: {{receiver: hook, group_by: [alertname], group_wait: 200ms, group_interval: 2s, repeat_interval: 1h}}
receivers: [{{name: hook, webhook_configs: [{{url: "{url}/{path}"}}]}}]
"""


def test_a_bad_file_leaves_the_old_configuration_running(serve, sink):
    server = serve(CONFIG.format(url=sink.url, path="old"))
    status, _, body = server.reload("route: {receiver: nowhere}\nreceivers: [{name: a}]\n")
    assert status == 500 and b'undefined receiver "nowhere"' in body, body
    assert b"alertmanager.yml:1" in body
    server.wait_log("Loading configuration file failed")
    assert server.metric("alertmanager_config_last_reload_successful") == 0
    server.alert(alertname="A")
    assert sink.wait(1)[0]["path"] == "/old"
    assert server.reload(CONFIG.format(url=sink.url, path="new"))[0] == 200
    assert server.metric("alertmanager_config_last_reload_successful") == 1
    server.alert(alertname="B")
    assert sink.wait(1, lambda r: r["path"] == "/new")


def test_sighup_reloads(serve, sink):
    server = serve(CONFIG.format(url=sink.url, path="old"))
    server.config.write_text(CONFIG.format(url=sink.url, path="new"))
    server.process.send_signal(signal.SIGHUP)
    server.wait_log("Completed loading of configuration file")
    server.alert(alertname="B")
    assert sink.wait(1)[0]["path"] == "/new"


def test_a_reload_sends_nothing_by_itself(serve, sink):
    config = CONFIG.format(url=sink.url, path="same")
    server = serve(config)
    server.alert(alertname="A")
    sink.wait(1)
    for _ in range(5):
        assert server.reload(config)[0] == 200
    server.alert(alertname="Later")
    sink.wait(2)
    assert [r["json"]["commonLabels"]["alertname"] for r in sink.items] == ["A", "Later"]


def test_configurations_go_while_others_come(serve):
    """Reloads that follow each other without a pause leave no pile of those before."""
    server = serve(CONFIG.format(url="http://127.0.0.1:9", path="0"))
    reloads, end = 0, time.monotonic() + 60
    while server.metric("tocsin_configurations_held") > 1 + reloads / 2 or reloads < 10:
        assert time.monotonic() < end, f"{server.metric('tocsin_configurations_held')} are left of {reloads}"
        reloads += 1
        assert server.reload(CONFIG.format(url="http://127.0.0.1:9", path=str(reloads)))[0] == 200
