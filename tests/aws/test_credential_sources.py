"""Credentials of the usual chain: a profile, a web identity (IRSA), the role of the machine."""

import json
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from podroute.testing.aws.server import Ec2Server
from podroute.testing.aws.vpc import Vpc
from tests.aws.commands import ADDRESSES, three_workers
from tests.aws.looped import asked_for
from tests.http_service import answer, listening
from tests.unit.command import Ended, process

SESSION = "of-this-minute"  # the token by which IMDSv2 knows who asks
ROLES = "/latest/meta-data/iam/security-credentials/"


def planned(server: Ec2Server, folder: Path, *options: str, **variables: str) -> Ended:
    """By nothing but these options and variables."""
    environment: Mapping[str, str] = {
        **server.environment,
        "AWS_ACCESS_KEY_ID": "",
        "AWS_SECRET_ACCESS_KEY": "",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "AWS_CONFIG_FILE": "/dev/null",
        "HOME": str(folder),
        **variables,
    }
    flags = ["--provider", "aws", *ADDRESSES, "-f", str(three_workers(folder))]
    words = [word for one in options for word in ("--provider-option", one)]
    return process("plan", *flags, *words, environment=environment)


def test_without_any_nothing_is_asked(server: Ec2Server, vpc: Vpc, tmp_path: Path) -> None:
    vpc.table()
    server.layer.asked.clear()

    ended = planned(server, tmp_path)

    assert (ended.status, server.layer.asked) == (3, [])
    assert "AWS does not take these credentials" in ended.err


def test_a_profile_that_is_named(server: Ec2Server, vpc: Vpc, tmp_path: Path) -> None:
    vpc.table()
    file = tmp_path / "config"
    file.write_text("[profile pods]\naws_access_key_id = AKIAPODS\naws_secret_access_key = s\n")

    ended = planned(server, tmp_path, "profile=pods", AWS_CONFIG_FILE=str(file))

    assert (ended.status, "3 to add" in ended.out) == (0, True), ended.err


def test_a_web_identity_as_a_pod_of_eks_has_it(server: Ec2Server, vpc: Vpc, tmp_path: Path) -> None:
    vpc.table()
    token = tmp_path / "token"
    token.write_text("signed-by-the-cluster")

    ended = planned(
        server,
        tmp_path,
        AWS_ROLE_ARN="arn:aws:iam::123456789012:role/podroute",
        AWS_WEB_IDENTITY_TOKEN_FILE=str(token),
    )

    assert (ended.status, "3 to add" in ended.out) == (0, True), ended.err
    identity = {"WebIdentityToken": "signed-by-the-cluster"}
    assert asked_for(server, "AssumeRoleWithWebIdentity", **identity) == 1


def test_the_role_of_the_machine_by_imdsv2(server: Ec2Server, vpc: Vpc, tmp_path: Path) -> None:
    vpc.table()
    with machine() as endpoint:
        ended = planned(
            server,
            tmp_path,
            AWS_EC2_METADATA_DISABLED="false",
            AWS_METADATA_SERVICE_TIMEOUT="30",
            AWS_EC2_METADATA_SERVICE_ENDPOINT=endpoint,
        )

    assert (ended.status, "3 to add" in ended.out) == (0, True), ended.err


class _Metadata(BaseHTTPRequestHandler):
    """Answers nobody without a session, as a machine that requires IMDSv2."""

    def do_PUT(self) -> None:
        self._answer(SESSION if self.path == "/latest/api/token" else None)

    def do_GET(self) -> None:
        known = self.headers.get("X-aws-ec2-metadata-token") == SESSION
        keys = {"AccessKeyId": "ASIAPODS", "SecretAccessKey": "s", "Token": "t"}
        times = {"LastUpdated": "2026-01-01T00:00:00Z", "Expiration": "2099-01-01T00:00:00Z"}
        answers = {ROLES: "podroute", f"{ROLES}podroute": json.dumps({**keys, **times})}
        self._answer(answers.get(self.path) if known else None)

    def _answer(self, text: str | None) -> None:
        answer(self, 404 if text is None else 200, (text or "").encode())


@contextmanager
def machine() -> Generator[str]:
    """Its metadata service."""
    with listening(ThreadingHTTPServer(("127.0.0.1", 0), _Metadata)) as place:
        yield f"http://{place}/"
