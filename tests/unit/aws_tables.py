"""Route tables as EC2 would tell them, from a few words."""

from collections.abc import Sequence

from podroute.model.cidr import parse_address, parse_cidr
from podroute.providers.aws.answers import Interface, RouteRecord, TableRecord, Tag
from podroute.providers.aws.marks import mark_of, with_marks
from podroute.providers.aws.settings import AwsOptions
from podroute.providers.aws.translate import Seen

A = "10.200.0.0/24"
LOCAL = RouteRecord("10.240.0.0/16", gateway_id="local", origin="CreateRouteTable")


def record(destination: str = A, interface: str = "eni-0", state: str = "active") -> RouteRecord:
    """A route that somebody has written."""
    v4, v6 = (destination, "") if ":" not in destination else ("", destination)
    return RouteRecord(v4, v6, network_interface_id=interface, origin="CreateRoute", state=state)


def table(
    name: str, routes: Sequence[RouteRecord], marked: Sequence[RouteRecord] = ()
) -> TableRecord:
    """``marked`` are ours, of the cluster ``kubernetes``."""
    marks = [
        mark_of(one.destination, one.network_interface_id)
        for one in marked
        if one.destination is not None
    ]
    tags = tuple(Tag(*pair) for pair in with_marks({}, "kubernetes", marks).items())
    return TableRecord(name, "vpc-1", (LOCAL, *routes), tags)


def interface(number: int, *, checked: bool = False, alone: bool = True) -> Interface:
    """``eni-0`` of ``i-0`` has 10.240.0.30 and fd00:10:240::30, and so on."""
    v4, v6 = f"10.240.0.{30 + number}", f"fd00:10:240::{30 + number}"
    return Interface(
        f"eni-{number}",
        f"i-{number}",
        (parse_address(v4), parse_address(v6)),
        checked=checked,
        alone=alone,
        name_tag=f"worker{number}",
        private_dns_name=f"ip-{number}.internal",
    )


def seen(
    *tables: TableRecord,
    options: AwsOptions | None = None,
    limit: int = 0,
    interfaces: Sequence[Interface] = (interface(0), interface(1)),
) -> Seen:
    """As read."""
    known = {one.id: one for one in interfaces}
    return Seen(options or AwsOptions(), tables, known, limit=limit)


DESTINATION = parse_cidr(A)
