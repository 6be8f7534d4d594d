"""Everything that is generated is known, nothing else is, and what is not known is refused."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache
from xml.etree import ElementTree

import pytest

from apim_aks import facts
from apim_aks.artefacts.policies import PolicyDocument, policies
from apim_aks.artefacts.policies import expressions as generated
from apim_aks.decision.design import Placement, design
from apim_aks.errors import InputError
from apim_aks.options import option
from apim_aks.testbed.policies.document import Document, Reader
from apim_aks.testbed.policies.expressions import Unknown, expression, members
from apim_aks.testbed.policies.pipeline import STEPS
from apim_aks.testbed.policies.vocabulary import PARTS, STATEMENTS
from apim_aks.topology import Kind
from apim_aks.workload.azure import Azure, Existing, ExistingResources
from apim_aks.workload.handling import Cors, Handling, HeaderChange
from apim_aks.workload.model import Port, TokenValidation, Workload
from apim_aks.workload.route import Route
from apim_aks.workload.traffic import Limit, Traffic
from tests.support.designs import bundled
from tests.support.places import REPOSITORY
from tests.support.scenario import service, workload
from tests.support.series import SEED
from tests.support.testbed import EXPRESSIONS

GENERATOR = REPOSITORY / "lib" / "apim_aks" / "artefacts" / "policies"
STRUCTURE = {"policies", "fragment", "inbound", "backend", "outbound", "on-error"}
OWN_TOKENS = TokenValidation("https://issuer.example/a", "api://other")


def route(name: str, path: str, handling: Handling) -> Route:
    return Route(kind="Ingress", name=name, host=f"{name}.example", path=path, handling=handling)


CHANGES = (
    HeaderChange("X-Set", "override", "a"),
    HeaderChange("X-More", "append", "b"),
    HeaderChange("X-Gone", "delete"),
)
HANDLED = Handling(
    cors=Cors(
        origins=("https://app.example",),
        methods=("PUT",),
        headers=("X-A",),
        exposed=("X-B",),
        credentials=True,
        max_age=60,
    ),
    timeout=1500,
    admitted=("192.0.2.0/24", "198.51.100.7/32"),
    refused=("192.0.2.9/32",),
    request_headers=CHANGES,
    response_headers=CHANGES,
)
RICH = workload(
    service("desk", "GET /desk", "GET /desk/{id}", routes=(route("desk", "/desk", HANDLED),)),
    service("users", "POST /users/login", "GET /users/me", validates=OWN_TOKENS),
    service("orders", "GET /orders", "POST /orders", validates=OWN_TOKENS),
    service("plain", routes=(route("plain", "/plain", Handling()),)),
    service("secure", "GET /secure", ports=(Port(443, "https"),)),
    apis={
        "orders": {"permissions": {"read": ["r"], "write": ["w"]}, "cached": ["GET /orders"]},
    },
    traffic=Traffic(rate=Limit(3, 60), quota=Limit(6, 3600)),
)
"""Everything at once that a workload can ask of a policy."""


def existing(source: Workload) -> Workload:
    there = ExistingResources(api_management=Existing("apim-there", "rg-there"))
    return replace(source, azure=Azure(existing=there))


def keyless(placement: Placement) -> Placement:
    """The same with callers who show tokens alone, on a tier that counts by key."""
    callers = {c.id for c in placement.topology.of_kind(Kind.CONSUMER)}
    links = tuple(
        replace(link, auth=()) if link.source in callers else link
        for link in placement.topology.links
    )
    topology = replace(placement.topology, links=links)
    return replace(placement, topology=topology, tier=facts.tier("Basic"))


def placements() -> Iterator[Placement]:
    """Every option under every allowed choice, and what others ask beside.

    Those that stand for their options are enough in `make test`.
    """
    for name in ("contoso-orders", "contoso-retail"):
        yield from bundled(name).variants if SEED else bundled(name).placements
    rich = design(RICH, [option("public-services")])
    yield from rich.variants if SEED else rich.variants[::2]
    yield keyless(rich.placements[0])
    yield from design(existing(RICH), [option("public-services")]).placements


@cache
def documents() -> tuple[tuple[PolicyDocument, ...], ...]:
    """The documents of every placement, alike ones once."""
    return tuple(dict.fromkeys(policies(placement) for placement in placements()))


@cache
def written() -> frozenset[str]:
    """Each document, once."""
    return frozenset(document.xml for each in documents() for document in each)


@cache
def elements() -> tuple[ElementTree.Element, ...]:
    """Every element in them."""
    found = (e for xml in sorted(written()) for e in ElementTree.fromstring(xml).iter())
    return tuple(e for e in found if isinstance(e.tag, str))


@cache
def expressions() -> frozenset[str]:
    """Every expression in them."""
    texts = (t for e in elements() for t in (*e.attrib.values(), (e.text or "").strip()))
    return frozenset(t for t in texts if t.startswith("@"))


def reader(of: Iterable[PolicyDocument]) -> Reader:
    """Reads documents as the gateway would, with a value for each named one."""
    texts = " ".join(document.xml for document in of)
    made = Reader(dict.fromkeys(re.findall(r"\{\{([^{}]+)\}\}", texts), "a-value"))
    for document in of:
        if document.scope == "fragment":
            made.add_fragment(document.subject, document.name, document.xml)
    return made


def read(of: tuple[PolicyDocument, ...]) -> list[Document]:
    made = reader(of)
    return [made.document(d.name, d.xml) for d in of if d.scope != "fragment"]


def test_every_document_of_every_placement_is_read() -> None:
    assert len(documents()) >= 15
    for each in documents():
        assert read(each)


def test_every_element_and_attribute_that_is_generated_is_known_and_no_other() -> None:
    known = {**STATEMENTS, **PARTS}
    made: dict[str, set[str]] = {}
    for element in elements():
        made.setdefault(element.tag, set()).update(element.attrib)
    assert {tag: {*known[tag].needs, *known[tag].may} for tag in known} == {
        tag: names for tag, names in made.items() if tag not in STRUCTURE
    }
    assert len(known) == 45


def test_what_the_generator_can_write_is_among_what_was_read() -> None:
    """No element that is named in its code is missing in the placements above."""
    named = {
        call.args[0].value
        for file in GENERATOR.glob("*.py")
        for call in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and getattr(call.func, "id", "") in ("policy", "Statement")
        if call.args and isinstance(call.args[0], ast.Constant)
    }
    assert len(named) > 35
    assert named - {element.tag for element in elements()} == {""}


def test_every_policy_is_carried_out() -> None:
    said_by_others = {"base", "choose", "include-fragment", "set-header"}
    assert set(STEPS) == set(STATEMENTS) - said_by_others


def test_every_expression_that_is_generated_is_known() -> None:
    fixed = {v for v in vars(generated).values() if isinstance(v, str) and v.startswith("@")}
    assert fixed <= expressions()
    assert len(expressions()) == EXPRESSIONS
    assert {expression(text).kind for text in expressions()} == {"string", "bool", "int"}


@pytest.mark.parametrize("table", ["PROPERTIES", "METHODS", "MADE", "CASTS", "INDEXED"])
def test_nothing_more_is_known_of_expressions_than_is_needed(
    table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without any one of them an expression that is generated is refused."""
    whole = getattr(members, table)
    for left_out in whole:
        rest = {key: value for key, value in whole.items() if key != left_out}
        monkeypatch.setattr(members, table, rest)
        assert any(map(is_unknown, expressions())), left_out


def is_unknown(text: str) -> bool:
    try:
        expression(text)
    except Unknown:
        return True
    return False


@pytest.mark.parametrize(
    "code",
    [
        "@(context.User.Id)",
        "@(context.Request.Body.As<string>())",
        '@(context.Request.Headers["X"])',
        '@(System.IO.File.ReadAllText("/etc/passwd"))',
        "@(context.Request.Method.ToUpper())",
        "@(context.Request.Method.Substring(0, 1))",
        "@(context.Request.Method == 5)",
        '@("a" - "b")',
        "@(new Random().Next())",
        "@(new[] { 1, 2 }.Any())",
        "@((int)context.Variables)",
        "@{ return 5; }",
        "@{ while (true) { } }",
        '@{ missing = "a"; return missing; }',
        '@(System.Text.RegularExpressions.Regex.IsMatch("a", "(a+)+$"))',
        '@("a"',
        '@("a" "b")',
        '@("a\\n")',
        "@()",
        "@" + "(" * 60 + '"a"' + ")" * 60,
    ],
)
def test_any_other_expression_is_refused(code: str) -> None:
    with pytest.raises(Unknown):
        expression(code)


def policy(inbound: str) -> str:
    return f"<policies>\n<inbound>\n{inbound}\n</inbound>\n</policies>"


@pytest.mark.parametrize(
    ("xml", "sentence"),
    [
        (
            policy("<base />\n<mock-response />"),
            r"a.xml, line 4: <mock-response> in inbound is not",
        ),
        (policy("<forward-request />"), r"line 3: <forward-request> in inbound"),
        (policy('<set-variable name="a" value="b" scope="x" />'), r"line 3: the attribute scope"),
        (policy('<set-variable name="a" />'), r"line 3: <set-variable> without value"),
        (policy('<set-header name="a"><list /></set-header>'), r"line 3: <list> in <set-header>"),
        (policy('<set-header name="a">b</set-header>'), r"line 3: the text 'b' in <set-header>"),
        (
            policy('<rate-limit calls="many" renewal-period="1" />'),
            r"calls of <rate-limit>: 'many'",
        ),
        (policy('<rate-limit calls="0" renewal-period="1" />'), r"use a whole number above 0"),
        (policy('<rate-limit calls="1" renewal-period="301" />'), r"'301' .* from 1 to 300"),
        (
            policy('<quota calls="1" renewal-period="299" />'),
            r"'299' .* 0, or whole seconds from 300",
        ),
        (
            policy('<set-variable name="a" value="@(context.User.Id)" />'),
            r"line 3: value of <set-variable>: the property context.User is not known",
        ),
        (
            policy('<set-variable name="@(context.RequestId.ToString())" value="b" />'),
            r"name of <set-variable>: an expression that gives string",
        ),
        (
            policy('<choose><when condition="@(context.Request.Method)"><base /></when></choose>'),
            r"an expression that gives string is not known .* use bool",
        ),
        (policy('<set-variable name="a" value="{{b}}" />'), r"the named value 'b' .* one of none"),
        (policy('<include-fragment fragment-id="b" />'), r"the fragment 'b' .* one of none"),
        (policy("<choose><otherwise /></choose>"), r"<choose> without when"),
        (policy('<ip-filter action="allow" />'), r"<ip-filter> without address"),
        (
            policy('<cache-lookup vary-by-developer="true" vary-by-developer-groups="false" />'),
            "'true'",
        ),
        ("<policies><inbound /><inbound /></policies>", r"line 1: <inbound> is not known"),
        ("<policies><other /></policies>", r"<other> is not known"),
        ("<fragment />", r"<fragment> is not known .* use <policies>"),
        ("<policies>", r"XML with no element found"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><policies />', r"line 1: <!DOCTYPE a>"),
    ],
)
def test_what_is_not_known_is_refused_by_name_with_file_and_line(xml: str, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        Reader({}).document("a.xml", xml)


def test_a_fragment_includes_no_other_one() -> None:
    made = Reader({})
    made.add_fragment("a", "a.xml", "<fragment>\n<include-fragment fragment-id='a' /></fragment>")
    with pytest.raises(InputError, match="a.xml, line 2: <include-fragment> in a fragment"):
        made.document("b.xml", policy('<include-fragment fragment-id="a" />'))
    with pytest.raises(InputError, match="use <fragment>"):
        made.add_fragment("c", "c.xml", "<policies />")
