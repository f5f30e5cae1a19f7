"""Node lists that no API server should give: without end, or with a Node in two versions."""

import json
from collections.abc import Iterator
from itertools import count, permutations
from pathlib import Path

import pytest

from podroute.kube.answer import Answer
from podroute.kube.api_errors import ApiUnreachable
from podroute.kube.login import Cluster, Login, User
from podroute.kube.node_list import PAGES, read_node_list
from podroute.kube.nodes import to_roster
from tests.unit.command import Body, node, node_list, podroute, worker
from tests.unit.kube_server import Answer as Sent
from tests.unit.kube_server import Server, serving

TWICE = "it is there twice, with different contents: give each Node once"
SOMEWHERE = Login("context 'test'", Cluster("https://api.example"), User())


def page(*bodies: Body, then: str = "") -> bytes:
    metadata = {"resourceVersion": "7", "continue": then}
    return json.dumps({"kind": "NodeList", "items": bodies, "metadata": metadata}).encode()


class Pages:
    """One after the other, whatever is asked for."""

    def __init__(self, bodies: Iterator[bytes]) -> None:
        self.bodies = bodies
        self.asked = 0

    async def get(self, path: str) -> Answer:  # noqa: ARG002 -- as it is called
        self.asked += 1
        return Answer(200, next(self.bodies), {})


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with serving(tmp_path) as one:
        yield one


async def test_a_list_with_a_new_token_on_every_page_is_given_up() -> None:
    pages = Pages(page(then=str(number)) for number in count(1))

    with pytest.raises(ApiUnreachable) as caught:
        await read_node_list(pages.get, SOMEWHERE)

    assert pages.asked == PAGES
    words = "gave 10000 pages, and a continue token once more, so its Node list has no end"
    assert words in str(caught.value)


async def test_as_many_pages_as_may_be_are_read() -> None:
    numbers = (number % PAGES for number in count(1))
    pages = Pages(page(worker(0), then=str(number) if number else "") for number in numbers)

    assert len((await read_node_list(pages.get, SOMEWHERE)).objects) == 1


@pytest.mark.parametrize("other", ["10.200.0.0/24", 5], ids=["another address", "no Node object"])
async def test_a_node_in_two_versions_is_not_believed(other: object) -> None:
    spoilt: Body = {**node("worker-0", "10.240.0.99"), "spec": {"podCIDR": other}}
    for order in permutations([worker(0), spoilt, worker(1)]):
        pages = Pages(iter([page(order[0], order[1], then="2"), page(order[2])]))

        listed = await read_node_list(pages.get, SOMEWHERE)

        roster = to_roster(listed)
        assert [one.name for one in roster.nodes] == ["worker-1"]
        assert [(one.name, one.reason) for one in roster.unreadable] == [("worker-0", TWICE)]
        assert listed.version == "7"


async def test_the_same_node_twice_is_one() -> None:
    pages = Pages(iter([page(worker(0), then="2"), page(worker(1), worker(0))]))

    names = [one.metadata.name for one in (await read_node_list(pages.get, SOMEWHERE)).objects]

    assert names == ["worker-0", "worker-1"]


async def test_nodes_without_a_name_stand_alone() -> None:
    first: Body = {"metadata": {"name": ""}, "spec": {"podCIDR": "10.200.0.0/24"}}
    second: Body = {"metadata": {"name": ""}, "spec": {"podCIDR": "10.200.1.0/24"}}
    pages = Pages(iter([page(first, second, {}, {}, then="2"), page({}, second)]))

    unreadable = to_roster(await read_node_list(pages.get, SOMEWHERE)).unreadable

    assert [one.name for one in unreadable if one.name != "(no name)"] == [
        "items[2]",
        "items[3]",
        "items[4]",
    ]
    assert TWICE not in {one.reason for one in unreadable}


def test_a_person_sees_the_same_as_for_a_file(server: Server, tmp_path: Path) -> None:
    bodies = [worker(0), node("worker-0", "10.240.0.99", "10.200.9.0/24"), worker(1)]
    server.answer = lambda _: Sent(page(*bodies))
    file = tmp_path / "nodes.json"
    file.write_text(node_list(*bodies))

    listed = podroute("table", "-o", "plain", "--kubeconfig", server.kubeconfig())

    assert listed == podroute("table", "-o", "plain", "-f", str(file))
    assert listed.out == "10.240.0.31 10.200.1.0/24 \n"
    assert TWICE in listed.err
