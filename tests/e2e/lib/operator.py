# SPDX-License-Identifier: Apache-2.0
"""The container that prometheus-operator makes of an Alertmanager resource, without a cluster: its arguments in their order, the image's
root, which nobody can write to, uid 1000 without privileges, a directory for the state, and the reloader's calls."""
import functools
import os
import pathlib
import subprocess

from lib.ports import free_port
from lib.server import BINARY, ROOT, Server

ETC = "/etc/alertmanager"
PEER = "alertmanager-main-{}.alertmanager-operated.monitoring.svc.cluster.local."

# pkg/alertmanager/statefulset.go of prometheus-operator 0.93: (argument, where its value is in the spec; None: always there). A value
# that is None leaves the argument out.
ARGUMENTS = [
    ("config.file", lambda s: f"{ETC}/config_out/alertmanager.env.yaml"),
    ("storage.path", lambda s: "/alertmanager"),
    ("data.retention", lambda s: s.get("retention", "120h")),
    ("cluster.listen-address", lambda s: f"[127.0.0.1]:{s['mesh']}" if s.get("mesh") else ""),
    ("web.listen-address", lambda s: s["listen"]),
    ("web.external-url", lambda s: s.get("externalUrl")),
    ("enable-feature", lambda s: s.get("enableFeatures")),
    ("web.route-prefix", lambda s: s.get("routePrefix", "/")),
    ("web.get-concurrency", lambda s: s.get("getConcurrency")),
    ("web.timeout", lambda s: s.get("timeout")),
    ("silences.max-silences", lambda s: s.get("maxSilences")),
    ("silences.max-per-silence-bytes", lambda s: s.get("maxPerSilenceBytes")),
    ("dispatch.start-delay", lambda s: s.get("startDelay")),
    ("log.level", lambda s: s.get("logLevel")),
    ("log.format", lambda s: s.get("logFormat")),
    ("cluster.advertise-address", lambda s: s.get("clusterAdvertiseAddress")),
    ("cluster.gossip-interval", lambda s: s.get("clusterGossipInterval")),
    ("cluster.pushpull-interval", lambda s: s.get("clusterPushpullInterval")),
    ("cluster.peer-timeout", lambda s: s.get("clusterPeerTimeout")),
    ("cluster.peer-name", lambda s: s.get("podName", "alertmanager-main-0")),
    ("cluster.label", lambda s: "monitoring/main"),
    ("cluster.peer", lambda s: s.get("peers", ["alertmanager-main-0.alertmanager-operated:9094"])),
    ("cluster.reconnect-timeout", lambda s: "5m"),
    ("web.config.file", lambda s: f"{ETC}/web_config/web-config.yaml"),
]


def arguments(spec):
    """`additional` are the spec's additionalArgs, as names and values."""
    out = []
    for name, value in [(name, f(spec)) for name, f in ARGUMENTS] + list(spec.get("additional", {}).items()):
        for v in value if isinstance(value, list) else [value]:
            if v is not None:
                out.append(f"--{name}={v}")
    return out


# Becomes the program of the image: R is where its root is, POD has the mounts of the pod.
INSIDE = r"""
set -e
mount --bind "$IMAGE" "$R"
mount --bind "$POD/hosts" "$R/etc/hosts"
for d in null urandom; do mount --bind "/dev/$d" "$R/dev/$d"; done
mount --rbind /proc "$R/proc"
mount --bind "$POD/etc" "$R/etc/alertmanager"
mount -o remount,bind,ro "$R/etc/alertmanager"
mount --bind "$POD/data" "$R/alertmanager"
mount -o remount,bind,ro "$R"
cd "$R"
exec setpriv --no-new-privs chroot --userspec=1000:2000 --groups=2000 "$R" "$@"
"""


def make_image(directory):
    """The root that Dockerfile makes, of the program under test, and what whoever runs a container puts there."""
    subprocess.run([ROOT / "contrib/package/image.sh", BINARY, directory], check=True)
    directory.chmod(0o755)
    for d in ("proc", "dev"):
        (directory / d).mkdir()
    for f in ("etc/hosts", "dev/null", "dev/urandom"):
        (directory / f).touch()
    return directory


@functools.cache
def cannot():
    """Why there can be no such container here; None: there can be."""
    if os.geteuid() != 0:
        return "only root can make the root of a container"
    tried = subprocess.run(["unshare", "--mount", "mount", "-t", "tmpfs", "x", "/mnt"], capture_output=True, text=True)
    return None if tried.returncode == 0 else f"no mounts can be made here: {tried.stderr.strip()}"


class Pod(Server):
    """`files` are those of the Secret, beside the configuration; `spec` says what the arguments are made of."""

    def __init__(self, directory, config, image, *, files=None, name="tocsin", **spec):
        super().__init__(directory, None)
        self.image = image
        self.spec = dict(spec)
        self.spec.setdefault("listen", f"127.0.0.1:{free_port()}")
        self.prefix = self.spec.get("routePrefix", "").rstrip("/")
        self.name = name
        self.config = self.dir / "etc/config_out/alertmanager.env.yaml"
        for d in ("etc/config_out", "etc/config", "etc/web_config", "data", "root"):
            (self.dir / d).mkdir(parents=True)
        (self.dir / "etc/web_config/web-config.yaml").touch()
        # The names of the headless service, as they are with a clusterDomain.
        (self.dir / "hosts").write_text("127.0.0.1 localhost\n" + "".join(f"127.0.0.1 {PEER.format(i)}\n" for i in range(3)))
        os.chown(self.dir / "data", 1000, 2000)
        self.write_config(config)
        for name, text in (files or {}).items():
            self.secret(name, text)

    def write_config(self, config):
        if config is not None:
            # As the reloader does.
            part = pathlib.Path(f"{self.config}.tmp")
            part.write_text(config)
            part.rename(self.config)

    def secret(self, name, text):
        (self.dir / "etc/config" / name).write_text(text)

    def inside(self, name, *words):
        return ["unshare", "--mount", "sh", "-c", INSIDE, "sh", f"/bin/{name}", *words]

    def environment(self):
        return {**self.env, "R": str(self.dir / "root"), "POD": str(self.dir), "IMAGE": str(self.image)}

    def command(self):
        return self.inside(self.name, *arguments(self.spec))

    def run(self, name, *words):
        """Another program in the same container, as `kubectl exec` does it."""
        return subprocess.run(self.inside(name, *words), env=self.environment(), capture_output=True, text=True)

    def reloader(self):
        """What config-reloader asks at every start and after each change; nothing but 200 is success to it."""
        return self.request("POST", f"{self.prefix}/-/reload")[0]

    def written(self):
        """All that is in the pod's directories and was not there before."""
        return sorted(str(p.relative_to(self.dir)) for p in self.dir.rglob("*") if p.stat().st_uid == 1000)
