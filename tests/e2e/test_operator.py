# SPDX-License-Identifier: Apache-2.0
"""tocsin as `image:` of an Alertmanager resource of prometheus-operator (lib/operator.py)."""
import json
import re
import subprocess

import pytest

from lib.operator import PEER, Pod, cannot, make_image
from lib.ports import free_ports
from lib.server import BINARY, ROOT, rfc3339

pytestmark = pytest.mark.skipif(cannot() is not None, reason=str(cannot()))

# As the operator writes it, in alphabetical order and with its list of templates.
CONFIG = """
receivers:
- name: "null"
- name: shop/orders/oncall
  webhook_configs:
  - url: {url}/first
route:
  group_by: [alertname]
  group_wait: 100ms
  group_interval: 1s
  receiver: "null"
  repeat_interval: 4h
  routes:
  - continue: true
    matchers: [namespace="shop"]
    receiver: shop/orders/oncall
templates: []
"""


@pytest.fixture(scope="module")
def image(tmp_path_factory):
    return make_image(tmp_path_factory.mktemp("image"))


@pytest.fixture
def pod(tmp_path, image):
    """pod(config, ...): a started one, stopped cleanly at the end."""
    started = []

    def start(config, **more):
        started.append(Pod(tmp_path / f"pod{len(started)}", config, image, **more))
        return started[-1].start()

    yield start
    for p in started:
        p.stop()


def probes(server):
    assert server.request("GET", f"{server.prefix}/-/healthy")[0] == 200
    assert server.request("GET", f"{server.prefix}/-/ready")[0] == 200


def test_a_pod_of_one_replica(pod, sink):
    """Points 1, 3 and 4: any uid, nothing written but the state, an empty web configuration, reloads that change nothing."""
    server = pod(CONFIG.format(url=sink.url))
    probes(server)
    assert server.reloader() == 200
    server.alert(alertname="A", namespace="shop")
    assert sink.wait(1)[0]["path"] == "/first"
    # The reloader calls at each start and change; what is told stays told, and timers go on.
    for _ in range(3):
        assert server.reloader() == 200
    silence = server.silence(alertname="A")
    ran = server.run("amtool", f"--alertmanager.url=http://{server.spec['listen']}", "silence", "query", "-q")
    assert (ran.returncode, ran.stdout) == (0, f"{silence}\n"), ran.stderr
    ran = server.run("alertmanager", "--version")
    assert ran.returncode == 0 and ran.stdout.startswith("alertmanager, version 0."), ran
    written = server.written()
    assert "data/tocsin.db" in written and all(name == "data" or name.startswith("data/") for name in written), written
    server.stop()
    assert len(sink.items) == 1


def test_every_argument_that_the_operator_may_give(pod, sink):
    """Point 2."""
    server = pod(CONFIG.format(url=sink.url), name="alertmanager", externalUrl="http://alerts.example/am", enableFeatures="alert-names-in-metrics",
                 routePrefix="/am", getConcurrency=4, timeout=30, maxSilences=2, maxPerSilenceBytes=20_000, startDelay="0s",
                 logLevel="debug", logFormat="json", clusterAdvertiseAddress="10.0.0.1:9094", clusterGossipInterval="200ms",
                 clusterPushpullInterval="1m", clusterPeerTimeout="15s",
                 # A peer that no name server knows, with the cluster's domain behind it.
                 peers=["alertmanager-main-0.nowhere.example.:9094"],
                 additional={"auto-gomemlimit.ratio": "0.8", "no-history.enabled": None, "config.extra-file": ""})
    probes(server)
    assert server.reloader() == 200
    body = {"matchers": [{"name": "a", "value": "b" * 30_000, "isRegex": False}], "startsAt": rfc3339(), "endsAt": rfc3339(60),
            "createdBy": "x", "comment": "y"}
    status, _, text = server.request("POST", "/am/api/v2/silences", json.dumps(body), {"Content-Type": "application/json"})
    assert status == 400, text
    assert all(json.loads(line) for line in server.log)


def test_extensions_and_additions_in_a_file_of_their_own(pod, sink):
    """Point 4: the operator refuses keys that it does not know, so they stand in another key of the Secret."""
    extra = "receivers:\n- name: shop/orders/oncall\n  webhook_configs: [{{url: '{url}/{path}'}}]\nrule_files: [rules.yaml]\n"
    rules = "silences:\n- {{name: m, matchers: [alertname = Quiet], starts_at: 2020-01-01T00:00:00Z, ends_at: 2099-01-01T00:00:00Z, comment: {}}}\n"
    server = pod(CONFIG.format(url=sink.url), additional={"config.extra-file": "/etc/alertmanager/config/tocsin.yaml"},
                 files={"tocsin.yaml": extra.format(url=sink.url, path="second"), "rules.yaml": rules.format("one")})
    server.alert(alertname="A", namespace="shop")
    assert {r["path"] for r in sink.wait(2)} == {"/first", "/second"}
    # Either file alone is read anew with the next call.
    before = server.metric("alertmanager_config_hash")
    server.secret("tocsin.yaml", extra.format(url=sink.url, path="third"))
    server.secret("rules.yaml", rules.format("two"))
    assert server.reloader() == 200
    assert server.metric("alertmanager_config_hash") != before
    assert [s["comment"] for s in server.get("/api/v2/silences")] == ["two"]
    server.alert(alertname="B", namespace="shop")
    sink.wait(1, lambda r: r["path"] == "/third")
    # A mistake in it changes nothing, and is told with its place.
    server.secret("tocsin.yaml", "receivers:\n- name: mispelt\n  x: y\n")
    assert server.reloader() == 500
    server.wait_log(r"/etc/alertmanager/config/tocsin.yaml:3:3")
    server.secret("tocsin.yaml", "receivers: [{name: mispelt}]\n")
    assert server.reloader() == 200
    server.wait_log(r"mispelt.*no receiver of the configuration")


def test_replicas_find_each_other(pod, sink):
    """Point 5: addresses in brackets, a label, and names with a dot at their end."""
    ports = free_ports(2)
    peers = [f"{PEER.format(i)}:{port}" for i, port in enumerate(ports)]
    members = [pod(CONFIG.format(url=sink.url), mesh=port, peers=peers, podName=f"alertmanager-main-{i}", clusterGossipInterval="50ms")
               for i, port in enumerate(ports)]
    for m in members:
        m.wait_metric("alertmanager_cluster_members", 2)
        assert len(m.get("/api/v2/status")["cluster"]["peers"]) == 2
    # The same file, the same hash.
    assert len({m.metric("alertmanager_config_hash") for m in members}) == 1
    silence = members[0].silence(alertname="A")
    members[1].wait_metric('alertmanager_silences{state="active"}', 1)
    assert members[1].get(f"/api/v2/silence/{silence}")["id"] == silence


def test_a_tenth_of_a_processor(pod, sink):
    """Point 6: with 5,000 alerts and 500 silences ready within 10 s of a tenth of a processor, which is 1 s of one, and in 100 Mi, though
    the build under test has sanitizers."""
    server = pod(CONFIG.format(url=sink.url))
    for i in range(500):
        server.silence(comment=f"number {i}", instance=f"node-{i}")
    for i in range(0, 5000, 1000):
        server.alert(*({"alertname": f"Alert{k % 50}", "namespace": "shop", "instance": f"node-{k}", "pod": f"orders-{k:06}",
                        "severity": "warning"} for k in range(i, i + 1000)))
    server.stop()
    server.start()
    probes(server)
    seconds, resident = server.all_seconds(), server.resident_bytes()
    assert len(server.get("/api/v2/alerts")) == 5000
    assert seconds < 1, f"ready after {seconds} s of CPU"
    assert resident < 100 << 20, f"{resident >> 20} MiB"


def test_the_image_and_its_tags(pod, image):
    """Points 1 and 7."""
    assert not (image / "bin/sh").exists()
    stages = re.split(r"(?m)^FROM ", (ROOT / "Dockerfile").read_text())
    assert 'ENTRYPOINT ["/bin/tocsin"]' in stages[-1] and '"/bin/tocsin", "healthcheck"' in stages[-1]
    # With runAsNonRoot the kubelet takes no name for an answer, and there is no shell to run anything with.
    assert re.search(r"(?m)^USER \d+:\d+$", stages[-1]) and not re.search(r"(?m)^RUN ", stages[-1])
    tags = subprocess.run([ROOT / "contrib/package/tags.sh", "r/t"], capture_output=True, text=True, check=True).stdout
    assert re.fullmatch(r"-t r/t:v(\d+\.\d+\.\d+) -t r/t:v\d+\.\d+ -t r/t:v0\.\d+\.\d+-tocsin\1 \n", tags), tags
    # The image's own configuration and check of its health.
    server = pod((image / "etc/alertmanager/alertmanager.yml").read_text())
    ran = server.run("tocsin", "healthcheck", f"--alertmanager.url=http://{server.spec['listen']}")
    assert (ran.returncode, ran.stdout) == (0, "OK"), ran
    server.stop()
    ran = server.run("tocsin", "healthcheck", "--ready", f"--alertmanager.url=http://{server.spec['listen']}")
    assert ran.returncode == 1 and "tocsin: error: " in ran.stderr, ran
