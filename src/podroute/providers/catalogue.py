"""Finds the installed providers by entry point, and imports only the one that is used."""

from importlib.metadata import entry_points

from podroute.providers.interface import InvalidOption, ProviderKind

GROUP = "podroute.route_providers"
OURS = "podroute."  # modules whose libraries are extras


def provider_names() -> tuple[str, ...]:
    """The names of all installed providers, sorted."""
    return tuple(sorted(entry.name for entry in entry_points(group=GROUP)))


def load_provider(name: str) -> ProviderKind:
    """The provider called ``name``.

    Raises:
        InvalidOption: no such provider; the text lists those that there are.
    """
    for entry in entry_points(group=GROUP, name=name):
        try:
            kind: object = entry.load()
        except ModuleNotFoundError as error:
            if not entry.value.startswith(OURS):
                raise
            message = f"provider {name!r} needs {error.name}: pip install 'podroute[{name}]'"
            raise InvalidOption(message) from error
        if isinstance(kind, ProviderKind):
            return kind
        message = f"provider {name!r}: {entry.value} is not a ProviderKind"
        raise InvalidOption(message)
    message = f"unknown provider {name!r} (installed: {', '.join(provider_names())})"
    raise InvalidOption(message)
