"""Is the instance that has the next hop the one that the Node says it is?"""

from dataclasses import replace

import pytest

from podroute.providers.aws.changes import Work, instance_of, prepared
from podroute.providers.aws.settings import AwsOptions
from podroute.routing.steps import Create
from podroute.testing.builders import route
from tests.unit.aws_benches import at, planned, told
from tests.unit.aws_tables import A, table

T1 = "rtb-1"
WISH = route(A, "10.240.0.30", "worker0")
BY_PROVIDER_ID = AwsOptions(match_node="provider-id")


@pytest.mark.parametrize(
    ("options", "provider_id", "expected"),
    [
        (AwsOptions(), "aws:///eu-central-1a/i-0", "create rtb-1, +1, -0"),
        (AwsOptions(), "aws:///eu-central-1a/i-1", "pointless: 10.240.0.30 is i-0, and worker0"),
        (AwsOptions(), "aws:///eu-central-1a/i-1", " is i-1 by its providerID"),
        (AwsOptions(match_node="name-tag"), "i-1", "and worker0 is i-1 by its providerID"),
        (AwsOptions(), "kind://docker/x/y", "create rtb-1, +1, -0"),
        (BY_PROVIDER_ID, "aws:////i-0", "create rtb-1, +1, -0"),
        (BY_PROVIDER_ID, "", "is i-0, and worker0 has no providerID of EC2"),
        (BY_PROVIDER_ID, "kind://docker/x/y", "has no providerID of EC2"),
    ],
)
def test_a_node_must_be_the_instance_that_it_says_it_is(
    options: AwsOptions, provider_id: str, expected: str
) -> None:
    """H21, H28: neither an address nor a providerID of somebody else gives a route."""
    change = Create(replace(WISH, provider_id=provider_id))
    assert expected in planned(change, at(table(T1, []), options=options))


UNCHECK = AwsOptions(disable_source_dest_check=True)
BY_NAME = AwsOptions(disable_source_dest_check=True, match_node="name-tag")


@pytest.mark.parametrize(
    ("options", "provider_id", "unchecked"),
    [
        (UNCHECK, "aws:///eu-central-1a/i-0", "eni-0"),
        (BY_NAME, "", "eni-0"),
        (UNCHECK, "", None),
        (UNCHECK, "kind://docker/x/y", None),
        (AwsOptions(), "", ""),
    ],
)
def test_the_check_is_switched_off_for_no_machine_that_only_has_the_address(
    options: AwsOptions, provider_id: str, unchecked: str | None
) -> None:
    """A Node that shows somebody else's address opens no machine of theirs."""
    change = Create(replace(WISH, provider_id=provider_id))
    for checked in (True, False):
        outcome = prepared(change, at(table(T1, []), options=options, checked=checked))
        if checked and unchecked is None:
            assert told(outcome).startswith("pointless: 10.240.0.30 is i-0, and only its address")
        else:
            assert isinstance(outcome, Work)
            assert outcome.unchecked == (unchecked if checked else "")


@pytest.mark.parametrize(
    ("provider_id", "instance"),
    [
        ("aws:///eu-central-1a/i-0123456789abcdef0", "i-0123456789abcdef0"),
        ("aws:////i-0a", "i-0a"),
        ("aws:///i-0a", "i-0a"),
        ("i-0a", "i-0a"),
        ("", ""),
        ("aws:///eu-central-1a/", ""),
        ("aws:///a/b/i-0a", ""),
        ("aws:///eu-central-1a/fargate-10-0-0-1", ""),
        ("gce://p/z/i-0a", ""),
        ("aws:///z/i-0a/", ""),
    ],
)
def test_all_forms_of_a_provider_id(provider_id: str, instance: str) -> None:
    assert instance_of(provider_id) == instance
