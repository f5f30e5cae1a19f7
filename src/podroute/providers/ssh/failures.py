"""What is said when a login or a program on a router fails? Pure."""

from podroute.providers.ssh.settings import USUAL_PORT, Place


class SshFailed(Exception):  # noqa: N818 -- named for the event, as in the field
    """The router was not reached, or nobody knows what has become of a request there."""


def not_trusted(place: Place, known_hosts: str, shown: str) -> str:
    """The router does not have the key that is expected of it; ``shown``: the one it has."""
    offered = f" (it shows {shown})" if shown else ""
    name = place.host if place.port == USUAL_PORT else f"[{place.host}]:{place.port}"
    return (
        f"{place}: its host key is not that of {known_hosts}{offered}: compare it with "
        f"`ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` on the router, then remove the old "
        f"one by `ssh-keygen -f {known_hosts} -R {name}` and log in once by ssh"
    )


def refused(place: Place, means: str, *, by_password: bool) -> str:
    """The router lets us not in."""
    if by_password:
        hint = (
            f"is it that of {place.user} there, and does its sshd take passwords "
            "(PasswordAuthentication, PermitRootLogin, AllowUsers)?"
        )
    else:
        hint = (
            f"is the public key in ~/.ssh/authorized_keys of {place.user} there, and may this "
            "address use it (from=, AllowUsers)?"
        )
    return f"{place}: login refused with {means}: {hint}"


def no_way(place: Place, jump: Place, reason: str) -> str:
    """The host to go through does not lead there."""
    return (
        f"{place}: not reached from {jump}: {reason}; is sshd running there, and does {jump.host} "
        "let through (AllowTcpForwarding, port-forwarding in authorized_keys)?"
    )


def no_session(place: Place, reason: str) -> str:
    """We are in, and may do nothing."""
    return f"{place}: no session there: {reason}; see MaxSessions and ForceCommand in sshd_config"


def unusable(means: str, words: str) -> str:
    """A key is none, or is not for programs."""
    return f"{means} cannot be used: {words}; one with a passphrase is for the agent (ssh-add)"


def otherwise(place: Place, words: str) -> str:
    """Any other end of a try."""
    return f"{place}: {words}"


def said(text: object) -> str:
    """What somebody has said, whatever bytes it is."""
    return text.decode(errors="replace") if isinstance(text, bytes | bytearray) else str(text or "")
