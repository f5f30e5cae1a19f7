"""The file on a router that says what a podroute elsewhere may change there."""

from pathlib import Path
from typing import Literal

import msgspec
import yaml

from podroute.config.file import ConfigError
from podroute.config.ranges import parse_cidrs
from podroute.config.source import check_keys, read_regular
from podroute.providers.linux.allowed import Allowed
from podroute.providers.linux.settings import LinuxOptions


class OnRouter(msgspec.Struct, rename="kebab", forbid_unknown_fields=True):
    """Every key of the file; the two lists have no default."""

    api_version: Literal["podroute/v1alpha1"] = msgspec.field(name="apiVersion")
    kind: Literal["OnRouter"]
    destinations: list[str]
    next_hops: list[str]
    options: LinuxOptions = LinuxOptions()


def read_on_router(path: Path) -> tuple[Allowed, LinuxOptions]:
    """What is allowed, and the options of the provider linux.

    Raises:
        ConfigError: saying what is wrong with the file.
    """
    try:
        content = read_regular(path)
        check_keys(content)
        read = msgspec.yaml.decode(content, type=OnRouter)
        destinations = parse_cidrs("destinations", read.destinations)
        next_hops = parse_cidrs("next-hops", read.next_hops)
    except OSError as error:
        message = f"--config {path}: {error.strerror}; it says what podroute may change here"
        raise ConfigError(message) from None
    except (msgspec.DecodeError, yaml.YAMLError, ValueError, RecursionError) as error:
        message = f"--config {path}: {error}"
        raise ConfigError(message) from None
    return Allowed(destinations, next_hops, str(path)), read.options
