"""The sessions of docs/cloud-lab.md, with the real gcloud and aws."""

import os
from pathlib import Path

import pytest

from tests.aws.aws_command import aws_directory
from tests.netns.lab_command import LabCommand
from tests.netns.played import play, sessions

pytestmark = pytest.mark.netns


@pytest.mark.parametrize("session", sessions("cloud-lab.md"), ids=["gcp", "aws"])
def test_a_session_of_the_page_prints_what_it_shows(tmp_path: Path, session: str) -> None:
    variables = {
        "PATH": os.pathsep.join([str(aws_directory()), os.environ["PATH"]]),
        "AWS_PAGER": "",
        "CLOUDSDK_CONFIG": str(tmp_path / "gcloud"),
        "CLOUDSDK_CORE_DISABLE_USAGE_REPORTING": "1",
        "CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK": "1",
    }
    play(LabCommand(tmp_path, variables=variables), session)
