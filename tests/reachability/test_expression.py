"""Our reader of ARM expressions: what it works out, and that odd ones are refused by name."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from apim_aks.artefacts.arm_templates import arm_templates
from apim_aks.errors import InputError
from apim_aks.options import OPTIONS
from apim_aks.reachability.templates import Evaluation, Unknown
from apim_aks.template_expression import Call, expression, is_expression
from tests.support import arm_schema
from tests.support.arm_server import FUNCTIONS
from tests.support.designs import bundled
from tests.support.series import examples

SEEN = Evaluation(
    parameters={"name": "a", "list": ["x", "y"], "held": {"b": 1}},
    group="rg",
    subscription="s",
    functions=FUNCTIONS,
)
GROUP = "/subscriptions/s/resourceGroups/rg"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("plain", "plain"),
        ("[[literal]", "[literal]"),
        ("[parameters('name')]", "a"),
        ("[ parameters( 'name' ) ]", "a"),
        ("[parameters('list')[1]]", "y"),
        ("[parameters('held').b]", 1),
        ("[concat('it''s ', 'x')]", "it's x"),
        ("[resourceGroup().name]", "rg"),
        ("[resourceId('A.B/c', 'n')]", f"{GROUP}/providers/A.B/c/n"),
        ("[resourceId('other', 'A.B/c', 'n')]", f"{GROUP[:-2]}other/providers/A.B/c/n"),
        ("[parameters('LIST')]", Unknown("LIST")),
        ("[if(equals(length(parameters('list')), 2), 'two', parameters('list')[7])]", "two"),
        ("[and(true(), not(equals('a', 'b')))]", True),
        ("[or(equals(unheardOf('x'), 1), true())]", True),
        ("[union(createArray('x'), parameters('list'))]", ["x", "y"]),
        ("[union(createObject('b', 2), parameters('held'))]", {"b": 1}),
        ("[split('a/b', '/')[1]]", "b"),
        ("[map(range(3, 2), lambda('n', format('{0}!', lambdaVariables('n'))))]", ["3!", "4!"]),
        ("[equals(1, true())]", False),
        ("[equals(format('a-{0}', unheardOf('x')), 'b')]", False),
    ],
)
def test_expressions_are_worked_out(text: str, value: Any) -> None:
    assert SEEN.value(text) == value


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("[unheardOf('x')]", "unheardOf"),
        ("[unheardOf('x').y[2]]", "unheardOf.y.2"),
        ("[parameters('list')[-1]]", "parameters.-1"),
        ("[format('a-{0}', unheardOf('x'))]", "unheardOf"),
        ("[resourceId('A.B/c', unheardOf('x'))]", "unheardOf"),
        ("[length(unheardOf('x'))]", "unheardOf"),
        ("[equals(format('a-{0}', unheardOf('x')), 'a-b')]", "equals"),
        ("[if(unheardOf('x'), 'a', 'b')]", "unheardOf"),
        ("[concat(parameters('list'), unheardOf('x'))]", "concat"),
        ("[variables('none')]", "none"),
    ],
)
def test_what_is_not_modelled_is_unknown_by_name(text: str, name: str) -> None:
    found = SEEN.value(text, "resources[0].name")
    assert isinstance(found, Unknown)
    assert (found.name, found.place) == (name, "resources[0].name")
    assert found == SEEN.value(text) != SEEN.value(text.replace("'x'", "'z'")) or "x" not in text


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
    assert repr(text[:100])[1:-1][:20] in said and "Use calls such as" in said
    assert "\n" not in said and len(said) < 500


PIECES = st.sampled_from(
    (
        *("parameters", "resourceId", "format", "concat", "createObject", "createArray", "map"),
        *("lambda", "lambdaVariables", "guid", "length", "toLower", "reference", "'name'"),
        *("if", "union", "split", "range", "equals", "not", "and", "variables", "join", "'A.B/c'"),
        *("'{0}'", "''", "0", "-1", "7", "(", ")", "[", "]", ",", ".", "'", "{", "}"),
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
    made = bundled("contoso-retail")
    for stage in arm_templates(made.placement(option)):
        for text in arm_schema.expressions(stage.template):
            read = expression(text)
            assert isinstance(read, Call) and is_expression(text)
            assert read.name in str(arm_schema.parsed(text))
