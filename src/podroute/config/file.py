"""The configuration file: the names of the flags, checked whole before anything starts."""

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Final, Literal, TypeAlias

import msgspec
import yaml

from podroute.config.pools import PoolSettings, read_pools
from podroute.config.routers import OptionTexts, RouterSettings, option_texts, read_routers
from podroute.config.source import check_keys, read_regular
from podroute.model.cidr import parse_cidr
from podroute.providers.choices import choices

Texts: TypeAlias = str | list[str] | None
Options: TypeAlias = OptionTexts | None

RANGES: Final = (
    "cluster_cidr",
    "service_cluster_ip_range",
    "reserved",
    "node_cidrs",
    "non_masquerade_cidr",
    "pod_cidr",
)
FILES: Final = (
    "filename",
    "kubeconfig",
    "cni_conf_dir",
    "cni_bin_dir",
    "state_dir",
    "proc_sys_net",
)
PARTS: Final[Mapping[str, type[msgspec.Struct]]] = {
    "pools": PoolSettings,
    "routers": RouterSettings,
}


class ConfigError(Exception):
    """The file cannot be used; the text says where and why."""


class Settings(msgspec.Struct, rename="kebab", forbid_unknown_fields=True, omit_defaults=True):
    """Every key of the file; what is not there is left to flags, environment and defaults."""

    api_version: Literal["podroute/v1alpha1"] = msgspec.field(name="apiVersion")
    filename: str | None = None
    kubeconfig: str | None = None
    context: str | None = None
    cluster_cidr: Texts = None
    node_cidr_mask_size: int | None = None
    node_cidr_mask_size_ipv4: int | None = None
    node_cidr_mask_size_ipv6: int | None = None
    service_cluster_ip_range: Texts = None
    reserved: Texts = None
    node_cidrs: Texts = None
    pools: list[PoolSettings] | None = None
    quarantine: str | None = None
    allocate_node_cidrs: bool | None = None
    cidr_allocator_type: Literal["RangeAllocator"] | None = None
    configure_cloud_routes: bool | None = None
    route_reconciliation_period: str | None = None
    concurrent_route_calls: int | None = None
    network_condition: Literal["own", "any", "none"] | None = None
    cluster_name: str | None = None
    controllers: Texts = None
    kube_api_qps: float | None = None
    kube_api_burst: int | None = None
    leader_elect: bool | None = None
    leader_elect_lease_duration: str | None = None
    leader_elect_renew_deadline: str | None = None
    leader_elect_retry_period: str | None = None
    leader_elect_resource_lock: Literal["leases"] | None = None
    leader_elect_resource_name: str | None = None
    leader_elect_resource_namespace: str | None = None
    settle: str | None = None
    metrics_bind_address: str | None = None
    logging_format: Literal["text", "json"] | None = None
    verbose: bool | None = None
    configure_cbr0: bool | None = None
    reconcile_cidr: bool | None = None
    non_masquerade_cidr: Texts = None
    hairpin_mode: Literal["promiscuous-bridge", "hairpin-veth", "none"] | None = None
    network_plugin_mtu: int | None = None
    bridge: str | None = None
    pod_cidr: Texts = None
    node_name: str | None = None
    peer_routes: bool | None = None
    announce: Literal["gobgp"] | None = None
    announce_option: Options = None
    cni_conf_dir: str | None = None
    cni_bin_dir: str | None = None
    sync_period: str | None = None
    state_dir: str | None = None
    proc_sys_net: str | None = None
    provider: str | None = None
    provider_option: Options = None
    routers: list[RouterSettings] | None = None
    routers_needed: str | int | None = None
    only_router: str | None = None


def read_settings(path: Path) -> dict[str, object]:
    """The settings of the file by flag name, without the dashes.

    Raises:
        ConfigError: no regular file, larger than LARGEST, empty, not YAML, an unknown key, a key
            that occurs twice, a value of the wrong kind.
    """
    try:
        content = read_regular(path)
        check_keys(content)
        settings = msgspec.yaml.decode(content, type=Settings)
        _check_ranges(settings)
        lists = _lists(settings)
    except OSError as error:
        message = f"--config {path}: {error.strerror}; give a file that can be read"
        raise ConfigError(message) from None
    except (msgspec.DecodeError, yaml.YAMLError, ValueError, RecursionError) as error:
        words = str(error)
        message = f"--config {path}: {words}{_suggestion(words)}{choices(Settings, words)}"
        raise ConfigError(message) from None
    settings.provider_option = _pairs(settings.provider_option)
    settings.announce_option = _pairs(settings.announce_option)
    values: dict[str, object] = msgspec.to_builtins(settings)
    del values["apiVersion"]
    for name, (flag, texts) in lists.items():
        if values.pop(name, None):
            values[flag] = texts
    for name in FILES:
        if name in values:
            values[name] = _beside(path, name, str(values[name]))
    return values


def _lists(settings: Settings) -> dict[str, tuple[str, list[str]]]:
    """What the file has as objects and a flag as texts: the flag and the texts, by key.

    Raises:
        ValueError: one of them cannot be meant.
    """
    pools, routers = _texts(settings.pools or ()), _texts(settings.routers or ())
    read_pools(pools)
    read_routers(routers)
    return {"pools": ("pool", pools), "routers": ("router", routers)}


def _pairs(options: Options) -> Options:
    return None if options is None else option_texts(options)


def _texts(objects: Sequence[msgspec.Struct]) -> list[str]:
    return [msgspec.json.encode(one).decode() for one in objects]


def _check_ranges(settings: Settings) -> None:
    for name in RANGES:
        texts: Texts = getattr(settings, name)
        for text in [texts] if isinstance(texts, str) else texts or ():
            for part in text.split(","):
                try:
                    parse_cidr(part.strip())
                except ValueError as error:
                    message = f"{name.replace('_', '-')}: {error}"
                    raise ValueError(message) from None


def _beside(path: Path, setting: str, name: str) -> str:
    """Relative names start where the configuration file is."""
    try:
        return name if name == "-" else str(path.parent / Path(name).expanduser())
    except RuntimeError:
        words = f"{setting}: {name}: the folder that ~ stands for is not known: write it out"
        message = f"--config {path}: {words}"
        raise ConfigError(message) from None


def _suggestion(words: str) -> str:
    if "unknown field" not in words:
        return ""
    place = words.rpartition(" - at `$.")[2]
    part = next((one for name, one in PARTS.items() if place.startswith(f"{name}[")), Settings)
    known = _keys(part)
    close = get_close_matches(words.split("`")[1], known, 1)
    return f"; did you mean {close[0]!r}?" if close else f" (known: {', '.join(known)})"


def _keys(part: type[msgspec.Struct]) -> Sequence[str]:
    fields: Iterable[msgspec.structs.FieldInfo] = msgspec.structs.fields(part)
    return [field.encode_name for field in fields]
