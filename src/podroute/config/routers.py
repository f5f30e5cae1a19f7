"""One router or several, as the configuration file and the flags say them."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import msgspec

FLAG: Final = "--router"
OPTION: Final = "--provider-option"
_NAME: Final = re.compile(r"[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?")


OptionTexts: TypeAlias = list[str] | dict[str, str | int | float | bool]


class RouterSettings(msgspec.Struct, rename="kebab", forbid_unknown_fields=True):
    """One of ``routers``."""

    name: str
    provider: str
    provider_option: OptionTexts = msgspec.field(default_factory=list[str])


@dataclass(frozen=True, slots=True)
class NamedRouter:
    """``name`` is "" for one that stands alone; ``options`` are KEY and VALUE."""

    name: str
    provider: str
    options: tuple[tuple[str, str], ...] = ()


def read_routers(texts: Iterable[str]) -> tuple[NamedRouter, ...]:
    """The routers; each text is ``NAME=PROVIDER,KEY=VALUE,…``, or the settings as a JSON object.

    Raises:
        ValueError: naming the router, and what is wrong with it.
    """
    routers = tuple(_router(_settings(text)) for text in texts)
    names = [one.name for one in routers]
    for place, one in enumerate(routers):
        if one.name in names[:place]:
            message = f"router {one.name!r} is there twice: give each a name of its own"
            raise ValueError(message)
        for other in routers[:place]:
            if (one.provider, one.options) == (other.provider, other.options):
                message = f"routers {other.name!r} and {one.name!r} are the same: leave out one"
                raise ValueError(message)
    return routers


def read_options(texts: Iterable[str], where: str = OPTION) -> tuple[tuple[str, str], ...]:
    """The options of a provider, by key.

    Raises:
        ValueError: one is not ``KEY=VALUE``, or there twice.
    """
    options: dict[str, str] = {}
    for text in texts:
        key, separator, value = text.partition("=")
        if not separator or not key:
            message = f"{where} {text!r} is not KEY=VALUE"
            raise ValueError(message)
        if key in options:
            message = f"{where} {key!r} is given twice"
            raise ValueError(message)
        options[key] = value
    return tuple(sorted(options.items()))


def option_texts(options: OptionTexts) -> list[str]:
    """``KEY=VALUE`` for each, as flags have it: yes and no are ``true`` and ``false``."""
    if isinstance(options, list):
        return options
    return [
        f"{key}={str(value).lower() if isinstance(value, bool) else value}"
        for key, value in options.items()
    ]


def routers_needed(text: str, names: Sequence[str]) -> int:
    """How many routers must have a Node's routes.

    Raises:
        ValueError: it is neither ``all``, ``any`` nor a number of routers that there are.
    """
    if text in {"all", "any"}:
        return len(names) if text == "all" else 1
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 4 else 0  # noqa: PLR2004 -- digits
    if not 1 <= number <= len(names):
        words = f"there is {len(names)} router" if len(names) == 1 else f"of {len(names)} routers"
        message = f"--routers-needed {text!r}, {words}: give all, any, or 1 to {len(names)}"
        raise ValueError(message)
    return number


def _settings(text: str) -> RouterSettings:
    if text.lstrip().startswith("{"):
        try:
            return msgspec.json.decode(text, type=RouterSettings)
        except msgspec.DecodeError as error:
            message = f"{FLAG} {text!r}: {error}"
            raise ValueError(message) from None
    first, *options = text.split(",")
    name, separator, provider = first.partition("=")
    if not separator:
        words = "is not NAME=PROVIDER,KEY=VALUE,…"
        message = f"{FLAG} {text!r} {words}, e.g. a=linux-ssh,router=root@10.240.0.1"
        raise ValueError(message)
    for one in options:
        if "=" not in one:
            words = f"router {name!r}: option {one!r} is not KEY=VALUE"
            message = f"{words}; a value with a comma in it takes a JSON object for {FLAG}"
            raise ValueError(message)
    return RouterSettings(name, provider, options)


def _router(settings: RouterSettings) -> NamedRouter:
    name, texts = settings.name, option_texts(settings.provider_option)
    if not _NAME.fullmatch(name):
        message = f"router {name!r}: give a name of up to 63 of a-z, 0-9 and -, e.g. left"
        raise ValueError(message)
    if not settings.provider:
        message = f"router {name!r}: give its provider, e.g. linux-ssh"
        raise ValueError(message)
    return NamedRouter(name, settings.provider, read_options(texts, f"router {name!r}: option"))
