"""Whoever runs at Google Cloud gets tokens of the metadata server: machines, and Pods of GKE."""

import json
from collections.abc import Generator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from podroute.testing.gcp.cloud import Cloud
from podroute.testing.gcp.running import running
from tests.http_service import answer, listening
from tests.unit.command import node_list, process, worker

ROOT = "/computeMetadata/v1"
ACCOUNT = f"{ROOT}/instance/service-accounts/default"


def test_tokens_and_the_project_come_from_the_metadata_server(tmp_path: Path) -> None:
    cloud = Cloud()
    cloud.faults.tokens = {"of-the-machine"}
    (tmp_path / "nodes.json").write_text(node_list(worker(0)))
    with running(cloud) as served, metadata(cloud.project) as host:
        options = ["network=kubernetes", f"endpoint={served.endpoint}"]
        words = [word for one in options for word in ("--provider-option", one)]
        nodes = ["-f", str(tmp_path / "nodes.json"), "--cluster-cidr", "10.200.0.0/16"]
        alone = {
            "HOME": str(tmp_path),
            "CLOUDSDK_CONFIG": str(tmp_path),
            "GOOGLE_APPLICATION_CREDENTIALS": "",
            "GCE_METADATA_HOST": host,
            "GCE_METADATA_IP": host,
            "GCE_METADATA_TIMEOUT": "30",
        }
        ended = process("plan", "--provider", "gcp", *words, *nodes, environment=alone)

    assert ended.status == 0, ended.err
    assert "1 to add" in ended.out


class _Service(ThreadingHTTPServer):
    answers: dict[str, str]


class _Metadata(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, _Service)
        text = self.server.answers.get(self.path.partition("?")[0])
        content = (text or "").encode()
        kind = "application/json" if content.startswith(b"{") else "application/text"
        headers = {"Metadata_Flavor": "Google", "Content_Type": kind}
        answer(self, 404 if text is None else 200, content, **headers)


@contextmanager
def metadata(project: str) -> Generator[str]:
    """Its host and port."""
    account = {"email": "podroute@example.com", "scopes": [], "aliases": ["default"]}
    token = {"access_token": "of-the-machine", "expires_in": 3600, "token_type": "Bearer"}
    service = _Service(("127.0.0.1", 0), _Metadata)
    service.answers = {
        "/": "",
        "": "",
        f"{ROOT}/project/project-id": project,
        f"{ROOT}/universe/universe-domain": "googleapis.com",
        f"{ACCOUNT}/": json.dumps(account),
        f"{ACCOUNT}/token": json.dumps(token),
        f"{ROOT}/instance/service-accounts/podroute@example.com/token": json.dumps(token),
    }
    with listening(service) as place:
        yield place
