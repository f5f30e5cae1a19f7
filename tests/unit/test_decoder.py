"""What has not changed is not decoded again."""

from podroute.host.decoding import Decoder


def test_only_what_is_new_is_decoded_and_what_is_gone_is_forgotten() -> None:
    asked: list[bytes] = []

    def parse(body: bytes) -> str:
        asked.append(body)
        return body.decode()

    decoder = Decoder(parse)
    assert decoder([b"b", b"a", b"b"]) == ("b", "a", "b")
    assert decoder([b"a", b"c"]) == ("a", "c")
    assert decoder([b"b"]) == ("b",)
    assert asked == [b"b", b"a", b"c", b"b"]
