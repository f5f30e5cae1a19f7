"""What does a call to the daemon's API that has failed mean, and what is to be done? Pure."""

from typing import Final

from podroute.observe.escape import escaped
from podroute.providers.gobgp.settings import GobgpOptions

_LONGEST: Final = 300  # characters of gRPC's own words
_OLD: Final = (
    "GoBGP there is older than 4 and speaks another API (Debian 12 has 3.10): install 4.5 or later"
)
_STRANGER: Final = "what answers there is no API of GoBGP 4"
_NO_CONNECTION: Final = "failed to connect to all addresses"  # and much more
_SECURED: Final = (  # what is in gRPC's words, what it means, and what is to be done
    (
        "CERTIFICATE_VERIFY_FAILED",
        "its certificate is not trusted",
        "is it of the authority in ca, and of today? see --tls-cert-file there",
    ),
    (
        "Hostname Verification",
        "its certificate is of another name",
        "give an address that the certificate of --tls-cert-file there has",
    ),
    (
        "TSI_DATA_CORRUPTED",
        "it does not take our certificate",
        "is cert of the authority in --tls-client-ca-file there, and of today?",
    ),
    (
        "WRONG_VERSION_NUMBER",
        "it speaks no TLS",
        "start gobgpd with --tls and --tls-client-ca-file",
    ),
)
_UNSTARTED: Final = "gobgpd runs, but has no configuration: start it with -f FILE"


def failure(code: str, details: str, options: GobgpOptions) -> str:
    """For people; ``code`` is the name of gRPC's status."""
    where = f"GoBGP at {options.address}"
    match code:
        case "DEADLINE_EXCEEDED":
            return f"{where}: no answer within {options.timeout:g} s"
        case "UNIMPLEMENTED":
            return f"{where}: {_OLD if 'unknown service' in details else _STRANGER}"
        case "UNKNOWN" if "hasn't started" in details:
            return f"{where}: {_UNSTARTED}"
        case "UNAVAILABLE":
            return f"{where}: not reached: {_unavailable(details, options)}"
        case _:
            return f"{where}: {code}: {escaped(details, _LONGEST)}"


def _unavailable(details: str, options: GobgpOptions) -> str:
    for known, meaning, advice in _SECURED:
        if known in details:
            return f"{meaning}; {advice}"
    told = details.rpartition(": ")[2] if _NO_CONNECTION in details else details
    return f"{escaped(told, _LONGEST)}; {_hint(details, options)}"


def _hint(details: str, options: GobgpOptions) -> str:
    if "andshake" in details or "ssl" in details.lower():
        return "see ca, cert and key here, and --tls-cert-file and --tls-client-ca-file there"
    if "Socket closed" in details and not options.secured:
        return "has it ended, or been started with --tls?"
    return f"is gobgpd running, with --api-hosts {options.target}?"
