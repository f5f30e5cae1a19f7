"""Which of our tables does nft list as switched off?"""

import pytest

from podroute.host.nftables import dormant_in

SOUND = (
    "table inet podroute {\n\tchain forward {\n\t\ttype filter hook forward priority 0;\n\t}\n}\n"
)
OFF = SOUND.replace("{\n", "{\n\tflags dormant\n\n", 1)


@pytest.mark.parametrize(
    ("text", "families"),
    [
        ("", set[str]()),
        (SOUND, set[str]()),
        (OFF, {"inet"}),
        (OFF.replace("dormant", "owner,dormant"), {"inet"}),
        (OFF.replace("dormant", "owner"), set[str]()),
        (SOUND + OFF.replace("inet", "bridge"), {"bridge"}),
        (SOUND.replace("type", 'comment "flags dormant" type'), set[str]()),
        (SOUND.replace("\t\ttype", "\t\tflags dormant\n\t\ttype"), set[str]()),
    ],
)
def test_only_the_flag_of_a_table_counts(text: str, families: set[str]) -> None:
    assert dormant_in(text) == families
