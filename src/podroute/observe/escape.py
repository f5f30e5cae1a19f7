"""Text that others have written, fit for a terminal."""


def escaped(text: str, longest: int) -> str:
    """``text`` without control characters, in one line and of bounded length."""
    shown = text if len(text) <= longest else f"{text[:longest]}… ({len(text)} characters)"
    if shown.isprintable():
        return shown
    return "".join(
        one if one.isprintable() else one.encode("unicode_escape").decode() for one in shown
    )
