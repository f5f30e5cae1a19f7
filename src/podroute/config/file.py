"""The configuration file: the names of the flags, checked whole before anything starts."""

from difflib import get_close_matches
from pathlib import Path
from typing import Literal, TypeAlias

import msgspec

Texts: TypeAlias = str | list[str] | None


class ConfigError(Exception):
    """The file cannot be used; the text says where and why."""


class Settings(msgspec.Struct, rename="kebab", forbid_unknown_fields=True, omit_defaults=True):
    """Every key of the file; what is not there is left to flags, environment and defaults."""

    api_version: Literal["podroute/v1alpha1"] = msgspec.field(name="apiVersion")
    kubeconfig: str | None = None
    context: str | None = None
    cluster_cidr: Texts = None
    node_cidr_mask_size: int | None = None
    node_cidr_mask_size_ipv4: int | None = None
    node_cidr_mask_size_ipv6: int | None = None
    service_cluster_ip_range: Texts = None
    reserved: Texts = None
    node_cidrs: Texts = None
    provider: str | None = None
    provider_option: list[str] | dict[str, str | int] | None = None


def read_settings(path: Path) -> dict[str, object]:
    """The settings of the file by flag name, without the dashes.

    Raises:
        ConfigError: no such file, not YAML, an unknown key, a value of the wrong kind.
    """
    try:
        text = path.read_bytes()
    except OSError as error:
        message = f"--config {path}: {error.strerror}"
        raise ConfigError(message) from None
    try:
        settings = msgspec.yaml.decode(text, type=Settings)
    except msgspec.DecodeError as error:
        message = f"--config {path}: {error}{_suggestion(str(error))}"
        raise ConfigError(message) from None
    options = settings.provider_option
    if isinstance(options, dict):
        settings.provider_option = [f"{key}={value}" for key, value in options.items()]
    values: dict[str, object] = msgspec.to_builtins(settings)
    del values["apiVersion"]
    return values


def _suggestion(words: str) -> str:
    known = [field.encode_name for field in msgspec.structs.fields(Settings)]
    unknown = words.split("`")[1] if "unknown field" in words else ""
    close = get_close_matches(unknown, known, 1)
    return f"; did you mean {close[0]!r}?" if close else f" (known: {', '.join(known)})"
