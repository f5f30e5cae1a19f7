"""Which values does a setting with a closed set of them take? Pure."""

from collections.abc import Iterator

import msgspec
from msgspec.inspect import Field, LiteralType, StructType, UnionType, type_info


def choices(kind: type[msgspec.Struct], fault: str) -> str:
    """What to add to msgspec's ``fault``: the values that the setting takes; "" if it has any."""
    if "Invalid enum value" not in fault:
        return ""
    name = fault.rpartition("`$.")[2].rstrip("`")
    known = [value for field in _fields(kind) for value in _values(field, name)]
    return f"; choose from {', '.join(known)}" if known else ""


def _fields(kind: type[msgspec.Struct]) -> tuple[Field, ...]:
    info = type_info(kind)
    return info.fields if isinstance(info, StructType) else ()


def _values(field: Field, name: str) -> Iterator[str]:
    if field.encode_name != name:
        return
    kinds = field.type.types if isinstance(field.type, UnionType) else (field.type,)
    for one in kinds:
        if isinstance(one, LiteralType):
            yield from map(str, one.values)
