"""plan, apply and table for several routers: each by itself, and one that is silent is named."""

import json
from pathlib import Path

import pytest

from tests.unit.command import podroute
from tests.unit.test_cli_apply import answered
from tests.unit.two_routers import Two

ROUTE_0 = "10.200.0.0/24 10.240.0.30 ours"
ROUTE_1 = "10.200.1.0/24 10.240.0.31 ours"
STALE = [f"10.200.{number}.0/24 10.240.0.99 ours" for number in range(20, 30)]
YES = "--auto-approve"


@pytest.fixture
def two(tmp_path: Path) -> Two:
    two = Two(tmp_path)
    two.set("left", ROUTE_0)
    return two


def test_a_plan_shows_the_steps_of_each(two: Two) -> None:
    ended = two.run("plan")

    assert (ended.status, ended.err) == (0, "")
    left, right = ended.out.split("Router right (file):\n")
    assert left.startswith("Router left (file):\n")
    assert left.count("  + ") == 1
    assert "Plan: 1 to add, 0 to change, 0 to remove; 1 unchanged." in left
    assert right.count("  + ") == 2


def test_the_flags_say_the_same_as_the_file(two: Two) -> None:
    flags = [f"--router={one}=file,file={two.folder / one}" for one in ("left", "right")]
    source = ["--cluster-cidr=10.200.0.0/16", "-f", str(two.nodes)]
    assert podroute("plan", *flags, *source).out == two.run("plan").out


@pytest.mark.parametrize("verb", ["plan", "table", "check"])
def test_one_of_them_is_looked_at_alone(two: Two, verb: str) -> None:
    """As if there were no other."""
    options = ("--provider=file", f"--provider-option=file={two.folder / 'left'}")
    alone = podroute(verb, *options, "--cluster-cidr=10.200.0.0/16", "-f", str(two.nodes))
    assert two.run(verb, "--only-router=left").out == alone.out


@pytest.mark.parametrize("verb", ["check"])
def test_a_verb_that_looks_at_one_asks_which(two: Two, verb: str) -> None:
    ended = two.run(verb)
    assert (ended.status, ended.out) == (2, "")
    words = "this looks at one router, and there are left, right: give --only-router NAME"
    assert ended.err == f"podroute: {words}\n"


def test_commands_are_told_by_router(two: Two) -> None:
    ended = two.run("plan", "--show-commands")
    assert ended.out == "# router left\n# Create\n# router right\n# Create\n# Create\n"


def test_each_is_brought_up_to_date(two: Two) -> None:
    ended = two.run("apply", YES)

    assert ended.status == 0
    assert two.has("left") == two.has("right") == [ROUTE_0, ROUTE_1]
    assert "Router left (file):\nApplied: 1 of 1 change, read back.\n" in ended.out
    assert ended.out.endswith("Router right (file):\nApplied: 2 of 2 changes, read back.\n")
    assert two.run("plan", "--detailed-exitcode").status == 0


def test_one_that_is_not_reached_keeps_nobody_from_the_other(two: Two) -> None:
    plan = two.run("plan", left="unreadable")
    apply = two.run("apply", YES, left="unreadable")

    assert plan.status == 3
    assert "Router right (file):\n" in plan.out
    assert plan.err == "podroute: not reached: left: the router does not answer\n"
    assert apply.status == 4
    assert two.has("right") == [ROUTE_0, ROUTE_1]
    assert "podroute: router left is not reached: the router does not answer\n" in apply.err


def test_a_fault_in_the_provider_of_one_keeps_nobody_from_the_other(two: Two) -> None:
    config = two.config()
    (two.folder / "left").unlink()

    ended = podroute("apply", YES, config, "-f", str(two.nodes))

    assert ended.status == 4
    assert "router left is not reached: a fault in the provider: FileNotFoundError" in ended.err
    assert two.has("right") == [ROUTE_0, ROUTE_1]


@pytest.mark.parametrize(
    ("faults", "status", "said"),
    [
        ({"left": "unreadable", "right": "unreadable"}, 3, "router right is not reached"),
        ({"left": "lost"}, 4, "router left: nothing was changed: the router has gone"),
        ({"left": "refuses"}, 4, "router left: failed: + 10.200.1.0/24"),
        ({"left": "mute"}, 4, "router left: 1 change sent, but not to be read back"),
        ({"left": "lost", "right": "lost"}, 3, "router right: nothing was changed"),
    ],
)
def test_what_fails_at_one_is_told_with_its_name(
    two: Two, faults: dict[str, str], status: int, said: str
) -> None:
    ended = two.run("apply", YES, **faults)
    assert ended.status == status
    assert said in ended.err
    assert two.has("right") == ([] if "right" in faults else [ROUTE_0, ROUTE_1])


def test_a_saved_plan_is_that_of_all(two: Two) -> None:
    assert two.run("plan", "--out", str(two.plan), left="unreadable").status == 3
    assert not two.plan.exists()
    assert two.run("plan", "--out", str(two.plan)).status == 0

    shown = podroute("apply", str(two.plan), "--dry-run")
    ended = podroute("apply", str(two.plan))
    again = podroute("apply", str(two.plan))

    assert shown.status == 0
    assert "Router right (file):\n  + 10.200.0.0/24" in shown.out
    assert ended.status == 0
    assert two.has("left") == two.has("right") == [ROUTE_0, ROUTE_1]
    assert again.status == 5
    assert "router left: the plan is stale" in again.err


def test_a_saved_plan_is_for_these_routers_and_no_others(two: Two) -> None:
    """Two that have changed places are others; the words for them may be others."""
    left, right = two.folder / "left", two.folder / "right"
    assert two.run("plan", "--out", str(two.plan)).status == 0
    same = (
        f"--router=right=file,fault=none,file={right}",
        f"--router=left=file,fault=none,file={left}",
    )
    swapped = (
        f"--router=left=file,fault=none,file={right}",
        f"--router=right=file,fault=none,file={left}",
    )

    assert podroute("apply", str(two.plan), *same, "--dry-run").status == 0
    assert podroute("apply", str(two.plan), "--router=left", "--dry-run").status == 2
    refused = podroute("apply", str(two.plan), *swapped)
    assert (refused.status, two.has("right")) == (2, [])
    assert "was made without this --router" in refused.err


def test_after_one_yes_each_is_changed(two: Two) -> None:
    flags = ("apply", two.config(), "-f", str(two.nodes))
    ended, question = answered(*flags, answer="yes\n")
    assert question.count("Only 'yes' is accepted") == 1
    assert ended.status == 0
    assert two.has("left") == two.has("right") == [ROUTE_0, ROUTE_1]


def test_where_one_is_another_after_the_question_nothing_is_done(two: Two) -> None:
    flags = ("apply", two.config(), "-f", str(two.nodes))
    ended, _ = answered(*flags, answer="yes\n", meanwhile=lambda: two.set("right", ROUTE_1))
    assert ended.status == 5
    assert "router right: the plan is stale" in ended.err
    assert two.has("left") == [ROUTE_0]


def test_what_was_not_shown_of_a_router_is_not_done(two: Two) -> None:
    assert two.run("plan", "--out", str(two.plan)).status == 0
    plan = json.loads(two.plan.read_text())
    plan["routers"] = plan["routers"][:1]
    two.plan.write_text(json.dumps(plan))

    ended = podroute("apply", str(two.plan))

    assert ended.status == 4
    assert "router right is not reached: it was not reached when the plan was made" in ended.err
    assert (two.has("left"), two.has("right")) == ([ROUTE_0, ROUTE_1], [])


def test_a_plan_that_is_shown_for_some_goes_on_without_the_silent(two: Two) -> None:
    ended = two.run("apply", "--dry-run", left="unreadable")
    assert ended.status == 4
    assert "Router right (file):\n  + " in ended.out
    assert two.has("right") == []


def test_the_table_of_some_nodes_is_for_an_api_server(two: Two) -> None:
    ended = two.run("table", "-l", "zone=a")
    assert (ended.status, ended.out) == (2, "")


def test_what_one_holds_back_is_let_pass_by_its_word(two: Two) -> None:
    two.set("left", *STALE)
    held = two.run("apply", YES)
    document = json.loads(two.run("plan", "-o", "json").out)
    word = document["routers"][0]["confirmation"]

    assert held.status == 5
    assert two.has("right") == [ROUTE_0, ROUTE_1]
    assert f"--confirm {word}" in held.err
    wrong = two.run("apply", YES, "--confirm", "12345678")
    assert "is the word for other changes" in wrong.err
    assert two.run("apply", YES, "--confirm", word).status == 0
    assert two.has("left") == [ROUTE_0, ROUTE_1]


def test_where_both_hold_the_same_back_each_has_its_word(two: Two) -> None:
    """What was shown of one router, and confirmed, is not done at the other."""
    two.set("left", *STALE)
    two.set("right", *STALE)
    both = json.loads(two.run("plan", "-o", "json").out)["routers"]
    left, right = (one["confirmation"] for one in both)

    ended = two.run("apply", YES, "--confirm", left)

    assert (left, right) == (f"{left[:8]}-left", f"{left[:8]}-right")
    assert ended.status == 5
    assert two.has("left") == [ROUTE_0, ROUTE_1]
    assert two.has("right") == [ROUTE_0, ROUTE_1, *STALE]
    assert f"--confirm {right}" in ended.err
    assert "other changes" not in ended.err
    two.set("left", *STALE)
    assert two.run("apply", YES, "--confirm", f"{left},{right}").status == 0
    assert two.has("left") == two.has("right") == [ROUTE_0, ROUTE_1]


def test_programs_get_the_steps_by_router(two: Two) -> None:
    document = json.loads(two.run("plan", "-o", "json", right="unreadable").out)
    left, right = document["routers"]

    assert document["kind"] == "RouteProposals"
    assert (left["name"], left["provider"], left["unreached"]) == ("left", "file", None)
    assert [one["destination"] for one in left["steps"]] == ["10.200.1.0/24"]
    assert right == {"name": "right", "provider": "file", "unreached": "the router does not answer"}
    assert document["unreadable"] == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--provider=memory", "--router=a=memory"], "leave out one of them"),
        (["--router=memory"], "--router 'memory' is not NAME=PROVIDER,KEY=VALUE,…"),
        (["--router=a=memory", "--router=a=file,file=x"], "router 'a' is there twice"),
        (["--router=a=memory", "--router=b=memory"], "routers 'a' and 'b' are the same"),
        (["--router=A b=memory"], "router 'A b': give a name of up to 63"),
        (["--router=a="], "router 'a': give its provider"),
        (["--router=a=file,file"], "router 'a': option 'file' is not KEY=VALUE"),
        (["--router=a=file,x=1,x=2"], "router 'a': option 'x' is given twice"),
        (["--router={"], "--router '{': "),
        (["--router=a=nothing", "--router=b=memory"], "router a: unknown provider 'nothing'"),
        (["--router=a=memory,x=1", "--router=b=memory"], "router a: unknown provider option 'x'"),
        (["--router=a=memory", "--only-router=b"], "--only-router 'b' (there are a)"),
        (["--only-router=b"], "--only-router 'b' (there are none: --router gives them)"),
        (["--only-router=b", "--provider=memory"], "--only-router 'b' (there are none"),
    ],
)
def test_what_cannot_be_meant_is_told_before_anything_is_done(
    two: Two, arguments: list[str], words: str
) -> None:
    ended = podroute("plan", *arguments, "--cluster-cidr=10.200.0.0/16", "-f", str(two.nodes))
    assert (ended.status, ended.out) == (2, "")
    assert words in ended.err


@pytest.mark.parametrize(
    ("needed", "words"),
    [
        ("3", "--routers-needed '3', of 2 routers: give all, any, or 1 to 2"),
        ("0", "--routers-needed '0', of 2 routers"),
        ("most", "--routers-needed 'most', of 2 routers"),
    ],
)
def test_a_controller_knows_how_many_there_are(two: Two, needed: str, words: str) -> None:
    ended = podroute("controller", f"--routers-needed={needed}", two.config())
    assert (ended.status, ended.out) == (2, "")
    assert words in ended.err
