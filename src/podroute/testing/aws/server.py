"""EC2 at an address of this machine, for clients of every kind."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from threading import Thread
from typing import TYPE_CHECKING

from botocore.session import Session
from typing_extensions import override
from werkzeug.serving import WSGIRequestHandler, make_server

from podroute.testing.aws.cloud import REGION, backend
from podroute.testing.aws.layer import Layer

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


class _Quiet(WSGIRequestHandler):
    @override
    def log(self, type: str, message: str, *args: object) -> None:
        """Says nothing."""


@dataclass(frozen=True, slots=True)
class Ec2Server:
    """Where it is, and the layer that decides what goes wrong."""

    endpoint: str
    layer: Layer

    @property
    def environment(self) -> Mapping[str, str]:
        """The variables by which every AWS client finds it."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "AKIAPODROUTE",
            "AWS_SECRET_ACCESS_KEY": "secret",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_PAGER": "",
        }

    def client(self) -> object:
        """botocore's, for EC2."""
        return login().create_client("ec2", endpoint_url=self.endpoint)


@cache  # it reads large files
def login() -> Session:
    """Credentials that it takes."""
    session = Session()
    session.set_credentials("AKIAPODROUTE", "secret")
    session.set_config_variable("region", REGION)
    return session


@contextmanager
def ec2_server() -> Generator[Ec2Server]:
    """A new, empty EC2; one at a time in a process, for moto has one memory."""
    moto = import_module("moto.moto_server.werkzeug_app")  # it has no types
    app: WSGIApplication = moto.DomainDispatcherApplication(moto.create_backend_app)
    backend().reset()
    layer = Layer(app)
    server = make_server("127.0.0.1", 0, layer, threaded=True, request_handler=_Quiet)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield Ec2Server(f"http://127.0.0.1:{server.server_port}", layer)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
