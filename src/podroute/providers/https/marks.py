"""Which routes are ours, where a route has a text for people? Pure.

The mark is how the text begins, so that a person's own words can follow it.
"""

from podroute.providers.https.settings import HttpsOptions


def is_marked(text: str, options: HttpsOptions) -> bool:
    """Whether a route with this text is of our cluster."""
    return text == mark(options) or text.startswith(f"{mark(options)} ")


def mark(options: HttpsOptions) -> str:
    """The text of a route of ours."""
    return f"podroute cluster={options.cluster}"


def marked(text: str, options: HttpsOptions, longest: int) -> str:
    """``text`` with our mark before it, as far as there is room."""
    if is_marked(text, options):
        return text
    return f"{mark(options)} {text}"[:longest].rstrip()
