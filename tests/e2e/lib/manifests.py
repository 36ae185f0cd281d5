# SPDX-License-Identifier: Apache-2.0
"""Kubernetes manifests without a cluster: what of kustomize and of Helm's templates contrib/ uses, and a check against Kubernetes'
schemas as python3-kubernetes has them, which is made from the published ones."""
import copy
import hashlib
import json
import pathlib
import re

import yaml
from kubernetes.client import models

# --- the schemas

SCALARS = {"str": str, "int": int, "bool": bool, "float": (int, float)}
# Of prometheus-operator, whose schemas are nowhere in Debian: keys that may be there, True where they must.
CUSTOM = {
    ("monitoring.coreos.com/v1", "ServiceMonitor"): {"selector": True, "endpoints": True, "jobLabel": False, "namespaceSelector": False},
    ("monitoring.coreos.com/v1", "PrometheusRule"): {"groups": True},
}


def fits(value, kind, where):
    """Raises AssertionError with the place when the value is not of that type."""
    if value is None:
        return
    listed = re.fullmatch(r"list\[(.*)\]", kind)
    mapped = re.fullmatch(r"dict\(str, (.*)\)", kind)
    if listed:
        assert isinstance(value, list), f"{where}: no list"
        for i, item in enumerate(value):
            fits(item, listed[1], f"{where}[{i}]")
    elif mapped:
        assert isinstance(value, dict), f"{where}: no map"
        for key, item in value.items():
            assert isinstance(key, str), f"{where}: key {key!r} is no text"
            fits(item, mapped[1], f"{where}.{key}")
    elif kind in SCALARS:
        assert isinstance(value, SCALARS[kind]) and (kind == "bool" or not isinstance(value, bool)), f"{where}: {value!r} is no {kind}"
    elif kind not in ("object", "datetime"):
        model = getattr(models, kind)
        assert isinstance(value, dict), f"{where}: no {kind}"
        names = {json_name: name for name, json_name in model.attribute_map.items()}
        for key in value:
            assert key in names, f"{where}: {kind} has no {key}"
        # The constructor refuses what is not there and must be.
        try:
            model(**{names[k]: v for k, v in value.items()})
        except ValueError as e:
            raise AssertionError(f"{where}: {e}") from None
        for key, item in value.items():
            fits(item, model.openapi_types[names[key]], f"{where}.{key}")


def check(document):
    kind, version = document["kind"], document["apiVersion"]
    where = f"{kind} {document['metadata']['name']}"
    if (version, kind) in CUSTOM:
        known = CUSTOM[version, kind]
        fits(document["metadata"], "V1ObjectMeta", where)
        assert set(document["spec"]) <= set(known), where
        assert {k for k, must in known.items() if must} <= set(document["spec"]), where
        return
    group, _, v = version.rpartition("/")
    fits(document, v.capitalize() + kind, where)
    assert group in ("", "apps", "batch", "policy", "networking.k8s.io"), where


# --- kustomize

def documents(path):
    return [d for d in yaml.safe_load_all(path.read_text()) if d]


def key_of(items):
    """The member by which lists are merged."""
    for key in ("mountPath", "name"):
        if items and all(isinstance(i, dict) and key in i for i in items):
            return key
    return None


MERGED = {"containers", "initContainers", "volumes", "volumeMounts", "env"}


def merge(old, new, name=""):
    if isinstance(old, dict) and isinstance(new, dict):
        out = dict(old)
        for key, value in new.items():
            if value is None:
                out.pop(key, None)
            else:
                out[key] = merge(old[key], value, key) if key in old else copy.deepcopy(value)
        return out
    key = key_of(old) if name in MERGED and isinstance(old, list) else None
    if key:
        added = {i[key]: i for i in new}
        kept = [merge(i, added.pop(i[key])) if i[key] in added else i for i in old]
        return list(added.values()) + kept
    return copy.deepcopy(new)


def kustomize(directory):
    """[document] of a directory with a kustomization.yaml; generated ConfigMaps keep their plain names."""
    found = []
    load(pathlib.Path(directory), found)
    return found


def load(directory, found):
    settings = yaml.safe_load((directory / "kustomization.yaml").read_text())
    unknown = set(settings) - {"apiVersion", "kind", "namespace", "resources", "components", "configMapGenerator", "patches", "generatorOptions"}
    assert not unknown, (directory, unknown)
    for name in settings.get("resources", []) + settings.get("components", []):
        path = directory / name
        if path.is_dir():
            load(path, found)
        else:
            found.extend(documents(path))
    for made in settings.get("configMapGenerator", []):
        data = {pathlib.Path(f).name: (directory / f).read_text() for f in made["files"]}
        # What kustomize refuses: files that are not below.
        assert all((directory / f).resolve().is_relative_to(directory.resolve()) for f in made["files"])
        same = [d for d in found if d["kind"] == "ConfigMap" and d["metadata"]["name"] == made["name"]]
        assert bool(same) == (made.get("behavior") == "replace"), (directory, made)
        if same:
            same[0]["data"] = data
        else:
            found.append({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": made["name"]}, "data": data})
    for patch in settings.get("patches", []):
        for change in documents(directory / patch["path"]):
            [i] = [i for i, d in enumerate(found) if (d["kind"], d["metadata"]["name"]) == (change["kind"], change["metadata"]["name"])]
            found[i] = merge(found[i], change)
    if "namespace" in settings:
        for d in found:
            if d["kind"] != "Namespace":
                d["metadata"]["namespace"] = settings["namespace"]


# --- Helm

class Chart:
    """Renders what of Go's templates the chart is written in."""

    def __init__(self, directory):
        self.dir = pathlib.Path(directory)
        self.chart = yaml.safe_load((self.dir / "Chart.yaml").read_text())

    def render(self, release="alertmanager", **values):
        """[document], of the chart's values with these in their place."""
        merged = merge(yaml.safe_load((self.dir / "values.yaml").read_text()), values)
        root = {"Values": merged, "Release": {"Name": release}, "Chart": {"AppVersion": self.chart["appVersion"]}}
        found = []
        for path in sorted((self.dir / "templates").iterdir()):
            tokens = re.split(r"(\{\{-?.*?-?\}\})", path.read_text())
            # A dash takes the blanks on its side away.
            for i in range(1, len(tokens), 2):
                if tokens[i].startswith("{{-"):
                    tokens[i - 1] = tokens[i - 1].rstrip()
                if tokens[i].endswith("-}}"):
                    tokens[i + 1] = tokens[i + 1].lstrip()
            text, rest = self.block([t if i % 2 == 0 else (t.strip("{}-").strip(),) for i, t in enumerate(tokens)], root, root, {})
            assert not rest, (path, rest[:1])
            found.extend(d for d in yaml.safe_load_all(text) if d)
        return found

    def block(self, tokens, dot, root, variables):
        """(text, what is left: from an else or end on)"""
        out = []
        while tokens:
            token, tokens = tokens[0], tokens[1:]
            if isinstance(token, str):
                out.append(token)
                continue
            word, _, rest = token[0].partition(" ")
            if word in ("end", "else"):
                return "".join(out), [token, *tokens]
            if word in ("if", "with", "range"):
                text, tokens = self.choice(word, rest, tokens, dot, root, variables)
                out.append(text)
            else:
                out.append(str(self.value(token[0], dot, root, variables)))
        return "".join(out), []

    def choice(self, word, rest, tokens, dot, root, variables):
        name, _, expression = rest.rpartition(":=")
        value = self.value(expression.strip(), dot, root, variables)
        rounds = list(value) if word == "range" else [value] if value else []
        out, after = [], None
        for item in rounds:
            inside = dot if word == "if" or name else item
            text, after = self.block(tokens, inside, root, {**variables, name.strip(): item})
            out.append(text)
        if after is None:
            _, after = self.block(tokens, Anything(), Anything(), {})
        if after[0] == ("else",):
            text, after = self.block(after[1:], dot if not rounds else Anything(), root if not rounds else Anything(), variables)
            out.append(text if not rounds else "")
        assert after[0] == ("end",), after[0]
        return "".join(out), after[1:]

    def value(self, expression, dot, root, variables):
        value = None
        for i, call in enumerate(split(expression, "|")):
            args = [self.operand(a, dot, root, variables) for a in split(call, " ")[0 if is_operand(call) else 1:]]
            if i:
                args.append(value)
            value = args[0] if is_operand(call) else FUNCTIONS[split(call, " ")[0]](self, *args)
        return value

    def operand(self, text, dot, root, variables):
        if text.startswith("("):
            return self.value(text[1:-1], dot, root, variables)
        if text[0] in '"0123456789':
            return json.loads(text)
        base = dot
        if text.startswith("$"):
            name, _, text = text.partition(".")
            base = root if name == "$" else variables[name]
        elif text != "." and dot is not root and not isinstance(dot, (dict, Anything)):
            raise AssertionError(f"{text} of {dot!r}")
        for part in filter(None, text.split(".")):
            base = base[part]
        return base


class Anything:
    """In a branch that is not taken."""

    def __getitem__(self, _):
        return self

    def __iter__(self):
        return iter([self])

    def __len__(self):
        return 1

    def __int__(self):
        return 1

    def __str__(self):
        return ""


def is_operand(call):
    return call[0] in '.$"(' and not call.startswith(".Files.")


def split(text, separator):
    """At separators outside of quotes and parentheses."""
    out, depth, quoted = [""], 0, False
    for c in text:
        quoted ^= c == '"'
        depth += (c == "(") - (c == ")") if not quoted else 0
        if c == separator and not depth and not quoted:
            out.append("")
        else:
            out[-1] += c
    return [o.strip() for o in out if o.strip()]


def to_yaml(value):
    return "" if isinstance(value, Anything) else yaml.safe_dump(value, sort_keys=False, allow_unicode=True).rstrip("\n")


FUNCTIONS = {
    "toYaml": lambda c, v: to_yaml(v),
    "nindent": lambda c, n, text: "\n" + "\n".join(" " * n + line if line else line for line in str(text).splitlines()),
    "quote": lambda c, v: json.dumps(str(v)),
    "default": lambda c, otherwise, v: v or otherwise,
    "gt": lambda c, a, b: a > b,
    "int": lambda c, v: int(v),
    "until": lambda c, n: range(n),
    "printf": lambda c, form, *args: form % args,
    "sha256sum": lambda c, text: hashlib.sha256(text.encode()).hexdigest(),
    ".Files.Get": lambda c, name: (c.dir / name).read_text(),
}
