"""Values written into a YAML text: what stands around them is kept to the character."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from apim_aks.workload.documents.editing import edited
from tests.support.series import examples

FILE = """\
# head
name: a
consumers: [internet]  # apps

requirements:
  private_gateway: false   # mine
  # in between
  availability_zones: false
  # monthly_budget: 1000   # US dollars

# The load:
# traffic:
#   requests_per_second: 200

weights: {preset: balanced, cost: 1}

azure:
  region: westeurope
  # existing: {}
"""


@pytest.mark.parametrize(
    ("changes", "before", "after"),
    [
        (
            {"consumers": ["internet", "same-vnet"]},
            "consumers: [internet]  # apps\n",
            "consumers: [internet, same-vnet]  # apps\n",
        ),
        (
            {"requirements": {"private_gateway": True}},
            "private_gateway: false   # mine",
            "private_gateway: true   # mine",
        ),
        (
            {"requirements": {"availability_zones": None}},
            "  availability_zones: false\n",
            "",
        ),
        (
            {"requirements": {"monthly_budget": 500.5}},
            "  # monthly_budget: 1000   # US dollars\n",
            "  monthly_budget: 500.5   # US dollars\n",
        ),
        (
            {"requirements": {"regions": 2}},
            "  availability_zones: false\n",
            "  availability_zones: false\n  regions: 2  # how many\n",
        ),
        (
            {"traffic": {"requests_per_second": 5}},
            "#   requests_per_second: 200\n",
            "#   requests_per_second: 200\ntraffic:\n  requests_per_second: 5\n",
        ),
        (
            {"weights": {"preset": None, "security": 2}},
            "{preset: balanced, cost: 1}",
            "{cost: 1, security: 2}",
        ),
        ({"weights": {"cost": None}}, "{preset: balanced, cost: 1}", "{preset: balanced}"),
        ({"azure": {"region": None}}, "azure:\n  region: westeurope\n", "azure: {}\n"),
        ({"title": "b: #c"}, "  # existing: {}\n", "  # existing: {}\ntitle: 'b: #c'\n"),
    ],
)
def test_a_value_is_written_where_a_person_would_write_it(
    changes: dict[str, Any], before: str, after: str
) -> None:
    assert FILE.count(before) == 1
    written = edited(FILE, changes, {("requirements", "regions"): "how many"})
    assert written == FILE.replace(before, after)


def test_what_cannot_be_kept_is_refused() -> None:
    with pytest.raises(ValueError, match="anchors"):
        edited("a: &x {b: 1}\nc: *x\n", {"c": {"b": 2}}, {})


_KEYS = st.sampled_from(("a", "b", "c", "n", "yes", "1"))
_VALUES = st.recursive(
    st.one_of(st.integers(-5, 5), st.booleans(), st.sampled_from(("x", "y: z", "# no", ""))),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=3),
    max_leaves=8,
)
_FILES = st.dictionaries(_KEYS, _VALUES, max_size=4)


@examples(25)
@given(_FILES, st.dictionaries(_KEYS, st.none() | _VALUES, max_size=3), st.booleans())
def test_what_is_written_says_what_was_asked_and_nothing_else_changes(
    before: dict[str, Any], changes: dict[str, Any], flow: bool
) -> None:
    before = {"kept": 1, **before}
    lines = yaml.safe_dump(before, default_flow_style=flow or None).splitlines()
    text = "\n".join(x for n, line in enumerate(lines) for x in (f"# c{n}", line)) + "\n"
    if yaml.safe_load(text) != before:
        return  # a text over several lines, in which this is no comment
    written = edited(text, changes, {})
    said = yaml.safe_load(written)
    for key, value in changes.items():
        if value is None:
            assert key not in said
        elif not isinstance(value, dict):
            assert said[key] == value
    assert {k: v for k, v in before.items() if k not in changes} == {
        k: v for k, v in said.items() if k not in changes
    }
    assert set(before) - set(changes) <= set(said)
