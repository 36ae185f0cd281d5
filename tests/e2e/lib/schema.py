# SPDX-License-Identifier: Apache-2.0
"""Values against the schemas of an OpenAPI file: as much of JSON Schema as contrib/openapi.yaml uses. Objects that name their
members have no others, unless additionalProperties says so: so nothing is answered that is not described."""
import re

KINDS = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}


def is_kind(value, kind):
    if kind in ("integer", "number"):
        return isinstance(value, int if kind == "integer" else (int, float)) and not isinstance(value, bool)
    return isinstance(value, KINDS[kind])


class Schemas:
    def __init__(self, document):
        self.document = document

    def resolve(self, node):
        while "$ref" in node:
            path, node = node["$ref"], self.document
            for part in path.removeprefix("#/").split("/"):
                node = node[part]
        return node

    def errors(self, value, schema, at="$"):
        """What is wrong with the value, a line each; with its place."""
        schema = self.resolve(schema)
        if "oneOf" in schema:
            tries = [self.errors(value, one, at) for one in schema["oneOf"]]
            if sum(not t for t in tries) == 1:
                return []
            return [f"{at}: fits {sum(not t for t in tries)} of oneOf"] + min(tries, key=len)
        if "enum" in schema:
            return [] if value in schema["enum"] else [f"{at}: {value!r} is none of {schema['enum']}"]
        kinds = schema.get("type", [])
        kinds = kinds if isinstance(kinds, list) else [kinds]
        if kinds and not any(is_kind(value, k) for k in kinds):
            return [f"{at}: {value!r} is no {' or '.join(kinds)}"]
        if isinstance(value, str) and "pattern" in schema and not re.search(schema["pattern"], value):
            return [f"{at}: {value!r} does not match {schema['pattern']}"]
        if isinstance(value, list):
            return [e for i, v in enumerate(value) for e in self.errors(v, schema.get("items", {}), f"{at}[{i}]")]
        return self.object_errors(value, schema, at) if isinstance(value, dict) else []

    def object_errors(self, value, schema, at):
        properties, more = schema.get("properties", {}), schema.get("additionalProperties", "properties" not in schema)
        found = [f"{at}: {name} is missing" for name in schema.get("required", []) if name not in value]
        for name, v in value.items():
            if name in properties:
                found += self.errors(v, properties[name], f"{at}.{name}")
            elif isinstance(more, dict):
                found += self.errors(v, more, f"{at}.{name}")
            elif not more:
                found.append(f"{at}: {name} is not described")
        return found
