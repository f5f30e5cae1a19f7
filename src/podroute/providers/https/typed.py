"""What does a person type to send a request? Pure: a line for a shell, without any secret."""

import shlex
from collections.abc import Sequence

from podroute.providers.https.settings import HttpsOptions, Secret


def curl(options: HttpsOptions, secret: Secret, setting: str, words: Sequence[str]) -> str:
    """``setting`` is that of curl's configuration in which ``%s`` is the secret.

    The secret is on no command line, where all users of the machine could see it.
    """
    held = f'"$(cat {shlex.quote(secret.file)})"' if secret.file else f'"${secret.variable}"'
    authority = ("--cacert", options.ca) if options.ca else ()
    call = shlex.join(("curl", "--silent", "--show-error", "--fail-with-body", *authority, *words))
    return f"printf {shlex.quote(setting)} {held} | {call} --config -"
