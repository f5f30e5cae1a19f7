"""The addresses in a kubeconfig: of the API server, and of the proxy on the way to it."""

import re
from typing import Final
from urllib.parse import SplitResult, urlsplit
from urllib.request import getproxies, proxy_bypass

_SECRET: Final = re.compile(r"\A([a-z][a-z0-9+.-]*://)?.*@", re.IGNORECASE | re.DOTALL)
_HOST: Final = re.compile(r"[^\s/?#@\\%\x00-\x1f]+(%[\w.%-]+)?")
_UNSEEN: Final = re.compile(r"[\s\x00-\x1f\x7f]")
_LONGEST_NAME: Final = 253
_LONGEST_LABEL: Final = 63


def shown(address: str) -> str:
    """For messages, without the password that an address can hold."""
    return _SECRET.sub(lambda found: found[1] or "", address)


def server_fault(address: str) -> str:
    """Why no API server can be at this address; "" where one can."""
    if "@" in address.partition("://")[2].partition("/")[0]:
        return "a user and a password in the address: put them into the user's entry"
    return _fault(address)


def proxy_fault(address: str) -> str:
    """Why no proxy can be at this address; "" where one can."""
    if address.lower().startswith("socks"):
        return "only HTTP proxies are known, not SOCKS"
    return _fault(address)


def environment_proxy(server: str) -> str:
    """The proxy that the environment names for this server; "" where there is none."""
    parts = urlsplit(server)
    if proxy_bypass(parts.hostname or ""):
        return ""
    named = getproxies().get(parts.scheme, "")
    return f"http://{named}" if named and "://" not in named else named


def _fault(address: str) -> str:
    try:
        parts = urlsplit(address)
    except ValueError:
        return "brackets belong around an IPv6 address, and around nothing else"
    if parts.scheme not in {"http", "https"} or "://" not in address:
        return "it must begin with https:// or http://"
    if fault := _fault_of_host(parts.hostname or "") or _fault_of_port(parts):
        return fault
    return "it holds white space or a control character" if _UNSEEN.search(address) else ""


def _fault_of_host(host: str) -> str:
    if not host:
        return "it has no host"
    labels = host.removesuffix(".").split(".")
    fits = len(host) <= _LONGEST_NAME and all(0 < len(one) <= _LONGEST_LABEL for one in labels)
    if not _HOST.fullmatch(host) or not (fits or ":" in host):
        return "its host is no name and no IP address"
    return ""


def _fault_of_port(parts: SplitResult) -> str:
    try:
        port = parts.port
    except ValueError:
        port = 0
    if port == 0:
        return "its port is not a number from 1 to 65535"
    return "there is a colon but no port" if parts.netloc.endswith(":") else ""
