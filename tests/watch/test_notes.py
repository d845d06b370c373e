"""What is published for those who watch the agent is what the code does: metrics, alerts, logs."""

import ast
import re
from collections.abc import Iterator
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.conftest import HOME
from triage_agent.jobs.report import Totals
from triage_agent.watch.exposition import LABELLED, METRICS
from triage_agent.watch.figures import Figures

NOTES = HOME / "deploy" / "alerts" / "README.md"
RULES: list[dict[str, Any]] = [
    rule
    for group in YAML(typ="safe").load(HOME / "deploy" / "alerts" / "prometheus.yml")["groups"]
    for rule in group["rules"]
]
LEVELS = ("debug", "info", "warning", "error", "exception", "critical")
COUNTS = {*Totals.model_fields} - {"by_category", "by_stop", "actions"}
"""What `run finished` tells, by `**counts`."""
Logged = tuple[str, str, frozenset[str]]


def rows(columns: int) -> Iterator[list[str]]:
    """The rows of the tables with so many columns."""
    for line in NOTES.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if line.startswith("| ") and len(cells) == columns:
            yield cells


def test_every_metric_is_told() -> None:
    """The table has each metric, with its label and its HELP, and nothing else."""
    labels = {field: f"{{{label}}}" for field, (label, _) in LABELLED.items()}
    expected = {
        f"`{name}{labels.get(field, '')}`": Figures.model_fields[field].description
        for name, field in METRICS.items()
    }

    assert expected == {name: says for name, says in rows(2) if name.startswith("`triage_agent_")}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule["alert"]))
def test_an_alert(rule: dict[str, Any]) -> None:
    """It asks for metrics and labels that there are, and tells people what to do."""
    names = set(re.findall(r"triage_agent_\w+", rule["expr"]))
    asked = set(re.findall(r'(\w+)!?="(\w+)"', rule["expr"]))
    known = {(label, value) for label, values in LABELLED.values() for value in values}

    assert names
    assert names <= {*METRICS}
    assert asked <= known
    assert (
        {"alert", "expr", "labels", "annotations"}
        <= {*rule}
        <= {*("alert", "expr", "for", "labels", "annotations")}
    )
    assert rule["labels"]["severity"] in ("page", "warn")
    assert {"summary", "description"} == {*rule["annotations"]}


def test_what_alerts_are_about() -> None:
    """Nothing ran, a queue, failures, a breaker, an unread week, and spending each has one."""
    asked = " ".join(rule["expr"] for rule in RULES)

    assert [] == [
        name
        for name in (
            "triage_agent_last_run_began_timestamp_seconds",
            "triage_agent_oldest_open_age_seconds",
            "triage_agent_failed_items",
            'triage_agent_paused_by{by="agent"}',
            "triage_agent_week_unread",
            "triage_agent_recent_usd",
        )
        if name not in asked
    ]
    assert len(RULES) == len({rule["alert"] for rule in RULES})


def logged() -> Iterator[Logged]:
    """Everything that the code logs: how loud, what, with which fields."""
    for path in (HOME / "triage_agent").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and _is_log(node.func):
                assert isinstance(node.func, ast.Attribute)
                fields = (word.arg for word in node.keywords)
                told = (COUNTS if field is None else {field} for field in fields)
                yield node.func.attr, ast.literal_eval(node.args[0]), frozenset().union(*told)


def _is_log(called: ast.expr) -> bool:
    """`log.info`, or `structlog.get_logger().info`."""
    if not isinstance(called, ast.Attribute) or called.attr not in LEVELS:
        return False
    return ast.unparse(called.value) in ("log", "structlog.get_logger()")


def test_everything_that_is_logged_is_told() -> None:
    """The table has each event with its levels and fields, and nothing else."""
    told = {
        (level, event.strip("`"), frozenset(re.findall(r"`(\w+)`", one)))
        for levels, event, fields, _ in rows(4)
        if event.startswith("`")
        for level in levels.split(", ")
        for one in _each(fields)
    }

    assert {*logged()} == told
    assert 30 < len(told)


def _each(fields: str) -> list[str]:
    """`item` or `command`: the event comes with the one, and with the other."""
    first, _, others = fields.partition(" or ")
    return [fields] if not others else [f"{first}, {others.partition(', ')[2]}", others]
