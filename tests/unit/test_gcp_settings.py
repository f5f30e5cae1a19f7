import pytest

from podroute.providers.gcp.settings import ENDPOINT, GcpOptions
from podroute.providers.interface import InvalidOption, parse_options


def test_the_network_is_enough() -> None:
    options = parse_options(GcpOptions, {"network": "kubernetes"})

    assert options == GcpOptions("kubernetes")
    assert (options.priority, options.root, options.instance_tags) == (1000, ENDPOINT, ())


def test_every_option_has_a_text() -> None:
    texts = {
        "network": "n",
        "project": "example.com:p-1",
        "cluster": "Prod_1.eu",
        "next_hop": "instance",
        "names": "cluster",
        "priority": "65535",
        "tags": "pod, node,pod",
        "credentials": "/etc/key.json",
        "route_limit": "0",
        "rate": "5.5",
        "timeout": "10",
        "endpoint": "http://127.0.0.1:1/compute/v1/",
    }
    options = parse_options(GcpOptions, texts)

    assert options.instance_tags == ("node", "pod")
    assert options.root == "http://127.0.0.1:1/compute/v1"
    assert (options.route_limit, options.rate, options.timeout) == (0, 5.5, 10.0)
    assert options.patience == 50.0


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        ({"network": ""}, "network '' is no name"),
        ({"network": "K8s"}, "network 'K8s' is no name"),
        ({"project": "a b"}, "project 'a b' is no name"),
        ({"project": "123456789012"}, "that is the project's number: give its id"),
        ({"project": "example.com:123456789012"}, "project 'example.com:123456789012' is no name"),
        ({"project": "1st-project"}, "project '1st-project' is no name"),
        ({"cluster": "a\nb"}, "is no name"),
        ({"cluster": "x" * 64}, "is no name"),
        ({"tags": "a,B"}, "tag 'B' is no name"),
        ({"priority": "65536"}, "priority 65536 is not between 0 and 65535"),
        ({"priority": "-1"}, "priority -1 is not between"),
        ({"route_limit": "-1"}, "route_limit -1 is below 0"),
        ({"rate": "0"}, "rate 0.0 is not above 0"),
        ({"timeout": "inf"}, "timeout"),
        ({"next_hop": "ip"}, "Invalid enum value 'ip'"),
        ({"names": "x"}, "Invalid enum value 'x'"),
        ({"credentials": "a", "access_token_file": "b"}, "exclude each other"),
        ({"endpoint": "http://example.com/"}, "must begin with https://"),
        ({"endpoint": "http://localhost.example.com:80/"}, "must begin with https://"),
        ({"endpoint": "http://127.0.0.1:80@example.com/"}, "is not like https://HOST"),
        ({"endpoint": "https://[::bad/x"}, "is not like https://HOST"),
        ({"endpoint": "http://127.0.0.1:notaport/x"}, "is not like https://HOST"),
        ({"net": "x"}, "unknown provider option 'net'"),
    ],
)
def test_a_bad_option_is_named(texts: dict[str, str], words: str) -> None:
    with pytest.raises(InvalidOption) as told:
        parse_options(GcpOptions, {"network": "kubernetes", **texts})

    assert words in str(told.value)


def test_without_a_network_it_is_asked_for() -> None:
    with pytest.raises(InvalidOption, match="network"):
        parse_options(GcpOptions, {})
