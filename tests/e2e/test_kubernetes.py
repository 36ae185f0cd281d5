# SPDX-License-Identifier: Apache-2.0
"""Manifests, the chart and the compose files of contrib/: they fit their schemas and each other, and the program starts with what they
give it."""
import json
import os
import re
import shutil
import subprocess

import pytest
import yaml

from lib.manifests import Chart, check, fits, kustomize
from lib.ports import free_port
from lib.server import BINARY, ROOT

CONTRIB = ROOT / "contrib"
PLAIN = [CONTRIB / "kubernetes/base", CONTRIB / "kubernetes/cluster"]
ALL = PLAIN + sorted(p.parent for p in (CONTRIB / "examples").glob("*/kustomization.yaml") if p.parent.name != "templates")
CHART = Chart(CONTRIB / "helm/tocsin")
COMPOSE = sorted([*CONTRIB.glob("**/compose.yml")])


def find(found, kind, name="alertmanager"):
    [document] = [d for d in found if (d["kind"], d["metadata"]["name"]) == (kind, name)]
    return document


def pod(found):
    return find(found, "StatefulSet")["spec"]["template"]["spec"]


@pytest.mark.parametrize("directory", ALL, ids=lambda d: d.name)
def test_manifests_fit_their_schemas(directory):
    found = kustomize(directory)
    for document in found:
        check(document)
    names = [(d["kind"], d["metadata"]["name"]) for d in found]
    assert len(names) == len(set(names))
    # what is referred to is there
    for service in ("alertmanager", "alertmanager-members"):
        ports = {p["name"] for p in pod(found)["containers"][0]["ports"]}
        assert {p["targetPort"] for p in find(found, "Service", service)["spec"]["ports"]} <= ports
    for volume in pod(found)["volumes"]:
        if "configMap" in volume and not volume["configMap"].get("optional"):
            find(found, "ConfigMap", volume["configMap"]["name"])
    mounted = {m["name"] for m in pod(found)["containers"][0]["volumeMounts"]}
    claims = {c["metadata"]["name"] for c in find(found, "StatefulSet")["spec"]["volumeClaimTemplates"]}
    assert mounted == claims | {v["name"] for v in pod(found)["volumes"]}


@pytest.mark.skipif(not shutil.which("kubectl"), reason="no kubectl here; lib/manifests.py stands in for it")
@pytest.mark.parametrize("directory", ALL, ids=lambda d: d.name)
def test_kustomize_says_the_same(directory):
    done = subprocess.run(["kubectl", "kustomize", directory], check=True, capture_output=True, text=True)
    # but for the hashes behind names of ConfigMaps
    text = re.sub(r"\balertmanager-[a-z0-9]{10}$", "alertmanager", done.stdout, flags=re.M)

    def sorted_by_name(found):
        return sorted(found, key=lambda d: (d["kind"], d["metadata"]["name"]))

    assert sorted_by_name(yaml.safe_load_all(text)) == sorted_by_name(kustomize(directory))


def test_a_mistake_is_noticed():
    for path, key, value in [(("spec",), "replica", 3), (("spec",), "replicas", "3"), (("spec", "template", "spec", "containers", 0), "ports", {}),
                             (("spec", "template", "spec", "containers", 0), "name", None)]:
        document = find(kustomize(PLAIN[0]), "StatefulSet")
        at = document
        for step in path:
            at = at[step]
        at[key] = value
        with pytest.raises(AssertionError):
            check(document)


def started_with(arguments, directory):
    """The same flags, of this machine's paths and addresses."""
    out = []
    for a in arguments:
        a = a.replace("/etc/alertmanager/config", str(directory)).replace("--storage.path=/alertmanager", f"--storage.path={directory}/data")
        a = re.sub(r"\$\(POD_IP\):9094", "127.0.0.1:%d" % free_port(), a)
        a = a.replace("$(POD_NAME)", "alertmanager-0").replace("$(POD_NAMESPACE)", "monitoring")
        out.append(re.sub(r"alertmanager-\d\.alertmanager-members:9094", "127.0.0.1:1", a))
    return out


@pytest.mark.parametrize("directory", PLAIN, ids=lambda d: d.name)
def test_the_program_takes_the_flags(serve, directory):
    found = kustomize(directory)
    [container] = pod(found)["containers"]
    config = find(found, "ConfigMap")["data"]["alertmanager.yml"]
    flags = [a for a in container["args"] if not a.startswith(("--config.file", "--storage.path"))]
    cluster = ["--cluster.listen-address=127.0.0.1:0"] if directory.name == "cluster" else []
    flags = [f for f in started_with(flags, directory) if not (cluster and "advertise" in f)]
    server = serve(config, *flags, *cluster)
    for probe in ("readinessProbe", "livenessProbe"):
        assert server.request("GET", container[probe]["httpGet"]["path"])[0] == 200
    # members are found by the names of this StatefulSet
    if cluster:
        headless, replicas = find(found, "Service", "alertmanager-members")["metadata"]["name"], find(found, "StatefulSet")["spec"]["replicas"]
        assert [a for a in container["args"] if "--cluster.peer=" in a] == [
            f"--cluster.peer=alertmanager-{i}.{headless}:9094" for i in range(replicas)]


def test_the_backup_is_one(serve, tmp_path):
    [copy] = find(kustomize(CONTRIB / "examples/data-platform"), "CronJob", "alertmanager-backup")["spec"]["jobTemplate"]["spec"]["template"]["spec"][
        "initContainers"]
    server = serve("route: {receiver: none}\nreceivers: [{name: none}]\n")
    kept = server.silence(alertname="Kept")
    args = [a.replace("http://alertmanager-0.alertmanager-members:9093", server.url).replace("/backup/$(POD_NAME)", str(tmp_path / "copy"))
            for a in copy["args"]]
    subprocess.run([BINARY, *args], check=True, capture_output=True)
    # another node, an empty volume: the copy in place of the database, and no log of the old one beside it
    second = serve("route: {receiver: none}\nreceivers: [{name: none}]\n")
    second.stop()
    shutil.rmtree(second.dir / "data")
    (second.dir / "data").mkdir()
    shutil.copy(tmp_path / "copy.db", second.dir / "data/tocsin.db")
    second.start()
    assert [s["id"] for s in second.get("/api/v2/silences")] == [kept]


def test_the_restore_pod_puts_the_newest_backup_in_place(tmp_path):
    spec = json.loads((CONTRIB / "kubernetes/backup/restore.json").read_text())["spec"]
    fits(spec, "V1PodSpec", "restore")
    platform = kustomize(CONTRIB / "examples/data-platform")
    state = find(platform, "StatefulSet")
    claims = {v["name"]: v["persistentVolumeClaim"]["claimName"] for v in spec["volumes"]}
    assert claims == {"backup": find(platform, "PersistentVolumeClaim", "alertmanager-backup")["metadata"]["name"],
                      "data": f"{state['spec']['volumeClaimTemplates'][0]['metadata']['name']}-{state['metadata']['name']}-0"}
    backup, data = tmp_path / "backup", tmp_path / "data"
    for d in (backup, data):
        d.mkdir()
    for age, name in enumerate(["new.db", "old.db"]):
        (backup / name).write_text(name)
        os.utime(backup / name, (1000 - age, 1000 - age))
    for name in ("tocsin.db", "tocsin.db-wal", "tocsin.db-confirmed", "tocsin.db-redo"):
        (data / name).write_text("before")
    command = [c.replace("/backup", str(backup)).replace("/alertmanager", str(data)) for c in spec["containers"][0]["command"]]
    subprocess.run(command, check=True)
    assert {p.name: p.read_text() for p in data.iterdir()} == {"tocsin.db": "new.db"}


def test_rules_for_the_operator():
    for path in sorted((ROOT / "rules").glob("*.rules.yml")):
        done = subprocess.run([CONTRIB / "kubernetes/prometheus-rule.sh", "some", path], check=True, capture_output=True, text=True)
        document = yaml.safe_load(done.stdout)
        check(document)
        assert document["spec"] == yaml.safe_load(path.read_text())


def test_what_the_operator_is_given(tmp_path):
    secret, resource = yaml.safe_load_all((CONTRIB / "kubernetes/operator/alertmanager.yaml").read_text())
    check(secret)
    fits(resource["spec"]["storage"]["volumeClaimTemplate"], "V1PersistentVolumeClaim", "storage")
    fits(resource["spec"]["securityContext"], "V1PodSecurityContext", "securityContext")
    stack = yaml.safe_load((CONTRIB / "kubernetes/operator/kube-prometheus-stack.yaml").read_text())["alertmanager"]["alertmanagerSpec"]
    for spec in (resource["spec"], stack):
        # which flags the operator writes: never the image's own number
        assert re.fullmatch(r"0\.\d+\.\d+", spec["version"])
        [extra] = spec["additionalArgs"]
        assert extra["name"] == "config.extra-file" and extra["value"].rsplit("/", 1)[1] in secret["stringData"]
    for name, text in secret["stringData"].items():
        (tmp_path / name).write_text(text)
    subprocess.run([BINARY, "check-config", f"--config.extra-file={tmp_path}/tocsin.yaml", tmp_path / "alertmanager.yaml"], check=True,
                   capture_output=True)


EVERYTHING = {"ingress": {"enabled": True}, "serviceMonitor": {"enabled": True}, "prometheusRule": {"enabled": True}, "backup": {"enabled": True}}


@pytest.mark.parametrize("values", [{}, {"replicas": 3}, {"replicas": 3, **EVERYTHING}, {
    "extraArgs": ["--web.external-url=https://a.example/"], "templates": {"a.tmpl": '{{ define "a" }}x{{ end }}\n'}, "existingSecret": "s",
    "storage": {"className": "fast"}, "nodeSelector": {"a": "b"}, "tolerations": [{"operator": "Exists"}], "networkPolicy": {"enabled": False}}],
    ids=["one", "three", "everything", "settings"])
def test_the_chart_fits_the_schemas(values):
    for document in CHART.render(**values):
        check(document)


def without_labels(document):
    """What the chart has of its own: pull policy, the hash of the configuration, the tag."""
    spec = document["spec"]["template"]
    spec["metadata"].pop("annotations", None)
    for c in spec["spec"]["containers"]:
        c.pop("imagePullPolicy", None)
        c["image"] = c["image"].split(":")[0]
    for v in spec["spec"]["volumes"]:
        if v["name"] == "messages":
            v["configMap"]["name"] = "messages"
    return document


@pytest.mark.parametrize("directory", PLAIN, ids=lambda d: d.name)
def test_the_chart_makes_the_plain_manifests(directory):
    plain, made = kustomize(directory), CHART.render(replicas=3 if directory.name == "cluster" else 1)
    assert without_labels(find(made, "StatefulSet")) == without_labels(find(plain, "StatefulSet"))
    for kind, name in [("Service", "alertmanager"), ("Service", "alertmanager-members"), ("NetworkPolicy", "alertmanager")]:
        assert find(made, kind, name) == find(plain, kind, name)
    assert yaml.safe_load(find(made, "ConfigMap")["data"]["alertmanager.yml"]) == yaml.safe_load(find(plain, "ConfigMap")["data"]["alertmanager.yml"])
    everything = CHART.render(replicas=3, **EVERYTHING)
    platform = kustomize(CONTRIB / "examples/data-platform")
    for kind, name in [("ServiceMonitor", "alertmanager"), ("PodDisruptionBudget", "alertmanager")]:
        assert find(everything, kind, name)["spec"] == find(platform, kind, name)["spec"]
    assert find(everything, "PrometheusRule")["spec"] == yaml.safe_load((ROOT / "rules/tocsin.rules.yml").read_text())


def test_the_community_chart_gets_what_it_knows(tmp_path):
    values = yaml.safe_load((CONTRIB / "helm/community-values.yaml").read_text())
    config = {k: v for k, v in values["config"].items() if k != "enabled"}
    (tmp_path / "c.yml").write_text(yaml.safe_dump(config))
    subprocess.run([BINARY, "check-config", tmp_path / "c.yml"], check=True, capture_output=True)


def test_versions_and_tags_agree():
    tags = set(re.findall(r"-t \S+:(\S+)", subprocess.run(["sh", CONTRIB / "package/tags.sh", "tocsin"], check=True, capture_output=True, text=True).stdout))
    [like] = {re.fullmatch(r"v(.*)-tocsin.*", t)[1] for t in tags if "-tocsin" in t}
    community = yaml.safe_load((CONTRIB / "helm/community-values.yaml").read_text())
    stack = yaml.safe_load((CONTRIB / "kubernetes/operator/kube-prometheus-stack.yaml").read_text())["alertmanager"]["alertmanagerSpec"]
    assert {community["image"]["tag"], stack["image"]["tag"]} <= tags and stack["version"] == like
    assert f"v{CHART.chart['appVersion']}" in tags


@pytest.mark.parametrize("path", COMPOSE, ids=lambda p: p.parent.name)
def test_compose_files(path):
    """Their structure, as far as contrib/ uses it: no schema of compose files is in Debian."""
    file = yaml.safe_load(path.read_text())
    assert {k for k in file if not k.startswith("x-")} <= {"services", "networks", "volumes"}
    for name, service in file["services"].items():
        known = {"image", "restart", "stop_grace_period", "entrypoint", "command", "ports", "volumes", "depends_on", "networks", "environment",
                 "read_only", "cap_drop", "deploy"}
        assert set(service) <= known, (path, name, set(service) - known)
        assert set(service.get("depends_on", [])) <= set(file["services"])
        assert set(service.get("networks", [])) <= set(file.get("networks", {}))
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            # secrets are the operator's to make
            assert source in file.get("volumes", {}) or (path.parent / source).exists() or source == "./secrets", (path, volume)
        if service["image"] == "tocsin":
            flags = [f for f in service.get("entrypoint", []) + service.get("command", []) if f.startswith("--")]
            names = {re.match(r"--([a-z.-]+)", f)[1] for f in flags}
            help_text = subprocess.run([BINARY, "--help"], check=True, capture_output=True, text=True).stdout
            assert all(f"--{n}" in help_text or f"--[no-]{n}" in help_text for n in names), names
