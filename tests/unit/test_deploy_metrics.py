"""Every metric that dashboard, alerts and docs name exists, with the labels that they use."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Final

import promql_parser
import pytest
import yaml

from tests.filled_registry import documented, filled_registry, metrics_table, series

ROOT: Final = Path(__file__).parents[2]
ALERTS: Final = ROOT / "deploy" / "alerts.yaml"
DASHBOARD: Final = ROOT / "deploy" / "grafana-dashboard.json"
PAGE: Final = ROOT / "docs" / "metrics.md"
TARGET: Final = frozenset({"job", "instance", "namespace", "pod"})  # Prometheus adds them
BUCKET: Final = "le"
REGULAR: Final = (promql_parser.MatchOp.Re, promql_parser.MatchOp.NotRe)  # not hashable


@dataclass(frozen=True, slots=True)
class Alert:
    """One rule."""

    name: str
    expr: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    lasting: str


@dataclass(frozen=True, slots=True)
class Query:
    """What a panel asks, and how it names the answers."""

    panel: str
    expr: str
    legend: str


@dataclass(frozen=True, slots=True)
class Uses:
    """What an expression needs."""

    selectors: Sequence[tuple[str, Sequence[promql_parser.Matcher]]]
    ranges: frozenset[str]  # metrics of which a time is looked at
    grouped: frozenset[str]


@cache
def alerts() -> Sequence[Alert]:
    resource = yaml.safe_load(ALERTS.read_text())
    return [
        Alert(rule["alert"], rule["expr"], rule["labels"], rule["annotations"], rule["for"])
        for group in resource["spec"]["groups"]
        for rule in group["rules"]
    ]


@cache
def queries() -> Sequence[Query]:
    return [
        Query(panel["title"], target["expr"], target["legendFormat"])
        for panel in json.loads(DASHBOARD.read_text())["panels"]
        for target in panel.get("targets", ())
    ]


EXPRESSIONS: Final = [
    *((one.name, one.expr) for one in alerts()),
    *((f"{one.panel}: {one.legend}", one.expr) for one in queries()),
]


@cache
def uses(expr: str) -> Uses:
    """What Grafana fills in is filled in first."""
    text = expr.replace("$__rate_interval", "5m").replace("$job", ".*")
    selectors: list[tuple[str, Sequence[promql_parser.Matcher]]] = []
    ranges: set[str] = set()
    grouped: set[str] = set()

    def look(node: promql_parser.Expr) -> None:
        match node:
            case promql_parser.VectorSelector():
                selectors.append((node.name or "", node.matchers.matchers))
            case promql_parser.MatrixSelector():
                ranges.add(node.vector_selector.name or "")
            case promql_parser.AggregateExpr():
                grouped.update(node.modifier.labels if node.modifier else ())
            case promql_parser.BinaryExpr():
                matching = node.modifier.matching if node.modifier else None
                grouped.update(matching.labels if matching else ())
                grouped.update((node.modifier and node.modifier.group_labels) or ())
            case _:
                pass

    promql_parser.walk(promql_parser.parse(text), look)
    return Uses(tuple(selectors), frozenset(ranges), frozenset(grouped))


def labels_of(expr: str) -> frozenset[str]:
    """Those that a result of it can have, target labels included."""
    there = series(filled_registry())
    names = (name for name, _ in uses(expr).selectors)
    return TARGET.union(*(labels for name in names for labels in there[name]))


def asked_in_vain(matcher: promql_parser.Matcher, there: Sequence[Mapping[str, str]]) -> str:
    """The alternative that no series has, whether it is asked for or left out."""
    regular = any(matcher.op == one for one in REGULAR)
    values = [labels.get(matcher.name, "") for labels in there]
    for one in matcher.value.split("|") if regular else [matcher.value]:
        pattern = one if regular else re.escape(one)
        if not any(re.fullmatch(pattern, value) for value in values):
            return one
    return ""


@pytest.mark.parametrize(("where", "expr"), EXPRESSIONS, ids=[where for where, _ in EXPRESSIONS])
def test_an_expression_asks_for_series_that_there_are(where: str, expr: str) -> None:
    there = series(filled_registry())
    for name, matchers in uses(expr).selectors:
        assert name in there, where
        for matcher in matchers:
            if matcher.name not in TARGET:
                assert asked_in_vain(matcher, there[name]) == "", (where, str(matcher))


@pytest.mark.parametrize(("where", "expr"), EXPRESSIONS, ids=[where for where, _ in EXPRESSIONS])
def test_an_expression_groups_by_labels_that_there_are(where: str, expr: str) -> None:
    assert uses(expr).grouped <= labels_of(expr), where


@pytest.mark.parametrize(("where", "expr"), EXPRESSIONS, ids=[where for where, _ in EXPRESSIONS])
def test_rates_are_those_of_counters(where: str, expr: str) -> None:
    for name in uses(expr).ranges:
        assert name.endswith(("_total", "_bucket", "_count", "_sum")), where


@pytest.mark.parametrize("query", queries(), ids=lambda one: f"{one.panel}: {one.legend}")
def test_a_legend_names_labels_that_the_answer_has(query: Query) -> None:
    kept = labels_of(query.expr) & uses(query.expr).grouped
    assert set(re.findall(r"{{(\w+)}}", query.legend)) <= kept - {BUCKET}


@pytest.mark.parametrize("alert", alerts(), ids=lambda one: one.name)
def test_an_alert_says_what_it_means_and_where_to_read_on(alert: Alert) -> None:
    anchors = {
        line.removeprefix("### ").lower()
        for line in PAGE.read_text().splitlines()
        if line.startswith("### ")
    }
    page, _, anchor = alert.annotations["runbook_url"].partition("#")
    assert (page, anchor) == ("docs/metrics.md", alert.name.lower())
    assert anchor in anchors
    assert alert.labels.keys() == {"severity"}
    assert alert.labels["severity"] in {"info", "warning", "critical"}
    assert promql_parser.parse_duration(alert.lasting) <= timedelta(hours=1)
    words = alert.annotations["summary"] + alert.annotations["description"]
    assert set(re.findall(r"\$labels\.(\w+)", words)) <= labels_of(alert.expr)


def test_every_alert_has_one_name_and_every_chapter_an_alert() -> None:
    names = [alert.name for alert in alerts()]
    chapters = re.findall(r"^### (.+)$", PAGE.read_text(), re.MULTILINE)
    assert len(set(names)) == len(names)
    assert sorted(chapters) == sorted(names)


def test_the_dashboard_shows_every_metric() -> None:
    asked = {name for query in queries() for name, _ in uses(query.expr).selectors}
    shown = {re.sub("_(bucket|count|sum)$", "", name) for name in asked}
    assert {one.name for one in documented(filled_registry())} == shown


def test_no_panel_lies_on_another() -> None:
    panels = json.loads(DASHBOARD.read_text())["panels"]
    places = [panel["gridPos"] for panel in panels]
    squares = [
        (place["x"] + right, place["y"] + down)
        for place in places
        for right in range(place["w"])
        for down in range(place["h"])
    ]
    assert len(set(squares)) == len(squares)
    assert max(x for x, _ in squares) < 24
    assert len({panel["id"] for panel in panels}) == len(panels)


def test_the_docs_list_exactly_the_metrics_that_there_are() -> None:
    found = re.search("<!-- metrics -->\n(.*)\n<!-- /metrics -->", PAGE.read_text(), re.DOTALL)
    assert found is not None
    assert found[1] == metrics_table(filled_registry())


def test_no_metric_names_a_node() -> None:
    for one in documented(filled_registry()):
        assert not {"node", "cidr", "destination", "next_hop"} & set(one.labels), one
