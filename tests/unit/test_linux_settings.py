import pytest

from podroute.providers.interface import InvalidOption, parse_options
from podroute.providers.linux.settings import LinuxOptions


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        ({"protocol": "4"}, "protocol 4 is taken: 'static'"),
        ({"protocol": "0"}, "protocol 0 is taken: 'unspec'"),
        ({"protocol": "186"}, "protocol 186 is taken: 'bgp'"),
        ({"protocol": "256"}, "protocol 256 is not between 0 and 255"),
        ({"table": "255"}, "table 255 is taken: 'local'"),
        ({"table": "4294967296"}, "table 4294967296 is not between"),
        ({"table": "main"}, "table"),
        ({"metric": "-1"}, "metric -1 is not between"),
        ({"namespace": "x"}, "unknown provider option 'namespace'"),
    ],
)
def test_options_that_the_kernel_or_others_would_not_bear(
    texts: dict[str, str], words: str
) -> None:
    with pytest.raises(InvalidOption, match=words):
        parse_options(LinuxOptions, texts)


def test_options_come_from_texts() -> None:
    given = {"table": "1000", "protocol": "77", "metric": "50"}

    assert parse_options(LinuxOptions, given) == LinuxOptions(table=1000, protocol=77, metric=50)
    assert parse_options(LinuxOptions, {}) == LinuxOptions()
