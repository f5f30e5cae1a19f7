"""Credentials files, and those that hold something else: one message, and nothing is asked."""

import json
from pathlib import Path

import pytest

from podroute.providers.gcp.login import sign_in
from podroute.providers.gcp.provider import KIND
from podroute.providers.gcp.settings import GcpOptions
from podroute.providers.interface import InvalidOption, ProviderUnreachable
from tests.gcp.token_server import service_account_key, token_server

# it is for files of strangers; whoever gives the option has written the file
pytestmark = pytest.mark.filterwarnings("ignore:The load_credentials_from_file method")


def options(file: Path, text: str) -> GcpOptions:
    file.write_text(text)
    return GcpOptions("kubernetes", "my-project", credentials=str(file))


def federated(source: object, audience: object = "//iam.googleapis.com/x") -> str:
    """Workload identity federation, with a file that holds the subject's token."""
    return json.dumps(
        {
            "type": "external_account",
            "audience": audience,
            "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
            "token_url": "https://127.0.0.1:1/v1/token",
            "credential_source": source,
        }
    )


@pytest.mark.parametrize(
    "text", ["[]", '"x"', "5", "null", "{}", '{"type": []}', federated(5), federated({}, 1)]
)
def test_a_file_that_holds_no_credentials_is_told(tmp_path: Path, text: str) -> None:
    with pytest.raises(ProviderUnreachable, match="no credentials for Google Cloud"):
        sign_in(options(tmp_path / "key.json", text))


@pytest.mark.parametrize("token", [b"", b"\xff\xfe"])
async def test_a_token_of_workload_identity_that_cannot_be_read_is_told(
    tmp_path: Path, token: bytes
) -> None:
    """``b""`` is a directory in place of the file."""
    file = tmp_path / "token"
    if token:
        file.write_bytes(token)
    else:
        file.mkdir()
    login, _ = sign_in(options(tmp_path / "key.json", federated({"file": str(file)})))

    with pytest.raises(ProviderUnreachable, match="credentials cannot be renewed"):
        await login.token()


async def test_tokens_of_workload_identity_are_given_and_renewed(tmp_path: Path) -> None:
    """The cluster signs a token for its Pod; Google Cloud gives one of its own for it."""
    signed = tmp_path / "token"
    signed.write_text("signed-by-the-cluster")
    with token_server() as issued:
        text = federated({"file": str(signed)}).replace("https://127.0.0.1:1", issued.url)
        login, _ = sign_in(options(tmp_path / "key.json", text))
        first = await login.token()
        again = await login.token()
        renewed = await login.token(instead_of=first)

    assert (first, again, renewed) == ("granted-1", "granted-1", "granted-2")


async def test_credentials_that_name_their_project_by_its_number_are_told(tmp_path: Path) -> None:
    file = tmp_path / "key.json"
    file.write_text(service_account_key("http://127.0.0.1:1/", "123456789012"))
    with pytest.raises(InvalidOption, match="that is the project's number"):
        async with KIND.connect({"network": "kubernetes", "credentials": str(file)}):
            pass
