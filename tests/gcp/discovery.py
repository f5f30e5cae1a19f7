"""Google's published description of the compute API, and whether a call fits it."""

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, cast

from podroute.testing.gcp.server import Seen

Schema = Mapping[str, Any]
TYPES: Mapping[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "number": (int, float),
    "boolean": bool,
}
FORMATS = {"uint64": r"\d{1,20}", "uint32": r"\d{1,10}", "int32": r"-?\d{1,10}"}


@cache
def document() -> Schema:
    """As google-api-python-client ships it."""
    folder = files("googleapiclient.discovery_cache").joinpath("documents")
    return cast("Schema", json.loads(folder.joinpath("compute.v1.json").read_text()))


def faults(seen: Seen) -> list[str]:
    """What is wrong with a call and its answer; most of all: nothing."""
    resource, _, verb = seen.method.partition(".")
    method: Schema = document()["resources"][resource]["methods"][verb]
    found = [*_path_faults(method, seen), *_query_faults(method, seen)]
    if seen.body:
        found += _faults("body", seen.body, {"$ref": method["request"]["$ref"]}, writing=True)
    elif "request" in method:
        found.append("body: missing")
    if seen.status < 400:
        found += _faults("answer", seen.answer, method["response"])
    return [f"{seen.method}: {fault}" for fault in found]


def _path_faults(method: Schema, seen: Seen) -> Iterator[str]:
    parameters: Schema = method["parameters"]
    pattern = re.escape(f"/compute/v1/{method['path']}")
    for name, one in parameters.items():
        if one["location"] == "path":
            pattern = pattern.replace(re.escape(f"{{{name}}}"), f"(?:{one['pattern']})")
    if not re.fullmatch(pattern, seen.path):
        yield f"path {seen.path} is not {method['path']}"


def _query_faults(method: Schema, seen: Seen) -> Iterator[str]:
    known = {**document()["parameters"], **method["parameters"]}
    for name, text in seen.query.items():
        one = known.get(name, {})
        if one.get("location") != "query":
            yield f"unknown query parameter {name}"
        elif one["type"] == "integer" and not _in_range(int(text), one):
            yield f"query parameter {name}={text} is out of range"


def _in_range(number: int, parameter: Schema) -> bool:
    return int(parameter.get("minimum", 0)) <= number <= int(parameter.get("maximum", 1 << 31))


def _faults(where: str, value: object, schema: Schema, *, writing: bool = False) -> Iterator[str]:
    if "$ref" in schema:
        schema = document()["schemas"][schema["$ref"]]
    kind = schema["type"]
    if kind == "array":
        items = cast("list[object]", value) if isinstance(value, list) else [value]
        for number, one in enumerate(items):
            yield from _faults(f"{where}[{number}]", one, schema["items"], writing=writing)
    elif kind == "object":
        yield from _object_faults(where, cast("Schema", value), schema, writing=writing)
    elif not isinstance(value, TYPES[kind]):
        yield f"{where}: {value!r} is no {kind}"
    else:
        yield from _text_faults(where, value, schema)


def _object_faults(where: str, value: Schema, schema: Schema, *, writing: bool) -> Iterator[str]:
    properties: Schema = schema.get("properties", {})
    for name, part in value.items():
        one = properties.get(name) or schema.get("additionalProperties")
        if one is None:
            yield f"{where}: unknown field {name}"
        elif writing and one.get("readOnly"):
            yield f"{where}: {name} is only for reading"
        else:
            yield from _faults(f"{where}.{name}", part, one, writing=writing)
    for name, one in properties.items():
        needed = one.get("annotations", {}).get("required", [])
        if writing and "compute.routes.insert" in needed and name not in value:
            yield f"{where}: {name} is missing"


def _text_faults(where: str, value: object, schema: Schema) -> Iterator[str]:
    if "enum" in schema and value not in schema["enum"]:
        yield f"{where}: {value!r} is none of {schema['enum']}"
    for pattern in (schema.get("pattern"), FORMATS.get(schema.get("format", ""))):
        if pattern and not re.fullmatch(pattern, str(value)):
            yield f"{where}: {value!r} does not match {pattern}"
