"""A saved plan is compared with the Nodes of its own source, as they are when it is applied."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.command import (
    CLEAN,
    Body,
    Ended,
    World,
    node_list,
    podroute,
    process,
    process_environment,
    worker,
)
from tests.unit.kube_server import Answer, Server, serving

BOTH = ["10.200.0.0/24 10.240.0.30 ours", "10.200.1.0/24 10.240.0.31 ours"]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


class TestCluster:
    """One whose kubeconfig and context come from the environment."""

    @pytest.fixture
    def server(self, tmp_path: Path) -> Iterator[Server]:
        folder = tmp_path / "cluster"
        folder.mkdir()
        with serving(folder) as server:
            items = [worker(0), worker(1)]
            body = json.dumps({"kind": "NodeList", "metadata": {}, "items": items})
            server.answer = lambda _: Answer(body.encode())
            yield server

    @pytest.fixture
    def config(self, world: World, server: Server) -> Path:
        """With it a plan was made from within its folder."""
        config = Path(server.kubeconfig())
        planned = process(
            *("plan", *world.router(), "--out", str(world.plan_file)),
            environment={"KUBECONFIG": f"none{os.pathsep}./{config.name}"},
            directory=config.parent,
        )
        assert planned.status == 0, planned.err
        return config

    @staticmethod
    def applied(world: World, *flags: str) -> Ended:
        """In another environment."""
        return process(
            *("apply", str(world.plan_file), *flags),
            environment={"KUBECONFIG": "/nonexistent"},
            directory=Path("/"),
        )

    def test_it_is_the_same_in_another_environment(self, world: World, config: Path) -> None:
        text = config.read_text()
        config.write_text(text.replace("current-context: test", "current-context: other"))

        ended = self.applied(world)

        assert (ended.status, ended.err.count("\n")) == (0, 1), ended.err
        assert world.installed() == BOTH

    def test_its_flags_may_stand_beside_it(self, world: World, config: Path) -> None:
        same = self.applied(world, "--kubeconfig", str(config), "--dry-run")
        other = self.applied(world, "--context", "other", "--dry-run")

        assert (same.status, other.status) == (0, 2)

    def test_one_that_is_not_to_be_found_any_more(self, world: World, config: Path) -> None:
        config.unlink()

        ended = self.applied(world)

        assert ended.status == 2
        assert ended.err == (
            f"podroute: the cluster of {world.plan_file} is not to be found: kubeconfig {config}: "
            "No such file or directory; bring that back, or make a new plan\n"
        )
        assert world.installed() == []

    def test_another_server_by_the_same_name(
        self, world: World, config: Path, server: Server
    ) -> None:
        config.write_text(config.read_text().replace(server.url, "https://other.example"))

        ended = self.applied(world)

        assert ended.status == 5
        assert ended.err == (
            "podroute: the plan is stale, nothing was changed: it was made for context 'test': "
            f"{server.url}, and that is context 'test': https://other.example now; "
            "look at a new podroute plan\n"
        )
        assert world.installed() == []


class TestStandardInput:
    """It cannot be read twice, so the Nodes are given again."""

    @staticmethod
    def planned(world: World, *bodies: Body) -> Ended:
        flags = [*world.router(), "-f", "-", "--out", str(world.plan_file)]
        return process("plan", *flags, stdin=node_list(*bodies))

    @staticmethod
    def applied(world: World, *bodies: Body) -> Ended:
        return process("apply", str(world.plan_file), "-f", "-", stdin=node_list(*bodies))

    def test_the_same_nodes_again(self, world: World) -> None:
        assert self.planned(world, worker(0), worker(1)).status == 0

        ended = self.applied(world, worker(1), worker(0))

        assert (ended.status, world.installed()) == (0, BOTH)

    def test_other_nodes_make_it_stale(self, world: World) -> None:
        self.planned(world, worker(0), worker(1))

        ended = self.applied(world, worker(0))

        assert ended.status == 5
        assert "the plan is stale, nothing was changed: no longer: + 10.200.1.0/24" in ended.err
        assert world.installed() == []

    def test_without_them_it_says_how(self, world: World) -> None:
        self.planned(world, worker(0))

        ended = podroute("apply", str(world.plan_file))

        assert ended.status == 2
        assert ended.err == (
            f"podroute: {world.plan_file} was made from standard input: give the Nodes as they are "
            f"now, e.g. kubectl get nodes -o yaml | podroute apply {world.plan_file} -f -\n"
        )
        assert world.installed() == []

    def test_a_process_substitution_is_no_other(self, world: World) -> None:
        world.nodes(worker(0), worker(1))
        script = 'nodes=$1; shift; exec "$@" -f <(cat "$nodes")'
        for words in (
            ["plan", *world.router(), "--out", str(world.plan_file)],
            ["apply", str(world.plan_file)],
        ):
            command = [sys.executable, "-m", "podroute", *words]
            subprocess.run(
                ["bash", "-c", script, "", world.nodes_file, *command],
                check=True,
                capture_output=True,
                env={**CLEAN, **process_environment()},
            )

        assert world.installed() == BOTH

    def test_what_is_held_back_passes_by_the_words_that_are_shown(self, world: World) -> None:
        stale = "10.200.9.0/24 10.240.0.39 ours"
        world.routes(stale)
        odd: Body = {"kind": "Node", "spec": 7}

        planned = self.planned(world, worker(0), odd)
        ended = self.applied(world, worker(0), odd)

        assert f"podroute apply {world.plan_file} -f - --confirm " in planned.out
        assert ended.status == 5
        assert "the podCIDR of items[1] cannot be read" in ended.err
        assert world.installed() == [BOTH[0], stale]
