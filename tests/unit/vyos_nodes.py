"""What VyOS's configuration says of one destination."""

from typing import TypeAlias

from podroute.providers.vyos.wire import Answers, answers_of

Tree: TypeAlias = dict[str, object]

MARK = "podroute cluster=kubernetes"
DESTINATION = "10.200.0.0/24"
HOP = "10.240.0.30"


def statics(node: Tree | None) -> Tree:
    return {} if node is None else {"route": {DESTINATION: node}}


def answers(node: Tree | None) -> Answers:
    return answers_of(statics(node), {}, "")
