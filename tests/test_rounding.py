"""Same bytes on every Python and machine: how they add up and take logarithms reaches no page."""

from __future__ import annotations

import ast
import builtins
import math
import re
from collections.abc import Callable, Iterable
from functools import reduce
from typing import Any

import pytest

from apim_aks import page
from apim_aks.cli.decision_text import decision_data, decision_text
from apim_aks.decision.as_json import as_json, design_data
from apim_aks.decision.design import design
from apim_aks.decision.ranking.ranking import normalised
from apim_aks.page.charts import charts
from apim_aks.rounding import DECIMALS, rounded, summed
from apim_aks.verification import check_all
from apim_aks.workload.file import read_workload
from tests.support.places import REPOSITORY
from tests.support.report_runs import report
from tests.support.series import at_length, combined

PACKAGE = REPOSITORY / "lib" / "apim_aks"
WORKLOADS = ("contoso-orders", "contoso-retail")
TABLES = (
    page.verdict,
    page.measures_table,
    page.cost_table,
    page.exposure_chart,
    page.exposure_table,
    page.weights_table,
    page.ranking_table,
    page.movable_ranking,
    page.presets_table,
    page.contributions_chart,
    page.contributions_table,
    page.flips_chart,
    page.flips_table,
    page.requirement_changes_table,
    page.hinges_table,
    page.robustness_chart,
    page.robustness_table,
)
"""Everything that notebook 06 shows of what is computed."""


def one_by_one(values: Iterable[Any], start: Any = 0) -> Any:
    """As Python 3.11 adds up: every step rounded."""
    return reduce(lambda whole, value: whole + value, values, start)


def at_once(values: Iterable[Any], start: Any = 0) -> Any:
    """As Python 3.12 and later do: what each step lost is added at the end."""
    found = list(values)
    if any(isinstance(v, float) for v in found):
        return math.fsum([start, *found])
    return one_by_one(found, start)


def backwards(values: Iterable[Any], start: Any = 0) -> Any:
    """Another order, as a set or a parallel sum would have."""
    return one_by_one(reversed(list(values)), start)


def next_up(function: Callable[..., float]) -> Callable[..., float]:
    """A library of mathematics whose last digit is another."""
    return lambda *x: math.nextafter(function(*x), math.inf)


def everything(workload: str) -> str:
    """What is said of a workload wherever it is computed: pages, record, command line, JSON."""
    scenario = design(read_workload(workload))
    shown = [str(table(scenario)) for table in TABLES]
    checks = check_all(scenario)
    shown += [str(page.index(scenario, checks, [], [], [])), str(page.decision(scenario, checks))]
    shown += [as_json(design_data(scenario)), as_json(decision_data(scenario))]
    return "\n".join([*shown, decision_text(scenario)])


@at_length
@pytest.mark.parametrize("workload", WORKLOADS)
def test_how_a_python_adds_up_changes_no_byte(
    workload: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = everything(workload)
    for way in (one_by_one, at_once, backwards):
        monkeypatch.setattr(builtins, "sum", way)
        assert everything(workload) == before, way.__name__


@pytest.mark.parametrize("workload", combined(*WORKLOADS))
def test_the_last_digit_of_a_logarithm_changes_no_byte(
    workload: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = everything(workload)
    for name in ("log", "log1p", "log10", "sqrt"):
        monkeypatch.setattr(math, name, next_up(getattr(math, name)))
    assert everything(workload) == before


def test_the_ways_of_adding_up_do_differ() -> None:
    tenths = [0.1] * 10
    assert one_by_one(tenths) != at_once(tenths)
    assert one_by_one([1e16, -1e16, 1.0]) != backwards([1e16, -1e16, 1.0])
    assert summed(tenths) == summed(reversed(tenths)) == 1.0


@pytest.mark.parametrize("workload", combined("contoso-retail", "contoso-orders"))
def test_no_page_carries_more_decimals_than_are_rounded_to(workload: str) -> None:
    """In text, attributes and scripts of every file of a report."""
    folder = report(workload).folder
    files = [f for f in folder.rglob("*") if f.suffix in (".html", ".json", ".ipynb", ".md")]
    assert len(files) > 10
    long = re.compile(rf"(?<![\w.])\d+\.\d{{{DECIMALS + 1},}}")
    found = {f.name: long.findall(f.read_text(encoding="utf-8"))[:3] for f in files}
    assert {name: numbers for name, numbers in found.items() if numbers} == {}


def test_one_function_rounds_to_decimals() -> None:
    """`round` with a second argument, and `fsum`, stand in one module."""
    texts = {f: f.read_text(encoding="utf-8") for f in sorted(PACKAGE.rglob("*.py"))}
    wrong = [
        f"{file.relative_to(PACKAGE)} line {node.lineno}"
        for file, text in texts.items()
        if file.name != "rounding.py" and re.search(r"\b(round|fsum)\b", text)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call) and rounds(node)
    ]
    assert wrong == []


def rounds(call: ast.Call) -> bool:
    name = getattr(call.func, "id", getattr(call.func, "attr", ""))
    numpy = isinstance(call.func, ast.Attribute) and getattr(call.func.value, "id", "") == "np"
    return name == "fsum" or (name == "round" and not numpy and len(call.args) > 1)


def test_rounding_keeps_what_is_not_finite_and_drops_the_sign_of_zero() -> None:
    assert rounded(math.inf) == math.inf and math.isnan(rounded(math.nan))
    assert str(rounded(-0.0)) == str(rounded(-1e-13)) == "0.0"
    assert rounded(2.675, 1) == 2.7 and summed([]) == 0.0


@pytest.mark.parametrize("most", [1e-300, 1.0, 1e308])
def test_weights_of_any_size_become_shares(most: float) -> None:
    shares = normalised({"security": most, "cost": most, "scale": most / 2})
    assert shares["security"] == shares["cost"] == 0.4 and shares["scale"] == 0.2


def test_a_place_in_a_chart_is_rounded() -> None:
    scale = charts.Scale(10, 1000, log=True)
    assert scale.at(77.7) == rounded(scale.at(77.7))
