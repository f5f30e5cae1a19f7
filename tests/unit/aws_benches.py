"""Two instances to which routes can lead, and works in one line each."""

from podroute.providers.aws.answers import TableRecord
from podroute.providers.aws.changes import Bench, Work, bench, prepared
from podroute.providers.aws.settings import AwsOptions
from podroute.routing.outcome import Done, Failed, Outcome
from podroute.routing.steps import Change
from tests.unit.aws_tables import interface, seen


def at(*tables: TableRecord, options: AwsOptions | None = None, checked: bool = False) -> Bench:
    """Two instances, 10.240.0.30 and .31."""
    known = interface(0, checked=checked), interface(1, checked=checked, alone=False)
    look = seen(*tables, options=options, interfaces=known)
    return bench(look, {hop: one for one in known for hop in one.addresses})


def told(outcome: Work | Outcome) -> str:
    """In one line."""
    match outcome:
        case Work(calls=calls, added=added, dropped=dropped):
            sent = [f"{call.verb} {call.table}" for call in calls]
            return ", ".join([*sent, f"+{len(added)}", f"-{len(dropped)}"])
        case Failed(reason=reason, retry=retry):
            return f"{retry}: {reason}"
        case Done():
            return "done"


def planned(change: Change, place: Bench) -> str:
    """What is to be done for exactly this change, in one line."""
    outcome = prepared(change, place)
    about = outcome.change if isinstance(outcome, Work) else outcome.step
    assert about is change
    return told(outcome)
