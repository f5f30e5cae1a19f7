"""ServiceAccount tokens with other claims than the API server would give, signed by its own key."""

import base64
import json
from collections.abc import Mapping
from pathlib import Path

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

_HALF = 32  # bytes of each number of an ES256 signature


def signed_again(token: str, claims: Mapping[str, object], key_file: Path) -> str:
    """``token`` with other ``claims``, signed with the key in ``key_file``."""
    payload = json.loads(_decoded(token.split(".")[1])) | dict(claims)
    signed = f"{_encoded({'alg': 'ES256', 'typ': 'JWT'})}.{_encoded(payload)}"
    key = serialization.load_pem_private_key(key_file.read_bytes(), password=None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    numbers = decode_dss_signature(key.sign(signed.encode(), ec.ECDSA(hashes.SHA256())))
    signature = b"".join(number.to_bytes(_HALF) for number in numbers)
    return f"{signed}.{_base64(signature)}"


def _encoded(part: Mapping[str, object]) -> str:
    return _base64(json.dumps(part).encode())


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
