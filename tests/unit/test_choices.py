"""A value that is none of a closed set: the fault names those that are."""

from typing import Literal

import msgspec
import pytest

from podroute.providers.aws.settings import AwsOptions
from podroute.providers.choices import choices
from podroute.providers.gcp.settings import GcpOptions
from podroute.providers.interface import InvalidOption, parse_options
from tests.unit.command import podroute


class Some(msgspec.Struct, rename="kebab"):
    """Two settings with a closed set of values."""

    how_much: Literal["all", "none"] | None = None
    level: Literal[1, 2] = 1


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("Invalid enum value 'some' - at `$.how-much`", "; choose from all, none"),
        ("Invalid enum value 3 - at `$.level`", "; choose from 1, 2"),
        ("Invalid enum value 'x' - at `$.other`", ""),
        ("Expected `int`, got `str` - at `$.how-much`", ""),
    ],
)
def test_the_values_of_the_setting_at_fault_are_named(fault: str, words: str) -> None:
    assert choices(Some, fault) == words


@pytest.mark.parametrize(
    ("kind", "texts", "words"),
    [
        (AwsOptions, {"match-node": "maybe"}, "choose from name-tag, none, private-dns-name"),
        (GcpOptions, {"network": "n", "next_hop": "ip"}, "choose from address, instance"),
    ],
)
def test_a_providers_options_name_them(
    kind: type[msgspec.Struct], texts: dict[str, str], words: str
) -> None:
    with pytest.raises(InvalidOption, match=words):
        parse_options(kind, texts)


@pytest.mark.parametrize(
    "flags",
    [
        ["controller", "--network-condition", "all", "--allocate-node-cidrs"],
        ["controller", "--config", "FILE", "--allocate-node-cidrs"],
    ],
)
def test_a_flag_and_a_line_of_the_file_name_them(
    flags: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.mktemp("config") / "podroute.yaml"
    file.write_text("apiVersion: podroute/v1alpha1\nnetwork-condition: all\n")

    ended = podroute(*(str(file) if one == "FILE" else one for one in flags))

    assert ended.status == 2
    for value in ("own", "any", "none"):
        assert value in ended.err.lower().partition("choose from")[2]
