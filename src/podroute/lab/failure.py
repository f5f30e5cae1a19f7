"""How a lab says that something cannot be done."""


class LabFailed(Exception):  # noqa: N818 -- named for the event
    """What went wrong, and what to do next."""


class Unsuitable(LabFailed):
    """The machine lacks something, or what was asked for cannot be."""
