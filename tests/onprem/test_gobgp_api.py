"""The excerpt is of the API that GoBGP publishes, and what is generated is of the excerpt."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from os import environ
from pathlib import Path

import pytest
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
)

from podroute.providers.gobgp.api import gobgp_pb2
from tests.onprem.gobgp import programs

pytestmark = pytest.mark.netns

EXCERPT = Path(gobgp_pb2.__file__).parent


def compiled(folder: Path, into: Path, *files: str) -> FileDescriptorSet:
    command = [sys.executable, "-m", "grpc_tools.protoc", "-I", str(folder)]
    subprocess.run([*command, f"--descriptor_set_out={into}", *files], check=True)
    return FileDescriptorSet.FromString(into.read_bytes())


def published() -> Path:
    """The module of which the tests' daemon is built, as it came."""
    go = shutil.which(environ.get("PODROUTE_GO") or "go")
    assert go
    module = f"github.com/osrg/gobgp/v4@{programs().name}"
    command = [go, "mod", "download", "-json", module]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd="/")
    return Path(json.loads(done.stdout)["Dir"]) / "proto"


def words(found: FileDescriptorSet) -> set[str]:
    """Each field and each value of an enumeration, with its number and type."""
    said: set[str] = set()
    for file in found.file:
        said.update(value for one in file.enum_type for value in _values("", one))
        said.update(field for one in file.message_type for field in _fields("", one))
    return said


def _fields(place: str, one: DescriptorProto) -> Iterator[str]:
    name = f"{place}.{one.name}"
    for field in one.field:
        choice = one.oneof_decl[field.oneof_index].name if field.HasField("oneof_index") else ""
        kind = f"{field.type} {field.type_name} {field.label}"
        yield f"{name}.{field.name} = {field.number}: {kind} {choice}"
    for inner in one.nested_type:
        yield from _fields(name, inner)
    for enum in one.enum_type:
        yield from _values(name, enum)


def _values(place: str, one: EnumDescriptorProto) -> Iterator[str]:
    yield from (f"{place}.{one.name}.{value.name} = {value.number}" for value in one.value)


def test_each_field_is_one_of_gobgps(tmp_path: Path) -> None:
    files = [f"api/{one.name}" for one in (published() / "api").glob("*.proto")]
    theirs = words(compiled(published(), tmp_path / "theirs", *files))
    ours = words(compiled(EXCERPT, tmp_path / "ours", "gobgp.proto"))

    assert len(ours) > 50
    assert ours - theirs == set()


def test_what_is_generated_is_of_the_excerpt(tmp_path: Path) -> None:
    """``just gobgp-api`` makes it anew."""
    known = FileDescriptorProto.FromString(gobgp_pb2.DESCRIPTOR.serialized_pb)

    ours = words(compiled(EXCERPT, tmp_path / "ours", "gobgp.proto"))
    assert words(FileDescriptorSet(file=[known])) == ours
