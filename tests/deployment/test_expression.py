"""Our reader of ARM expressions: what it works out, and that odd ones are refused by name."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from apim_aks.artefacts.arm_templates import arm_templates
from apim_aks.decision.design import design
from apim_aks.deployment.evaluation import Evaluation
from apim_aks.deployment.expression import Call, expression, is_expression
from apim_aks.errors import InputError
from apim_aks.options import OPTIONS
from apim_aks.workload.file import read_workload
from tests.support import arm_schema
from tests.support.arm_server import FUNCTIONS
from tests.support.series import examples

SEEN = Evaluation({"name": "a", "list": ["x", "y"], "held": {"b": 1}}, "rg", "s", FUNCTIONS)
GROUP = "/subscriptions/s/resourceGroups/rg"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("plain", "plain"),
        ("[[literal]", "[literal]"),
        ("[parameters('name')]", "a"),
        ("[ parameters( 'name' ) ]", "a"),
        ("[parameters('list')[1]]", "y"),
        ("[parameters('list')[-1]]", "<-1>"),
        ("[parameters('held').b]", 1),
        ("[concat('it''s ', 'x')]", "it's x"),
        ("[resourceGroup().name]", "rg"),
        ("[resourceId('A.B/c', 'n')]", f"{GROUP}/providers/A.B/c/n"),
        ("[resourceId('other', 'A.B/c', 'n')]", f"{GROUP[:-2]}other/providers/A.B/c/n"),
        ("[unheardOf('x')]", "<unheardOf>"),
    ],
)
def test_expressions_are_worked_out(text: str, value: Any) -> None:
    assert SEEN.value(text) == value


ODD_ONES = """
[]|[ ]|[(]|[)]|[,]|[.]|['open]|[name]|[a(]|[a(,)]|[a('x',)]|[a('x' 'y')]|[a() b()]|[a().]|[a()[]
[a()[]]|[a().'x']|[a()[1]|[1 + 2]|[parameters()]|[parameters('a', 'b')]|[resourceId()]
[resourceId('x')]|[subscriptionResourceId()]|[resourceGroup('x')]|[format()]|[format('{9}', 'a')]
[guid(]|[lambdaVariables()]|[map('a')]|[createObject(createArray(), 'a')]|[length()]|[toLower()]
[copyIndex(]|[uniqueString]|[\U0001f600]|[a(\0)]
""".strip().replace("\n", "|")
DEEP = "[" + "a(" * 60 + ")" * 60 + "]"
LONG = (f"[format('{{{'9' * 5000}}}', 'a')]", f"[{'9' * 5000}]")


@pytest.mark.parametrize("text", [*ODD_ONES.split("|"), DEEP, *LONG], ids=lambda text: text[:12])
def test_an_odd_expression_is_refused_by_name(text: str) -> None:
    with pytest.raises(InputError) as refused:
        SEEN.value(text)
    said = str(refused.value)
    assert repr(text[:100])[1:-1][:20] in said and "expected calls such as" in said
    assert "\n" not in said and len(said) < 500


PIECES = st.sampled_from(
    (
        *("parameters", "resourceId", "format", "concat", "createObject", "createArray", "map"),
        *("lambda", "lambdaVariables", "guid", "length", "toLower", "reference", "'name'"),
        *("'A.B/c'", "'{0}'", "''", "0", "-1", "7", "(", ")", "[", "]", ",", ".", "'", "{", "}"),
    )
)
ODD = st.one_of(st.text(max_size=40), st.lists(PIECES, max_size=20).map("".join))


@examples(600)
@example("")
@example("parameters()")
@given(ODD)
def test_whatever_stands_in_brackets_is_worked_out_or_refused(inside: str) -> None:
    text = f"[{inside}]"
    try:
        SEEN.value(text)
    except InputError as refused:
        assert "The expression" in str(refused)


@pytest.mark.parametrize("option", [o.id for o in OPTIONS])
def test_every_expression_that_we_write_is_read_as_another_reader_reads_it(option: str) -> None:
    made = design(read_workload("contoso-retail"))
    for stage in arm_templates(made.placement(option)):
        for text in arm_schema.expressions(stage.template):
            read = expression(text)
            assert isinstance(read, Call) and is_expression(text)
            assert read.name in str(arm_schema.parsed(text))
