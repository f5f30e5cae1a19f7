"""Files and programs that should give credentials, and do not: nothing is sent, and it is said."""

from pathlib import Path

import pytest
from botocore.session import Session

from podroute.providers.aws.client import AwsClient
from podroute.providers.aws.session import AwsSession
from podroute.providers.aws.settings import AwsOptions
from podroute.providers.interface import ProviderUnreachable

OPTIONS = AwsOptions(profile="chosen", region="eu-north-1", endpoint="http://127.0.0.1:1")
ROLE = "role_arn = arn:aws:iam::123456789012:role/podroute\nweb_identity_token_file ="
PROGRAM = "credential_process ="


def client(folder: Path, lines: str, options: AwsOptions = OPTIONS) -> AwsClient:
    """By a profile of this folder, whatever the variables of whoever runs the test say."""
    file = folder / "config"
    file.write_text(f"[profile chosen]\n{lines}\n")

    def login(options: AwsOptions) -> Session:
        session = Session(profile=options.profile)
        session.set_config_variable("config_file", str(file))
        session.set_config_variable("credentials_file", "/dev/null")
        return session

    return AwsClient(AwsSession(options, login), options, lambda: 0.0)


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (f"{ROLE} /no/token", "/no/token"),
        (f"{ROLE} /", "Is a directory"),
        (f"{PROGRAM} /no/program", "/no/program"),
        (f"{PROGRAM} /bin/echo word", "Expecting value"),
        (f"{PROGRAM} /bin/echo [1]", "has no attribute"),
        (f"{PROGRAM} /bin/false", "Error when retrieving credentials"),
    ],
)
def test_credentials_that_cannot_be_read_are_told_as_such(
    tmp_path: Path, lines: str, words: str
) -> None:
    with pytest.raises(ProviderUnreachable, match="does not take these credentials") as told:
        client(tmp_path, lines).read()

    assert words in str(told.value)


@pytest.mark.parametrize("line", ["endpoint_url = foo", "endpoint_url = http://[::bad"])
def test_a_bad_line_in_the_files_of_aws_is_told(tmp_path: Path, line: str) -> None:
    lines = f"aws_access_key_id = a\naws_secret_access_key = b\n{line}"
    options = AwsOptions(profile="chosen", region="eu-north-1")
    with pytest.raises(ProviderUnreachable, match="variables or files of AWS are wrong"):
        client(tmp_path, lines, options).read()
