"""What a person reads where a line cannot be typed."""

from podroute.providers.gcp.rounds import Seen, commands
from podroute.providers.gcp.settings import GcpOptions
from podroute.routing.steps import Create
from tests.builders import route


def test_a_line_that_cannot_be_typed_says_why_in_one_line_for_any_terminal() -> None:
    """A Node is called as its kubelet says: the name must reach no terminal as it is."""
    options = GcpOptions("kubernetes", "p", next_hop="instance")
    hostile = Create(route("10.200.0.0/24", "10.240.0.99", "a\x1b[31mb\nrm -r /"))
    (line,) = commands([hostile], Seen(), options)

    assert line.startswith("false 'no instance in network kubernetes has 10.240.0.99")
    assert line.isprintable()
    assert "a\\x1b[31mb\\nrm -r /" in line
