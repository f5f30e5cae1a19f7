"""find_login: which cluster and whom, as kubectl would choose."""

from pathlib import Path

import pytest
import yaml

from podroute.kube.kubeconfig import KubeconfigError, find_login
from podroute.kube.login import ClusterAccess


def config(path: Path, *names: str, current: str = "", **user: object) -> Path:
    """A kubeconfig with a cluster, a user and a context of each name."""
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {"name": name, "cluster": {"server": f"https://{name}.example:6443"}} for name in names
        ],
        "users": [{"name": name, "user": user or {"token": f"secret-{name}"}} for name in names],
        "contexts": [{"name": name, "context": {"cluster": name, "user": name}} for name in names],
        "current-context": current,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(yaml.safe_dump(document))
    return path


def test_the_current_context_counts_unless_another_is_asked_for(tmp_path: Path) -> None:
    file = str(config(tmp_path / "config", "a", "b", current="a"))

    assert find_login(ClusterAccess(file), {}).cluster.server == "https://a.example:6443"
    assert find_login(ClusterAccess(file, "b"), {}).user.token == "secret-b"  # noqa: S105 -- a sample


def test_several_files_are_merged_and_the_first_counts(tmp_path: Path) -> None:
    one = config(tmp_path / "one", "a", current="b")
    two = config(tmp_path / "two", "a", "b", current="a", username="other")
    environment = {"KUBECONFIG": f"{one}:{tmp_path / 'none'}:{two}"}

    assert find_login(ClusterAccess(), environment).cluster.server == "https://b.example:6443"
    assert find_login(ClusterAccess(context="a"), environment).user.token == "secret-a"  # noqa: S105 -- a sample


def test_a_login_tells_what_leads_to_it_again(tmp_path: Path) -> None:
    one = config(tmp_path / "one", "a", current="b")
    two = config(tmp_path / "two", "b", current="a")
    environment = {"KUBECONFIG": f"{one}:{tmp_path / 'none'}:{two}"}

    found = find_login(ClusterAccess(), environment)

    assert found.access == ClusterAccess(f"{one}:{two}", "b")
    assert find_login(found.access, {}) == found


def test_the_usual_file_is_found_in_the_home_folder(tmp_path: Path) -> None:
    config(tmp_path / ".kube" / "config", "a", current="a")

    assert find_login(ClusterAccess(), {"HOME": str(tmp_path)}).name == "context 'a'"


def test_files_are_relative_to_the_kubeconfig_that_names_them(tmp_path: Path) -> None:
    files = {"client-certificate": "pki/a.crt", "client-key": "/k"}
    file = config(tmp_path / "config", "a", current="a", **files)

    login = find_login(ClusterAccess(str(file)), {})

    assert login.user.client_certificate == str(tmp_path / "pki" / "a.crt")


def test_in_a_pod_its_own_account_is_used(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("secret")
    environment = {"HOME": "/nowhere", "KUBERNETES_SERVICE_HOST": "fd00::1"}

    login = find_login(ClusterAccess(), environment, tmp_path)

    assert login.cluster.server == "https://[fd00::1]:443"
    assert login.user.token_file == str(tmp_path / "token")


def test_no_secret_is_in_the_text_of_a_login(tmp_path: Path) -> None:
    file = config(tmp_path / "config", "a", current="a")

    assert "secret" not in repr(find_login(ClusterAccess(str(file)), {}))


@pytest.mark.parametrize(
    ("content", "context", "message"),
    [
        ("a: [", "", "is not YAML"),
        ("- 1", "", "the file: Expected `object`, got `array`"),
        (
            "clusters: [{name: a, cluster: {server: [5]}}]",
            "",
            "cluster 'a': Expected `str`, got `array`",
        ),
        ("{}", "", "no current-context; give --context (known: none)"),
        (
            "contexts: [{name: a, context: {cluster: c}}]",
            "b",
            "there is no context 'b' (known: a)",
        ),
        (
            "contexts: [{name: a, context: {cluster: c}}]",
            "a",
            "there is no cluster 'c' (known: none)",
        ),
        (
            """
            contexts: [{name: a, context: {cluster: c, user: u}}]
            clusters: [{name: c, cluster: {server: s}}]
            """,
            "a",
            "there is no user 'u' (known: none)",
        ),
        (
            "{contexts: [{name: a, context: {cluster: c}}], clusters: [{name: c, cluster: {}}]}",
            "a",
            "context 'a': cluster 'c' has no server",
        ),
        (
            """
            contexts: [{name: a, context: {cluster: c, user: u}}]
            clusters: [{name: c, cluster: {server: "https://s"}}]
            users: [{name: u, user: {token: t, as-groups: [readers]}}]
            """,
            "a",
            "context 'a': impersonation (as, as-uid, as-groups, as-user-extra) is not done",
        ),
    ],
)
def test_a_bad_kubeconfig_says_where_and_what(
    content: str, context: str, message: str, tmp_path: Path
) -> None:
    file = tmp_path / "config"
    file.write_text(content)

    with pytest.raises(KubeconfigError) as caught:
        find_login(ClusterAccess(str(file), context), {})

    assert message in str(caught.value)
    assert str(file) in str(caught.value)


def test_no_file_and_no_cluster(tmp_path: Path) -> None:
    with pytest.raises(KubeconfigError, match="No such file or directory"):
        find_login(ClusterAccess(str(tmp_path / "none")), {})
    with pytest.raises(KubeconfigError, match="No such file or directory"):
        find_login(ClusterAccess(), {"KUBECONFIG": str(tmp_path / "none")})
    with pytest.raises(KubeconfigError, match=r"give --kubeconfig$"):
        find_login(ClusterAccess(), {"HOME": str(tmp_path)}, tmp_path)


def test_what_kubectl_takes_as_text_or_as_not_said_is_taken(tmp_path: Path) -> None:
    file = tmp_path / "config"
    file.write_text(
        """
        contexts: [{name: 1e3, context: {cluster: true, user: 0x10, namespace: null}}]
        clusters: [{name: true, cluster: {server: "https://a", tls-server-name: null}}]
        users:
        - name: 0x10
          user: {token: 12345678901234567890, client-key: null, exec: null}
        - {name: other, user: null}
        current-context: 1e3
        preferences: {}
        """
    )

    login = find_login(ClusterAccess(str(file)), {})

    assert (login.name, login.user.token) == ("context '1e3'", "12345678901234567890")


def test_a_plugin_beside_the_kubeconfig_is_found(tmp_path: Path) -> None:
    def command(written: str) -> str:
        plugin = {"apiVersion": "client.authentication.k8s.io/v1", "command": written}
        file = config(tmp_path / "config", "a", current="a", exec=plugin)
        found = find_login(ClusterAccess(str(file)), {}).user.exec
        assert found is not None
        return found.command

    assert command("./bin/login") == str(tmp_path / "bin" / "login")
    assert command("/bin/login") == "/bin/login"
    assert command("login") == "login"


def test_yaml_that_is_in_error_is_not_shown(tmp_path: Path) -> None:
    file = tmp_path / "config"
    file.write_text("users:\n- user: {token: secret\n  name: : u\n")

    with pytest.raises(KubeconfigError, match=r"is not YAML: line 3: ") as caught:
        find_login(ClusterAccess(str(file)), {})
    assert "secret" not in str(caught.value)


def test_a_pod_with_a_bad_port_is_told(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("secret")
    environment = {"HOME": "/nowhere", "KUBERNETES_SERVICE_HOST": "10.0.0.1"}

    with pytest.raises(KubeconfigError, match=r"SERVICE_PORT: .*:99999': its port is not"):
        find_login(ClusterAccess(), {**environment, "KUBERNETES_SERVICE_PORT": "99999"}, tmp_path)


def test_a_context_needs_a_kubeconfig(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("secret")
    environment = {"HOME": "/nowhere", "KUBERNETES_SERVICE_HOST": "10.0.0.1"}

    with pytest.raises(KubeconfigError, match="there is no context 'b': no kubeconfig"):
        find_login(ClusterAccess(context="b"), environment, tmp_path)


def test_a_password_in_an_address_is_not_shown(tmp_path: Path) -> None:
    file = config(tmp_path / "config", "u:secret@a", current="u:secret@a")

    with pytest.raises(KubeconfigError, match=r"'https://a\.example:6443': a user") as caught:
        find_login(ClusterAccess(str(file)), {})
    assert "secret" not in str(caught.value).replace(repr("u:secret@a"), "")
