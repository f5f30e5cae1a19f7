"""What has become of changes."""

from collections.abc import Sequence

from podroute.routing.outcome import Done, Failed, Outcome


def done(outcomes: Sequence[Outcome]) -> bool:
    return all(isinstance(one, Done) for one in outcomes)


def reasons(outcomes: Sequence[Outcome]) -> list[str]:
    return [one.reason for one in outcomes if isinstance(one, Failed)]
