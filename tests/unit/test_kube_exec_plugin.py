"""Plugin: what a credential plugin is told, and what its answers mean."""

import asyncio
import json
import os
import sys
from pathlib import Path
from select import select
from typing import TypeAlias

import msgspec
import pytest

from podroute.kube.exec_plugin import Plugin
from podroute.kube.kubeconfig import KubeconfigError
from podroute.kube.login import Cluster, Exec, Extension

V1 = "client.authentication.k8s.io/v1"
V1BETA1 = "client.authentication.k8s.io/v1beta1"


Fields: TypeAlias = dict[str, object]


def answer(version: str = V1, **status: str) -> str:
    return json.dumps({"apiVersion": version, "kind": "ExecCredential", "status": status})


def plugin(  # the clusters of other tests say nothing
    code: str, *, version: str = V1, cluster: Cluster | None = None, **fields: object
) -> Plugin:
    """A plugin that is one line of Python."""
    kept = {"interactiveMode": "Never", **fields}
    command = Exec(
        api_version=version,
        command=sys.executable,
        args=["-c", code],
        env=[{"name": "GREETING", "value": "hello"}],
        install_hint="get it from example.com",
        provide_cluster_info=bool(kept.get("provideClusterInfo")),
        interactive_mode=str(kept["interactiveMode"]),
    )
    return Plugin(command, cluster or Cluster("https://api.example"))


@pytest.mark.parametrize("version", [V1, V1BETA1])
async def test_a_token_and_a_certificate_are_taken(version: str) -> None:
    said = answer(
        version,
        token="t",  # noqa: S106 -- a sample
        clientCertificateData="c",
        clientKeyData="k",
        expirationTimestamp="2049-12-31T00:00:00Z",
    )

    given = await plugin(f"print({said!r})", version=version).run()

    assert (given.token, given.certificate, given.key) == ("t", "c", "k")
    assert "'t'" not in repr(given)


async def test_it_is_told_the_version_its_environment_and_the_cluster(tmp_path: Path) -> None:
    authority = tmp_path / "ca.crt"
    authority.write_text("PEM")
    cluster = Cluster(
        server="https://api.example",
        certificate_authority=str(authority),
        tls_server_name="kubernetes",
        extensions=[
            Extension("other", {"a": "b"}),
            Extension("client.authentication.k8s.io/exec", {"audience": "here"}),
        ],
    )
    seen = tmp_path / "seen"
    code = (
        "import os, pathlib; "
        f"pathlib.Path({str(seen)!r}).write_text("
        "os.environ['KUBERNETES_EXEC_INFO'] + os.environ['GREETING']); "
        f"print({answer(token='t')!r})"  # noqa: S106 -- a sample
    )

    await plugin(code, cluster=cluster, provideClusterInfo=True).run()

    told = seen.read_text()
    assert told.endswith("hello")
    assert json.loads(told.removesuffix("hello")) == {
        "apiVersion": V1,
        "kind": "ExecCredential",
        "spec": {
            "interactive": False,
            "cluster": {
                "server": "https://api.example",
                "tls-server-name": "kubernetes",
                "certificate-authority-data": "UEVN",
                "config": {"audience": "here"},
            },
        },
    }


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("exit('no \\x1b[31msession')", "ended with 1: no  [31msession"),
        ("exit(3)", "ended with 3: no word why"),
        ("print('hello')", "gave no ExecCredential"),
        ("print('{}')", "gave no ExecCredential: Object missing required field `apiVersion`"),
        (f"print({answer(V1BETA1, token='t')!r})", f"answered in '{V1BETA1}', not '{V1}'"),  # noqa: S106 -- a sample
        (f"print({answer()!r})", "gave neither a token nor a client certificate"),
        (
            f"print({answer(token='t', expirationTimestamp='2020-01-01T00:00:00Z')!r})",  # noqa: S106 -- a sample
            "gave credentials that have expired: log in again",
        ),
        (
            f"print({answer(token='t', expirationTimestamp='soon')!r})",  # noqa: S106 -- a sample
            "gave no ExecCredential: Invalid RFC3339",
        ),
        (
            f"print({answer(token='t', expirationTimestamp='2049-12-31T00:00:00')!r})",  # noqa: S106 -- a sample
            "gave no ExecCredential: Expected `datetime` with a timezone component",
        ),
        (
            f"print({answer(token='t', clientCertificateData='c')!r})",  # noqa: S106 -- a sample
            "gave only one of clientCertificateData and clientKeyData: they go together",
        ),
        (
            f"print({answer(clientKeyData='k')!r})",
            "gave only one of clientCertificateData and clientKeyData: they go together",
        ),
        (f"print({answer(token=' ')!r})", "gave neither a token nor a client certificate"),  # noqa: S106 -- a sample
        (
            f"print({answer(token='tökén')!r})",  # noqa: S106 -- a sample
            "gave a token that has characters that no HTTP header can carry: it must be one line",
        ),
        ("print('{\"a\":' * 100_000)", "gave no ExecCredential: "),
        ("import sys; sys.stdout.buffer.write(b'\"\\xff\"')", "gave no ExecCredential: "),
    ],
)
async def test_a_plugin_that_fails_is_named_with_the_reason(code: str, words: str) -> None:
    with pytest.raises(KubeconfigError) as caught:
        await plugin(code).run()

    assert str(caught.value).startswith(f"credential plugin {sys.executable!r} ")
    assert words in str(caught.value)


async def test_a_plugin_that_is_not_there_comes_with_its_hint() -> None:
    missing = Exec(V1, "/none/login", install_hint="get it from example.com\n")

    with pytest.raises(KubeconfigError) as caught:
        await Plugin(missing, Cluster()).run()

    assert str(caught.value) == (
        "credential plugin '/none/login': No such file or directory; get it from example.com"
    )


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
async def test_a_plugin_that_prints_without_end_is_ended(stream: str, tmp_path: Path) -> None:
    seen = tmp_path / "pid"
    code = (
        f"import os, pathlib, sys; pathlib.Path({str(seen)!r}).write_text(str(os.getpid()))\n"
        f"while True: sys.{stream}.write('y' * 65536)"
    )

    with pytest.raises(KubeconfigError) as caught:
        await plugin(code).run()

    words = f"credential plugin {sys.executable!r} printed more than 1 MiB: that is no"
    assert str(caught.value).startswith(words)
    assert await asyncio.to_thread(has_ended, int(seen.read_text()))


async def test_what_a_plugin_has_started_can_print_no_longer_either(tmp_path: Path) -> None:
    seen = tmp_path / "pid"
    code = f"import os; os.system('echo $$ > {seen}; yes; true')"

    with pytest.raises(KubeconfigError, match="printed more than 1 MiB"):
        await plugin(code).run()

    assert await asyncio.to_thread(has_ended, int(seen.read_text()))


def has_ended(pid: int) -> bool:
    """Waits for it."""
    try:
        process = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    with os.fdopen(process) as file:
        return bool(select([file], [], [], 10)[0])


async def test_a_plugin_may_say_much_before_its_answer() -> None:
    code = f"import sys; sys.stderr.write('y' * 1_000_000); print({answer(token='t')!r})"  # noqa: S106 -- a sample

    assert (await plugin(code).run()).token == "t"  # noqa: S105 -- a sample


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"command": "a\0b"}, r"'a\x00b': command holds a null character"),
        ({"args": ["a", "b\0"]}, "'login': args[1] holds a null character"),
        ({"env": [{"name": "A\0"}]}, "'login': env[0].name holds a null character"),
        (
            {"env": [{"name": "A", "value": ""}, {"name": "B", "value": "\0"}]},
            "'login': env[1].value holds a null character",
        ),
        (
            {"env": [{"name": "A=B", "value": "c"}]},
            "'login': env[0].name 'A=B' has a = in it: what follows is its value",
        ),
    ],
)
async def test_texts_that_no_process_can_be_given(fields: Fields, words: str) -> None:
    spoilt = msgspec.convert({"apiVersion": V1, "command": "login", **fields}, Exec)

    with pytest.raises(KubeconfigError) as caught:
        await Plugin(spoilt, Cluster()).run()

    assert str(caught.value) == f"credential plugin {words}"


async def test_other_protocols_and_a_missing_terminal_are_refused() -> None:
    with pytest.raises(KubeconfigError, match="v1alpha1' is not one of"):
        await plugin("", version="client.authentication.k8s.io/v1alpha1").run()
    with pytest.raises(KubeconfigError, match="must ask on a terminal, and there is none"):
        await plugin("", interactiveMode="Always").run()
