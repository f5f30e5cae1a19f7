"""A layer before moto: its faults, its lag, and the state that moto leaves out."""

import json
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from io import BytesIO
from socket import SHUT_RDWR, socket
from threading import Event, RLock
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, urlencode
from xml.etree import ElementTree as ET

from werkzeug.test import Client
from werkzeug.wrappers import Response

from podroute.testing.aws.cloud import (
    end_of,
    instances_with,
    meant_interface,
    refused_route,
)
from podroute.testing.aws.faults import Asked, Chooser, Fault, When, nothing_goes_wrong

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_NAMESPACE: Final = "http://ec2.amazonaws.com/doc/2016-11-15/"
_ERROR: Final = (
    "<Response><Errors><Error><Code>{}</Code><Message>{}</Message></Error></Errors>"
    "<RequestID>0</RequestID></Response>"
)


class Layer:
    """``faults`` says what goes wrong, ``stale`` which of the next reads are late.

    ``asked`` is what came in; ``told`` hears of each request before and after its effect;
    ``latency`` are seconds before each answer.
    """

    def __init__(self, app: "WSGIApplication") -> None:
        ET.register_namespace("", _NAMESPACE)
        self.asked: list[Asked] = []
        self.faults: Chooser = nothing_goes_wrong
        self.told: Callable[[Asked, When], None] = _nobody
        self.stale: deque[bool] = deque()
        self.quota = 50
        self.latency = 0.0
        self._moto = Client(app)
        self._before: Mapping[str, ET.Element] = {}
        self._lock = RLock()

    def __call__(
        self, environ: "WSGIEnvironment", start_response: "StartResponse"
    ) -> Iterable[bytes]:
        """One request."""
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        action = environ.get("HTTP_X_AMZ_TARGET", "").rpartition(".")[2]
        parameters = {} if action else dict(parse_qsl(body.decode(), keep_blank_values=True))
        asked = Asked(action or parameters.get("Action", ""), parameters)
        Event().wait(self.latency)
        with self._lock:
            self.asked.append(asked)
            fault = self.faults(asked)
        answer: Response | None = None
        if fault is None or fault.when == "after":
            self.told(asked, "before")
            with self._lock:
                answer = self._answered(environ, body, asked)
            self.told(asked, "after")
        if fault is not None:
            answer = _failure(fault, asked.action) if fault.code else None
        return answer(environ, start_response) if answer else _cut(environ)

    def _answered(self, environ: "WSGIEnvironment", body: bytes, asked: Asked) -> Response:
        match asked.action:
            case "CreateRoute" | "ReplaceRoute" | "DeleteRoute" | "CreateTags":
                return self._changed(environ, asked)
            case "DescribeInstances":
                return self._instances(environ, asked.parameters)
            case "DescribeRouteTables":
                return self._tables(environ, body)
            case "GetServiceQuota":
                document = json.loads(self._forwarded(environ, body).get_data())
                document["Quota"]["Value"] = float(self.quota)
                return Response(json.dumps(document), content_type="application/x-amz-json-1.1")
            case _:
                return self._forwarded(environ, body)

    def _changed(self, environ: "WSGIEnvironment", asked: Asked) -> Response:
        parameters = dict(asked.parameters)
        if asked.action in ("CreateRoute", "ReplaceRoute"):
            interface = meant_interface(parameters)
            if isinstance(interface, Fault):
                return _failure(interface)
            if parameters.pop("InstanceId", ""):
                parameters["NetworkInterfaceId"] = interface
        if asked.action == "CreateRoute":
            refusal = refused_route(parameters, self.quota)
            if refusal is not None:
                return _failure(refusal)
        if self.stale and asked.action != "CreateTags":
            self._before = self._all_tables(environ)
        return self._forwarded(environ, urlencode(parameters).encode())

    def _instances(self, environ: "WSGIEnvironment", parameters: Mapping[str, str]) -> Response:
        kept = dict(parameters)
        names = [key for key in parameters if key.startswith("Filter.") and key.endswith(".Name")]
        for key in names:
            if not parameters[key].startswith("network-interface."):
                continue
            place = key.removesuffix("Name")
            values = {one for one in kept if one.startswith(f"{place}Value.")}
            found = instances_with(parameters[key], frozenset(kept.pop(one) for one in values))
            kept[key] = "instance-id"
            for number, name in enumerate(sorted(found or {"i-0"}), 1):
                kept[f"{place}Value.{number}"] = name
        return self._forwarded(environ, urlencode(kept).encode())

    def _tables(self, environ: "WSGIEnvironment", body: bytes) -> Response:
        answer = self._forwarded(environ, body)
        if answer.status_code != 200:  # noqa: PLR2004
            return answer
        document = ET.fromstring(answer.get_data())  # noqa: S314 -- our own server's
        late = bool(self.stale) and self.stale.popleft()
        for tables in document.findall("{*}routeTableSet"):
            for place, table in enumerate(list(tables)):
                before = self._before.get(_text(table, "routeTableId")) if late else None
                tables[place] = _completed(table) if before is None else before
        text = ET.tostring(document)
        return Response(text, content_type="text/xml")

    def _all_tables(self, environ: "WSGIEnvironment") -> Mapping[str, ET.Element]:
        asking = urlencode({"Action": "DescribeRouteTables", "Version": "2016-11-15"})
        answer = self._forwarded(environ, asking.encode())
        document = ET.fromstring(answer.get_data())  # noqa: S314 -- as above
        tables = document.findall("{*}routeTableSet/{*}item")
        return {_text(table, "routeTableId"): _completed(table) for table in tables}

    def _forwarded(self, environ: "WSGIEnvironment", body: bytes) -> Response:
        inner = {**environ, "wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body))}
        answer = self._moto.open(inner)
        return Response(answer.get_data(), answer.status_code, content_type=answer.content_type)


def _nobody(_asked: Asked, _when: When) -> None:
    return


def _cut(environ: "WSGIEnvironment") -> Iterable[bytes]:
    """The client hears nothing more."""
    connection: socket = environ["werkzeug.socket"]
    connection.shutdown(SHUT_RDWR)
    raise ConnectionAbortedError


def _failure(fault: Fault, action: str = "") -> Response:
    """As EC2 says it, and as Service Quotas does."""
    if action == "GetServiceQuota":
        document = json.dumps({"__type": fault.code, "Message": fault.words})
        return Response(document, fault.status, content_type="application/x-amz-json-1.1")
    text = _ERROR.format(fault.code, fault.words)
    return Response(text, fault.status, content_type="text/xml")


def _text(element: ET.Element, name: str) -> str:
    return element.findtext(f"{{*}}{name}") or ""


def _completed(table: ET.Element) -> ET.Element:
    """With the instances behind interfaces, and black holes where there are none."""
    for route in table.findall("{*}routeSet/{*}item"):
        interface = _text(route, "networkInterfaceId")
        if not interface:
            continue
        end = end_of(interface)
        if end.instance:
            ET.SubElement(route, f"{{{_NAMESPACE}}}instanceId").text = end.instance
        state = route.find("{*}state")
        if state is not None and not end.instance:
            state.text = "blackhole"
    return table
