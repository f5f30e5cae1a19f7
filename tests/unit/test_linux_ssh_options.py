"""What can be chosen about a router's kernel by SSH, and who chooses it."""

import pytest

from podroute.providers.interface import InvalidOption, parse_options
from podroute.providers.linux.settings import LinuxOptions
from podroute.providers.linux.ssh_options import LinuxSshOptions

ROUTER = {"router": "root@10.240.0.1"}


def parsed(**texts: str) -> LinuxSshOptions:
    return parse_options(LinuxSshOptions, {**ROUTER, **texts})


def test_the_router_chooses_unless_it_is_by_ip() -> None:
    assert parsed().kernel == LinuxOptions()
    assert parsed().through == "on-router"
    assert parsed(through="ip").kernel == LinuxOptions()
    chosen = parsed(through="ip", table="1000", protocol="77", metric="50")
    assert chosen.kernel == LinuxOptions(table=1000, protocol=77, metric=50)
    assert parsed(through="ip", metric="0").kernel.metric == 0


@pytest.mark.parametrize("option", ["table", "protocol", "metric"])
def test_what_is_the_routers_to_choose_is_refused(option: str) -> None:
    words = f"{option} is the router's to choose, in its own file .*through=ip only"

    with pytest.raises(InvalidOption, match=words):
        parsed(**{option: "77"})


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        ({"through": "telnet"}, "through"),
        ({"through": "ip", "table": "255"}, "table 255 is taken: 'local'"),
        ({"through": "ip", "protocol": "4"}, "protocol 4 is taken: 'static'"),
        ({"through": "ip", "metric": "-1"}, "metric -1 is not between"),
        ({"through": "ip", "jump": "nowhere"}, "jump 'nowhere' is not USER@HOST"),
    ],
)
def test_what_the_kernel_has_no_room_for_is_refused(texts: dict[str, str], words: str) -> None:
    with pytest.raises(InvalidOption, match=words):
        parsed(**texts)


def test_a_person_logs_in_as_root() -> None:
    assert parsed().login == ("ssh", "root@10.240.0.1")
    assert parsed(router="a@[fd00::1]:2222").login == ("ssh", "-p", "2222", "root@fd00::1")
