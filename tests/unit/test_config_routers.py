"""How many routers must have a Node's routes, and what a list of routers may say."""

import pytest

from podroute.config.routers import NamedRouter, read_routers, routers_needed


@pytest.mark.parametrize(
    ("text", "names", "number"),
    [
        ("all", ("",), 1),
        ("any", ("",), 1),
        ("1", ("",), 1),
        ("all", ("a", "b", "c"), 3),
        ("any", ("a", "b", "c"), 1),
        ("2", ("a", "b", "c"), 2),
        ("3", ("a", "b", "c"), 3),
    ],
)
def test_so_many_are_needed(text: str, names: tuple[str, ...], number: int) -> None:
    assert routers_needed(text, names) == number


@pytest.mark.parametrize("text", ["0", "2", "-1", "1.5", "ALL", "", "²", "99999999"])
def test_of_one_router_nothing_else_can_be_needed(text: str) -> None:
    with pytest.raises(ValueError, match="there is 1 router: give all, any, or 1 to 1"):
        routers_needed(text, ("",))


def test_a_text_and_an_object_say_the_same() -> None:
    told = (NamedRouter("a", "frr", (("router", "r@10.240.0.1"), ("tag", "7"))),)
    assert read_routers(["a=frr,tag=7,router=r@10.240.0.1"]) == told
    options = '{"tag": 7, "router": "r@10.240.0.1"}'
    assert (
        read_routers([f'{{"name": "a", "provider": "frr", "provider-option": {options}}}']) == told
    )
    listed = '["tag=7", "router=r@10.240.0.1"]'
    assert (
        read_routers([f'{{"name": "a", "provider": "frr", "provider-option": {listed}}}']) == told
    )


def test_options_may_be_yes_no_and_numbers() -> None:
    options = '{"write": true, "saved": false, "rate": 0.5, "tag": 7, "text": "True"}'
    (one,) = read_routers([f'{{"name": "a", "provider": "x", "provider-option": {options}}}'])
    assert dict(one.options) == {
        "write": "true",
        "saved": "false",
        "rate": "0.5",
        "tag": "7",
        "text": "True",
    }


def test_a_text_with_a_comma_in_a_value_is_sent_to_the_object() -> None:
    with pytest.raises(ValueError, match=r"'64512:1' is not KEY=VALUE; .* takes a JSON object"):
        read_routers(["a=gobgp,communities=no-export,64512:1"])


def test_an_object_may_have_commas_in_its_options() -> None:
    (one,) = read_routers(['{"name": "a", "provider": "x", "provider-option": {"k": "1,2"}}'])
    assert one.options == (("k", "1,2"),)


@pytest.mark.parametrize(
    "text", ['{"name": "a"}', '{"name": "a", "provider": "x", "more": 1}', "[", "{"]
)
def test_what_is_no_router_is_refused_by_its_text(text: str) -> None:
    with pytest.raises(ValueError, match=r"^--router "):
        read_routers([text])
