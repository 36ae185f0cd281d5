# SPDX-License-Identifier: Apache-2.0
"""The Debian packages: installed in a root, run after one line was edited, and purged.

The root is this system's own, with all that is written kept apart from it. With TOCSIN_DEBOOTSTRAP=MIRROR it is a minimal one that
debootstrap makes of that mirror, where apt has to find what the packages depend on: a minute, and by hand."""
import gzip
import hashlib
import json
import os
import re
import shutil
import subprocess

import pytest

from lib.operator import cannot
from lib.server import BINARY, ROOT, Server

# Of other packages' work nothing is looked at.
DPKG = "dpkg --no-triggers --force-unsafe-io"
MIRROR = os.environ.get("TOCSIN_DEBOOTSTRAP")
pytestmark = pytest.mark.skipif(cannot() is not None, reason=str(cannot()))

SETUP = r"""
set -e
mount -t tmpfs changes "$D/changes"
mkdir "$D/changes/upper" "$D/changes/work"
mount -t overlay root -o "lowerdir=$LOWER,upperdir=$D/changes/upper,workdir=$D/changes/work" "$D/root"
mount --rbind /proc "$D/root/proc"
mount --rbind /dev "$D/root/dev"
for d in run tmp; do mount -t tmpfs -o mode=1777 "$d" "$D/root/$d"; done
cp "$D"/debs/*.deb "$D/root/tmp/"
echo ready
exec sleep infinity
"""


class Machine:
    """A root in which packages are installed."""

    def __init__(self, directory, debs):
        for name in ("changes", "root"):
            (directory / name).mkdir()
        lower = "/"
        if MIRROR:
            lower = directory / "minimal"
            subprocess.run(["debootstrap", "--variant=minbase", "bookworm", lower, MIRROR], check=True, capture_output=True)
        shutil.copytree(debs, directory / "debs")
        self.root = directory / "root"
        self.holder = subprocess.Popen(["unshare", "--mount", "sh", "-c", SETUP], text=True, stdout=subprocess.PIPE,
                                       env={**os.environ, "D": str(directory), "LOWER": str(lower)})
        self.ready = self.holder.stdout.readline() == "ready\n"

    def words(self, *words, user=None):
        chroot = ["chroot", *([f"--userspec={user}:{user}"] if user else []), str(self.root)]
        return ["nsenter", f"--mount=/proc/{self.holder.pid}/ns/mnt", *chroot, *words]

    def run(self, script):
        env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"}
        done = subprocess.run(self.words("sh", "-ec", script), capture_output=True, text=True, env=env)
        assert done.returncode == 0, f"{script}:\n{done.stdout}{done.stderr}"
        return done.stdout

    def changed(self):
        """Files that were not there before, or are others now, but for those of packages and logs."""
        found = subprocess.run(["nsenter", f"--mount=/proc/{self.holder.pid}/ns/mnt", "find", self.root.parent / "changes/upper",
                                "(", "-type", "f", "-o", "-type", "l", ")", "-printf", "%P\n"], capture_output=True, text=True, check=True).stdout
        return {f for f in found.splitlines() if not re.match(r"(var/(lib/(dpkg|apt)|log|cache)|tmp|run|root)/", f)}

    def close(self):
        self.holder.kill()
        self.holder.wait()


class Installed(Server):
    """The server as the unit starts it."""

    def __init__(self, directory, machine):
        super().__init__(directory, None)
        self.machine = machine

    def command(self):
        unit = self.machine.run("cat /lib/systemd/system/tocsin.service")
        words = re.search(r"(?m)^ExecStart=(.*)$", unit).group(1).replace("$TOCSIN_FLAGS", "").split()
        user = re.search(r"(?m)^User=(.*)$", unit).group(1)
        return self.machine.words(*words, "--web.listen-address=127.0.0.1:0", "--cluster.listen-address=", user=user)


@pytest.fixture(scope="module")
def debs(tmp_path_factory):
    out = tmp_path_factory.mktemp("debs")
    made = subprocess.run([ROOT / "contrib/package/deb.sh", BINARY, out], capture_output=True, text=True, env={**os.environ, "COMPRESSION": "none"})
    assert made.returncode == 0, made.stderr
    return out


@pytest.fixture
def machine(tmp_path, debs):
    m = Machine(tmp_path, debs)
    if not m.ready:
        m.close()
        pytest.skip("no overlay of file systems can be mounted here")
    yield m
    m.close()


def test_installed_run_and_purged(machine, sink, tmp_path):
    install = "apt-get update -qq && apt-get install -qq -y --no-install-recommends" if MIRROR else f"{DPKG} -i"
    machine.run(f"{install} /tmp/tocsin_*.deb")
    assert machine.run("stat -c '%U %a' /var/lib/tocsin /etc/tocsin") == "tocsin 700\nroot 750\n"
    machine.run("/usr/bin/tocsin check-config /etc/tocsin/alertmanager.yml")
    for page in ("man1/tocsin.1", "man1/tocsin-commands.1", "man5/tocsin.yml.5", "man7/tocsin-api.7"):
        assert machine.run(f"gzip -dc /usr/share/man/{page}.gz").count(".TP") > 10, page
    machine.run("bash -n /usr/share/bash-completion/completions/tocsin")
    # The one line.
    machine.run(f"sed -i 's|# webhook_configs.*|webhook_configs: [{{url: \"{sink.url}/told\"}}]|' /etc/tocsin/alertmanager.yml")
    server = Installed(tmp_path / "server", machine).start()
    try:
        server.alert(alertname="DiskFull", instance="db1")
        assert sink.wait(1)[0]["json"]["commonLabels"]["alertname"] == "DiskFull"
        # The old names belong to a package of their own, beside which Debian's cannot be.
        machine.run(f"{DPKG} --remove prometheus-alertmanager 2>&1 || true")
        machine.run(f"{DPKG} -i /tmp/tocsin-alertmanager_*.deb")
        assert machine.run("readlink -f /usr/bin/alertmanager /usr/bin/amtool 2>/dev/null").split()[0] == "/usr/bin/tocsin"
        assert machine.run("/usr/bin/alertmanager --version").startswith("alertmanager, version 0.")
        machine.run(f"{DPKG} --purge tocsin-alertmanager")
        machine.run("test ! -e /usr/bin/alertmanager")
    finally:
        server.stop()
    machine.run(f"{DPKG} --purge tocsin")
    left = machine.changed()
    data = {f for f in left if f.startswith("var/lib/tocsin/")}
    assert "var/lib/tocsin/tocsin.db" in data
    if not MIRROR:
        # The user that the data belong to, and caches of others.
        assert {f for f in left - data if not re.match(r"etc/(passwd|group|shadow|gshadow|subuid|subgid|\.pwd\.lock)|.*/prometheus-alertmanager$", f)} == set()


def test_what_is_in_them(debs, tmp_path):
    machine_readable = tmp_path / "out"
    deb = next(debs.glob("tocsin_*.deb"))
    subprocess.run(["dpkg-deb", "-x", deb, machine_readable], check=True)
    document = json.loads(gzip.decompress((machine_readable / "usr/share/doc/tocsin/tocsin.spdx.json.gz").read_bytes()))
    assert document["spdxVersion"] == "SPDX-2.3"
    packages = {p["SPDXID"]: p for p in document["packages"]}
    assert packages["SPDXRef-tocsin"]["checksums"][0]["checksumValue"] == hashlib.sha256(BINARY.read_bytes()).hexdigest()
    assert {"libcurl4", "libsqlite3-0", "libssl3", "tzdata"} <= {p["name"] for p in packages.values()}
    assert {r["relatedSpdxElement"] for r in document["relationships"]} == set(packages)
    # The same again, byte for byte.
    again = tmp_path / "again"
    subprocess.run([ROOT / "contrib/package/deb.sh", BINARY, again], check=True, capture_output=True, env={**os.environ, "COMPRESSION": "none"})
    for first in debs.glob("*.deb"):
        assert first.read_bytes() == (again / first.name).read_bytes(), first.name
    unit = machine_readable / "lib/systemd/system/tocsin.service"
    if shutil.which("systemd-analyze"):
        ran = subprocess.run(["systemd-analyze", "security", "--offline=true", "--threshold=15", "--no-pager", unit], capture_output=True, text=True)
        assert ran.returncode == 0, ran.stdout + ran.stderr


@pytest.mark.skipif(not MIRROR or not shutil.which("lintian"), reason="by hand, where lintian is")
def test_lintian_has_nothing_to_say(tmp_path):
    subprocess.run([ROOT / "contrib/package/deb.sh", BINARY, tmp_path], check=True, capture_output=True)
    # A build with sanitizers is no position-independent program.
    ran = subprocess.run(["lintian", "--allow-root", "--suppress-tags=hardening-no-pie", *tmp_path.glob("*.deb")], capture_output=True, text=True)
    assert ran.stdout == "", ran.stdout
