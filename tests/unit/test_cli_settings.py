"""Where settings come from: flag, environment, file."""

from pathlib import Path

import pytest

from tests.unit.command import World, podroute, process, worker


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path)
    world.nodes(worker(0))
    return world


@pytest.fixture
def config(world: World) -> Path:
    path = world.nodes_file.parent / "podroute.yaml"
    path.write_text(
        "apiVersion: podroute/v1alpha1\n"
        "cluster-cidr: [10.1.0.0/16]\n"
        "filename: nodes.json\n"
        "provider: file\n"
        f"provider-option: {{file: {world.routes_file}}}\n"
    )
    return path


def pool(*arguments: str, **environment: str) -> str:
    """The address plan that counts."""
    ended = process("plan", *arguments, environment=environment)
    assert ended.status == 0, ended.err
    blocked = ended.out.partition("is outside the cluster CIDR ")[2]
    return blocked.partition("\n")[0]


def test_flag_before_environment_before_file(config: Path) -> None:
    file = ["--config", str(config)]
    flag = ["--cluster-cidr", "10.3.0.0/16"]

    assert pool(*file) == "10.1.0.0/16"
    assert pool(PODROUTE_CONFIG=str(config)) == "10.1.0.0/16"
    assert pool(*file, PODROUTE_CLUSTER_CIDR="10.2.0.0/16") == "10.2.0.0/16"
    assert pool(*file, *flag, PODROUTE_CLUSTER_CIDR="10.2.0.0/16") == "10.3.0.0/16"
    assert pool(f"--config={config}", *flag) == "10.3.0.0/16"


def test_lists_in_the_environment(config: Path) -> None:
    both = "10.2.0.0/16,fd00:2::/48"

    assert pool("--config", str(config), PODROUTE_CLUSTER_CIDR=both) == ("10.2.0.0/16, fd00:2::/48")


def test_a_bad_file_stops_before_anything_starts(config: Path) -> None:
    config.write_text("apiVersion: podroute/v1alpha1\ncluster-cird: 10.200.0.0/16\n")

    ended = podroute("plan", "--config", str(config))

    assert ended.status == 2
    assert "unknown field `cluster-cird`; did you mean 'cluster-cidr'?" in ended.err


def test_a_bad_value_in_the_environment_is_named(world: World) -> None:
    ended = process("plan", *world.flags(), environment={"PODROUTE_NODE_CIDR_MASK_SIZE": "wide"})

    assert ended.status == 2
    assert "PODROUTE_NODE_CIDR_MASK_SIZE" in ended.err


@pytest.mark.parametrize(
    ("value", "changes", "mistake"),
    [
        *((yes, 2, 1) for yes in ("1", "true", "Yes", "on")),
        *((no, 0, 2) for no in ("0", "false", "NO", "off")),
        *((neither, 2, 2) for neither in ("", "maybe", "2")),
    ],
)
def test_a_switch_in_the_environment_is_on_or_off(
    world: World, value: str, changes: int, mistake: int
) -> None:
    environment = {"PODROUTE_DETAILED_EXITCODE": value}

    ended = process("plan", *world.flags(), environment=environment)
    mistaken = process("plan", *world.flags(), "--bad", environment=environment)
    without = process("plan", *world.flags(), "--detailed-exitcode=0", environment=environment)

    assert (ended.status, mistaken.status, without.status) == (changes, mistake, 0)


def test_a_switch_that_is_neither_is_named(world: World) -> None:
    ended = process("plan", *world.flags(), environment={"PODROUTE_ADOPT": "perhaps"})

    assert ended.err == (
        "podroute: PODROUTE_ADOPT='perhaps' is neither true nor false: "
        "use 1, true, yes or on, or 0, false, no or off\n"
    )
    assert ended.status == 2


@pytest.mark.parametrize("verb", ["table", "plan", "apply", "ipam show", "ipam plan"])
@pytest.mark.parametrize("flags", ["--context x", "--kubeconfig x", "--kubeconfig=x --context=y"])
def test_a_file_and_a_cluster_are_two_sources(world: World, verb: str, flags: str) -> None:
    ended = podroute(*verb.split(), *world.flags()[-2:], *flags.split())

    named = " and ".join(word.partition("=")[0] for word in flags.split() if word[0] == "-")
    assert (ended.status, ended.out) == (2, "")
    assert ended.err == (
        f"podroute: --filename reads Nodes from a file, {named} from a cluster: "
        "leave out one of them\n"
    )


def test_a_context_of_the_environment_is_in_no_files_way(world: World) -> None:
    environment = {"PODROUTE_CONTEXT": "x", "PODROUTE_KUBECONFIG": "y", "KUBECONFIG": "z"}

    ended = process("table", "-f", str(world.nodes_file), environment=environment)

    assert (ended.status, ended.err) == (0, "")


def test_a_file_of_the_environment_is_in_a_contexts_way(world: World) -> None:
    environment = {"PODROUTE_FILENAME": str(world.nodes_file)}

    ended = process("table", "--context", "x", environment=environment)

    assert (ended.status, "leave out one of them" in ended.err) == (2, True)


def test_help_names_the_variables_of_those_verbs_alone_that_have_them() -> None:
    for arguments in (["lab", "up"], ["lab", "exec"], ["version"], ["completion"]):
        assert "PODROUTE_" not in podroute(*arguments, "--help").out.partition("Settings of")[0]
    assert "PODROUTE_PROVIDER" in podroute("apply", "--help").out


def test_lab_programs_keep_their_own_config_flag() -> None:
    ended = podroute("lab", "exec", "router", "x", "--config", "/nonexistent", "--name", "none")

    assert "/nonexistent" not in ended.err
