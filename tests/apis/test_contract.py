"""Each rule fires on what it is for and on nothing else; what callers cannot see is no change."""

from __future__ import annotations

import copy
import json
import random
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from apim_aks import facts
from apim_aks.apis.contract import ChangeSeverity, contract_difference
from apim_aks.apis.document import read_contract
from apim_aks.errors import InputError
from tests.support.series import SEED, examples

BUNDLED = facts.DATA / "contracts" / "contoso-orders"
Json = dict[str, Any]


def document(operation: Json, **more: Any) -> Json:
    """A document with one operation, POST /orders/{orderId}."""
    responses = {"responses": {"204": {"description": "done"}}}
    paths = {"/orders/{orderId}": {"post": responses | operation}}
    return {"openapi": "3.0.3", "info": {"title": "t", "version": "1"}, "paths": paths} | more


def query(**parameter: Any) -> Json:
    return document({"parameters": [{"name": "top", "in": "query"} | parameter]})


def body(schema: Json, **more: Any) -> Json:
    content = {"content": {"application/json": {"schema": schema}}}
    return document({"requestBody": content | more})


def reply(schema: Json, **more: Any) -> Json:
    content = {"content": {"application/json": {"schema": schema}}}
    return document({"responses": {"200": content | more}})


def replies(*statuses: str) -> Json:
    return document({"responses": {s: {"description": s} for s in statuses}})


def header(**told: Any) -> Json:
    return document({"responses": {"204": {"headers": {"ETag": {"schema": {}} | told}}}})


def secured(*alternatives: Json) -> Json:
    schemes = {
        "key": {"type": "apiKey", "in": "header", "name": "api-key"},
        "bearer": {"type": "http", "scheme": "bearer"},
    }
    components = {"securitySchemes": schemes}
    return document({"security": list(alternatives)}, components=components)


def thing(required: tuple[str, ...] = (), **properties: Json) -> Json:
    return {"type": "object", "required": list(required), "properties": properties}


TEXT, WHOLE, NUMBER = {"type": "string"}, {"type": "integer"}, {"type": "number"}
CAT, DOG = thing(("meow",), meow=TEXT), thing(("bark",), bark=TEXT)
FISH = thing(("bubbles",), bubbles=WHOLE)
CLOSED = {"additionalProperties": False}
ONE, NONE = document({}), document({}) | {"paths": {}}
NO_ETAG = document({"responses": {"204": {"headers": {}}}})
XML = {"application/json": {"schema": TEXT}, "text/xml": {"schema": TEXT}}
JSON_ONLY = {"application/json": {"schema": TEXT}}
LINK = {"links": {"next": {"operationId": "a"}}}
FORM = {"multipart/form-data": {"schema": TEXT}}
FORM_ENCODED = {"multipart/form-data": {"schema": TEXT, "encoding": {"a": {"explode": True}}}}

# before, after, the rule that fires, the rule that fires the other way round
OPERATIONS = [
    (ONE, NONE, "operation-removed", "operation-added"),
    (document({"operationId": "a"}), document({"operationId": "b"}), "operation-name-changed", ""),
    (document({"operationId": "a"}), document({"operationId": "A"}), "operation-id-changed", ""),
    (ONE, document({"deprecated": True}), "operation-deprecated", "operation-no-longer-deprecated"),
    (ONE, document({}, servers=[{"url": "https://h/v2"}]), "base-path-changed", ""),
    (
        document({}, servers=[{"url": u} for u in ("http://h", "https://h")]),
        document({}, servers=[{"url": "https://h"}]),
        "scheme-removed",
        "scheme-added",
    ),
    (ONE, document({"servers": [{"url": "/files"}]}), "operation-server-changed", ""),
    (ONE, document({"servers": [{"url": "https://files.h"}]}), "operation-server-changed", ""),
    (ONE, document({"callbacks": {"paid": {"{$url}": {}}}}), "callbacks-changed", ""),
    (secured(), secured({"key": []}), "security-added", "security-loosened"),
    (secured({"key": []}), secured({"key": [], "bearer": []}), "security-tightened", "loosened"),
    (secured({"key": []}), secured({"bearer": []}), "security-tightened", ""),
    (secured({"bearer": ["a"]}), secured({"bearer": ["a", "b"]}), "security-tightened", "loosened"),
]
PARAMETERS = [
    (query(), ONE, "parameter-removed", "parameter-added"),
    (query(required=True), ONE, "parameter-removed", "parameter-added-required"),
    (query(), query(required=True), "parameter-became-required", "parameter-became-optional"),
    (query(), query(explode=False), "parameter-style-changed", ""),
    (query(), query(allowReserved=True), "parameter-encoding-changed", ""),
    (query(), query(deprecated=True), "parameter-deprecated", "parameter-no-longer-deprecated"),
]
BODIES = [
    (ONE, body({}), "request-body-added", "request-body-removed"),
    (ONE, body({}, required=True), "request-body-added-required", "request-body-removed"),
    (body({}), body({}, required=True), "request-body-became-required", "became-optional"),
    (
        body({}, content=XML),
        body({}, content=JSON_ONLY),
        "request-media-type-removed",
        "request-media-type-added",
    ),
    (body({}, content=FORM), body({}, content=FORM_ENCODED), "request-encoding-changed", ""),
]
RESPONSES = [
    (replies("200", "204"), replies("204"), "response-removed", "response-added"),
    (replies("204", "404"), replies("204"), "error-response-removed", "error-response-added"),
    (
        reply({}, content=XML),
        reply({}, content=JSON_ONLY),
        "response-media-type-removed",
        "response-media-type-added",
    ),
    (reply({}, content=FORM), reply({}, content=FORM_ENCODED), "response-encoding-changed", ""),
    (header(required=True), NO_ETAG, "response-header-removed", "response-header-added"),
    (header(), NO_ETAG, "optional-response-header-removed", "response-header-added"),
    (
        header(required=True),
        header(),
        "response-header-became-optional",
        "response-header-became-required",
    ),
    (reply({}), reply({}, **LINK), "response-links-changed", ""),
]
# schema before, schema after, and for requests and responses the rule forth and back
SCHEMAS = [
    (TEXT, WHOLE, "type-changed", "type-changed", "type-changed", "type-changed"),
    (WHOLE, NUMBER, "type-widened", "type-changed", "type-changed", "type-narrowed"),
    ({}, TEXT, "type-changed", "type-widened", "type-narrowed", "type-changed"),
    (
        TEXT,
        TEXT | {"format": "uuid"},
        *("format-changed", "format-widened", "format-narrowed", "format-changed"),
    ),
    (
        WHOLE | {"format": "int32"},
        WHOLE | {"format": "int64"},
        *("format-widened", "format-changed", "format-changed", "format-narrowed"),
    ),
    (
        TEXT,
        TEXT | {"nullable": True},
        *("nullable", "not-nullable", "nullable", "not-nullable"),
    ),
    (
        TEXT | {"enum": ["a", "b"]},
        TEXT | {"enum": ["a"]},
        *("enum-narrowed", "enum-widened", "enum-narrowed", "enum-widened"),
    ),
    (
        TEXT,
        TEXT | {"enum": ["a"]},
        *("enum-narrowed", "enum-widened", "enum-narrowed", "enum-widened"),
    ),
    *(
        (
            {"type": kind} | before,
            {"type": kind} | after,
            *("constraint-tightened", "constraint-loosened"),
            *("constraint-tightened", "constraint-loosened"),
        )
        for kind, before, after in (
            ("string", {}, {"minLength": 1}),
            ("string", {"maxLength": 9}, {"maxLength": 8}),
            ("array", {}, {"maxItems": 3}),
            ("array", {"minItems": 1}, {"minItems": 2}),
            ("array", {}, {"uniqueItems": True}),
            ("object", {}, {"minProperties": 1}),
            ("object", {"maxProperties": 4}, {"maxProperties": 3}),
            ("integer", {"minimum": 1}, {"minimum": 2}),
            ("integer", {"minimum": 1}, {"minimum": 1, "exclusiveMinimum": True}),
            ("number", {"maximum": 5}, {"maximum": 4.5}),
            ("integer", {"multipleOf": 5}, {"multipleOf": 10}),
        )
    ),
    (
        TEXT,
        TEXT | {"pattern": "^a"},
        *("constraint-tightened", "constraint-loosened"),
        *("constraint-tightened", "pattern-changed"),
    ),
    (
        TEXT | {"pattern": "^a"},
        TEXT | {"pattern": "^b"},
        *("constraint-tightened", "constraint-tightened", "pattern-changed", "pattern-changed"),
    ),
    (WHOLE, WHOLE | {"default": 1}, "default-changed", "default-changed", "", ""),
    (
        thing(),
        thing(a=TEXT),
        *("property-added", "property-removed", "property-added", "property-removed"),
    ),
    (
        thing(),
        thing(("a",), a=TEXT),
        *("property-added-required", "property-removed", "property-added", "property-removed"),
    ),
    (
        thing() | CLOSED,
        thing(a=TEXT) | CLOSED,
        *("property-added", "property-refused", "property-added-to-closed", "property-removed"),
    ),
    (
        thing(a=TEXT),
        thing(("a",), a=TEXT),
        *("property-became-required", "property-became-optional"),
        *("property-became-required", "property-became-optional"),
    ),
    (
        thing(),
        thing() | CLOSED,
        *("additional-properties-refused", "additional-properties-allowed"),
        *("additional-properties-refused", "additional-properties-allowed"),
    ),
    (
        {"oneOf": [CAT, DOG]},
        {"oneOf": [FISH, DOG, CAT]},
        *("variant-added", "variant-removed", "variant-added", "variant-removed"),
    ),
    (
        {"oneOf": [CAT]},
        {"oneOf": [DOG, CAT]},
        *("variant-added", "variant-removed", "variant-added", "variant-removed"),
    ),
    (
        {"anyOf": [CAT, DOG]},
        {"anyOf": [CAT, thing(("bark",), bark=WHOLE)]},
        *("type-changed", "type-changed", "type-changed", "type-changed"),
    ),
    (
        {"oneOf": [CAT, DOG]},
        {"anyOf": [CAT, DOG]},
        *("variants-changed", "variants-changed", "variants-changed", "variants-changed"),
    ),
    (
        {"oneOf": [CAT, DOG, thing(a=TEXT)]},
        {"oneOf": [CAT, thing(b=TEXT), thing(c=TEXT), thing(d=TEXT)]},
        *("variants-changed", "variants-changed", "variants-changed", "variants-changed"),
    ),
    (
        {"oneOf": [CAT, DOG], "discriminator": {"propertyName": "kind"}},
        {"oneOf": [CAT, DOG], "discriminator": {"propertyName": "type"}},
        *("discriminator-changed",) * 4,
    ),
    (TEXT, TEXT | {"not": {"enum": ["x"]}}, *("keyword-changed",) * 4),
    (
        TEXT,
        TEXT | {"deprecated": True},
        *("schema-deprecated", "schema-no-longer-deprecated"),
        *("schema-deprecated", "schema-no-longer-deprecated"),
    ),
]


def rules(before: Json, after: Json) -> list[str]:
    return [c.rule for c in contract_difference(before, after).changes]


def schema_cases() -> list[tuple[Json, Json, str, str]]:
    """Every pair of schemas in a request and a response, on its own and as a property."""
    cases = []
    for before, after, *expected in SCHEMAS:
        for place, direction, forth, back in (
            (body, "request", *expected[:2]),
            (reply, "response", *expected[2:]),
        ):
            named = [f"{direction}-{rule}" if rule else "" for rule in (forth, back)]
            cases.append((place(before), place(after), *named))
            nested = place(thing(x=before)), place(thing(x=after))
            cases.append((*nested, *named))
    return cases


@pytest.mark.parametrize(
    ("before", "after", "forth", "back"), [*OPERATIONS, *PARAMETERS, *BODIES, *RESPONSES]
)
def test_a_rule_fires_alone_and_its_reverse_too(
    before: Json, after: Json, forth: str, back: str
) -> None:
    assert rules(before, after) == [forth]
    [reverse] = rules(after, before)
    assert reverse.endswith(back or forth)


@pytest.mark.parametrize(("before", "after", "forth", "back"), schema_cases())
def test_a_schema_rule_fires_alone_and_its_reverse_too(
    before: Json, after: Json, forth: str, back: str
) -> None:
    assert rules(before, after) == [r for r in [forth] if r]
    assert rules(after, before) == [r for r in [back] if r]


def test_a_response_that_only_a_range_covers_is_unclear_and_still_compared() -> None:
    before = reply(thing(a=TEXT))
    after = copy.deepcopy(before)
    responses = after["paths"]["/orders/{orderId}"]["post"]["responses"]
    responses["2XX"] = responses.pop("200")
    responses["2XX"]["content"]["application/json"]["schema"] = thing()
    assert sorted(rules(before, after)) == [
        "response-added",
        "response-generalised",
        "response-property-removed",
    ]


def test_a_table_row_for_every_rule_that_can_fire() -> None:
    fired = {f for _, _, *both in (*OPERATIONS, *PARAMETERS, *BODIES, *RESPONSES) for f in both}
    fired |= {f for _, _, *both in schema_cases() for f in both}
    known = {r.id for r in facts.contract_rules()}
    elsewhere = {"response-generalised", "request-not-compared", "response-not-compared"}
    missing = [r for r in known - elsewhere if not any(r.endswith(f) for f in fired if f)]
    assert missing == []


def test_rules_are_ordered_by_direction_and_named_by_it() -> None:
    directions = [r.direction for r in facts.contract_rules()]
    assert directions == sorted(directions, key=["operation", "request", "response"].index)


def test_an_unknown_rule_names_the_choices() -> None:
    with pytest.raises(InputError, match="contract rule 'cake' is unknown; use one of oper"):
        facts.contract_rule("cake")


# Names of operations, and where they are called


LONG = "/contracts/{contractId}/amendments/{amendmentId}/schedules/{scheduleId}/lines/{lineId}/"


def nameless(*ends: str) -> Json:
    item = {"get": {"responses": {"204": {"description": "done"}}}}
    return document({}) | {"paths": {f"{LONG}{end}": item for end in ends}}


def test_a_name_that_is_cut_stays_when_its_neighbour_goes() -> None:
    both, one, renamed = nameless("a", "b"), nameless("b"), nameless("c")
    assert rules(both, one) == ["operation-removed"]
    assert sorted(rules(one, renamed)) == ["operation-added", "operation-removed"]


def test_a_name_that_changes_since_a_neighbour_goes_is_told() -> None:
    both = {f"/{p}": {"get": {"operationId": id}} for p, id in (("a", "get_a"), ("b", "get.a"))}
    before = document({}) | {"paths": both}
    after = document({}) | {"paths": {"/b": both["/b"]}}
    assert rules(before, after) == ["operation-removed", "operation-name-changed"]


def test_names_of_path_parameters_name_an_operation_that_has_no_id() -> None:
    before, after = (document({}) | {"paths": {f"/{{{n}}}": {"get": {}}}} for n in ("a", "b"))
    assert rules(before, after) == ["operation-name-changed"]


def swagger(folder: Path, **told: Any) -> Any:
    paths = {"/items": {"get": {"operationId": "list"}}, "/f/{*path}": {"get": {}}}
    body = {"swagger": "2.0", "info": {"title": "t", "version": "1"}, "paths": paths} | told
    (folder / "swagger.json").write_text(json.dumps(body), encoding="utf-8")
    return read_contract(folder / "swagger.json")


@pytest.mark.parametrize(
    ("before", "after", "rule"),
    [
        ({"basePath": "/v1"}, {"basePath": "/v2"}, "base-path-changed"),
        ({"schemes": ["http", "https"]}, {"schemes": ["https"]}, "scheme-removed"),
        ({"x-ms-paths": {"/items?short": {"get": {}}}}, {}, "operation-removed"),
        ({"host": "a.h"}, {"host": "b.h"}, ""),
    ],
)
def test_version_2_says_where_it_is_called(
    before: Json, after: Json, rule: str, tmp_path: Path
) -> None:
    found = contract_difference(swagger(tmp_path, **before), swagger(tmp_path, **after))
    assert [c.rule for c in found.changes] == [r for r in [rule] if r]
    assert all(c.severity is ChangeSeverity.BREAKING for c in found.changes)
    assert found.compared == 2


# What callers cannot see


def test_the_split_of_a_service_leaves_the_contract_as_it_was() -> None:
    found = contract_difference(bundled("before"), bundled("after-split"))
    assert found.unchanged and found.compared == 4


def test_each_deliberate_break_of_the_bundled_orders_is_named() -> None:
    found = contract_difference(bundled("before"), bundled("after-breaking"))
    assert {(c.operation, c.location, c.rule) for c in found.breaking if "GET" not in c.place} == {
        ("DELETE /orders/{orderId}", "", "operation-removed"),
        (
            "POST /orders",
            "requestBody.application/json.deliverTo",
            "request-property-became-required",
        ),
        ("POST /orders", "requestBody.application/json.paymentMethod", "request-enum-narrowed"),
        ("POST /orders", "responses.201.application/json.total", "response-type-changed"),
    }
    reads = [c.rule for c in found.breaking if c.operation == "GET /orders"]
    assert reads == [
        "parameter-became-required",
        "response-type-changed",
        "response-property-removed",
    ]
    assert {c.rule for c in found.unclear} == {"response-enum-widened"}
    assert {c.rule for c in found.compatible} == {"request-enum-widened", "response-property-added"}
    assert not found.unchanged


def test_a_change_is_one_sentence_with_place_and_both_states() -> None:
    found = contract_difference(query(), query(required=True)).changes[0]
    assert found.severity is ChangeSeverity.BREAKING
    assert found.sentence == (
        "POST /orders/{orderId}, parameters.query.top: a parameter became required; "
        "before optional, now required."
    )
    assert found.because == "callers that leave it out are refused"


def test_names_of_path_parameters_are_no_contract() -> None:
    parameters = [{"name": "orderId", "in": "path", "schema": WHOLE}]
    before = document({"operationId": "add", "parameters": parameters})
    after = json.loads(json.dumps(before).replace("orderId", "id"))
    assert rules(before, after) == []
    after["paths"]["/orders/{id}"]["post"]["parameters"][0]["schema"] = TEXT
    assert rules(before, after) == ["request-type-changed"]


def test_parameters_of_the_path_item_are_those_of_its_operations() -> None:
    before = query(schema=TEXT)
    item = copy.deepcopy(before["paths"]["/orders/{orderId}"])
    item["parameters"] = item["post"].pop("parameters")
    assert rules(before, before | {"paths": {"/orders/{orderId}": item}}) == []


def test_the_host_that_answers_is_no_contract() -> None:
    one, other = (document({}, servers=[{"url": u}]) for u in ("http://getorder", "https://h/"))
    assert rules(one, other) == []


def test_names_of_security_schemes_are_no_contract() -> None:
    before = secured({"key": []})
    assert rules(before, json.loads(json.dumps(before).replace('"key"', '"renamed"'))) == []


def test_an_allof_is_what_its_members_say_together() -> None:
    whole = thing(("a",), a=TEXT | {"minLength": 2}, b=WHOLE)
    parts = {"allOf": [thing(a=TEXT), thing(("a",), a={"minLength": 2}), thing(b=WHOLE)]}
    assert rules(reply(whole), reply(parts)) == rules(body(parts), body(whole)) == []


def test_read_only_properties_are_no_part_of_a_request() -> None:
    after = thing(("id",), id=TEXT | {"readOnly": True})
    assert rules(body(thing()), body(after)) == []
    assert rules(reply(thing()), reply(after)) == ["response-property-added"]


def test_a_recursive_schema_is_told_at_the_places_where_it_is_used() -> None:
    def tree(value: Json) -> Json:
        node = thing(value=value, left=ref("Node"), right=ref("Node"))
        return reply(ref("Node")) | {"components": {"schemas": {"Node": node}}}

    found = contract_difference(tree(TEXT), tree(WHOLE)).changes
    assert [(c.location, c.rule) for c in found] == [
        ("responses.200.application/json.value", "response-type-changed")
    ]


def test_an_allof_that_contains_itself_ends() -> None:
    schemas = {"A": {"allOf": [ref("A"), ref("B")]}, "B": thing(a=ref("A"), b=TEXT)}
    before = body(ref("A")) | {"components": {"schemas": schemas}}
    after = copy.deepcopy(before)
    after["components"]["schemas"]["B"]["properties"]["b"] = WHOLE
    assert rules(before, before) == []
    assert set(rules(before, after)) == {"request-type-changed"}


def test_a_reference_that_leads_nowhere_is_told_where_it_changes() -> None:
    assert rules(body(ref("Gone")), body(ref("Gone"))) == []
    assert rules(body(ref("Gone")), body(ref("Other"))) == ["request-keyword-changed"]


def test_schemas_that_grow_without_end_are_bounded_and_told() -> None:
    def knot(least: int) -> Json:
        schemas: Json = {
            f"A{i}": thing(c=ref(f"A{i * 7 % 40}"), d=ref(f"A{i * 3 % 40}"))
            | {"allOf": [ref(f"A{(i + 1) % 40}")], "minProperties": least}
            for i in range(40)
        }
        root = {"allOf": [ref("A0"), ref("A1"), ref("A2")]}
        return body(root) | {"components": {"schemas": schemas}}

    assert rules(knot(0), copy.deepcopy(knot(0))) == []
    assert "request-constraint-tightened" in rules(knot(0), knot(1))


@pytest.mark.parametrize("value", [{}, {"swagger": "2.0", "paths": {}}, {"openapi": 2}])
def test_what_is_no_openapi_3_document_is_refused_by_side(value: Json) -> None:
    with pytest.raises(InputError, match="^The document after has .*. Use an OpenAPI doc"):
        contract_difference(ONE, value)


# Real documents


def ref(name: str) -> Json:
    return {"$ref": f"#/components/schemas/{name}"}


def bundled(name: str) -> Json:
    found: Json = json.loads((BUNDLED / f"{name}.json").read_text(encoding="utf-8"))
    return found


@cache
def real_documents(corpora: Path) -> tuple[Json, ...]:
    files = sorted(f for f in (corpora / "openapi").rglob("*.*") if f.suffix in (".json", ".yaml"))
    read = [yaml.load(f.read_text("utf-8"), yaml.CSafeLoader) for f in files if is_small(f)]
    found = [d for d in read if isinstance(d, dict) and str(d.get("openapi")).startswith("3.")]
    return (*found, bundled("before"), bundled("after-split"), bundled("after-breaking"))


def is_small(file: Path) -> bool:
    return file.stat().st_size < 300_000


def mutated(document: Json, seed: int) -> Json:
    """The document with a few values replaced, dropped or swapped, at places drawn by the seed."""
    chance = random.Random(seed)
    result = copy.deepcopy(document)
    for _ in range(chance.randint(1, 6)):
        at: Any = result
        while isinstance(at, (dict, list)) and at:
            keys = list(at) if isinstance(at, dict) else list(range(len(at)))
            key = chance.choice(keys)
            if chance.random() < 0.2 and at is not result:
                at[key] = chance.choice((None, 7, "x", [], {}, True, {"$ref": "#/info"}))
                break
            at = at[key]
    return result


def shuffled(value: Any, chance: random.Random) -> Any:
    if isinstance(value, dict):
        keys = chance.sample(list(value), len(value))
        return {k: shuffled(value[k], chance) for k in keys}
    return [shuffled(v, chance) for v in value] if isinstance(value, list) else value


def renamed(document: Json) -> Json:
    """The document with another name for every schema."""
    text = json.dumps(document).replace("#/components/schemas/", "#/components/schemas/New")
    result: Json = json.loads(text)
    components = result.get("components") or {}
    if "schemas" in components:
        components["schemas"] = {f"New{n}": s for n, s in components["schemas"].items()}
    return result


SEEDS = st.integers(0, 2**32)


@examples(25)
@given(seed=SEEDS)
def test_a_document_does_not_differ_from_itself(corpora: Path, seed: int) -> None:
    document = mutated(random.Random(seed).choice(real_documents(corpora)), seed)
    assert contract_difference(document, copy.deepcopy(document)).unchanged
    assert contract_difference(document, shuffled(document, random.Random(seed))).unchanged


@examples(25)
@given(seed=SEEDS)
def test_a_difference_depends_on_nothing_but_what_documents_say(corpora: Path, seed: int) -> None:
    before = random.Random(seed).choice(real_documents(corpora))
    after = mutated(before, seed)
    found = contract_difference(before, after)
    again = shuffled(before, random.Random(seed)), shuffled(after, random.Random(seed + 1))
    assert contract_difference(*again) == found


def test_names_of_components_are_no_contract(corpora: Path) -> None:
    for document in real_documents(corpora):
        if "discriminator" not in json.dumps(document, default=str):
            assert contract_difference(document, renamed(document)).unchanged, document["info"]


@pytest.mark.series
def test_any_two_real_documents_can_be_compared(corpora: Path) -> None:
    """Each with itself and the next; in `make proof` with every other."""
    documents = real_documents(corpora)
    for at, before in enumerate(documents):
        for after in documents if SEED else documents[at : at + 2]:
            found = contract_difference(before, after)
            assert found.unchanged or before is not after


@pytest.mark.series
def test_every_property_of_a_real_document_is_noticed_when_it_goes(corpora: Path) -> None:
    [before] = (d for d in real_documents(corpora) if "hubspot" in json.dumps(d).lower())
    schemas = before["components"]["schemas"]
    for name in sorted(schemas)[:: 9 if SEED else 36]:
        for gone in list(schemas[name].get("properties", ()))[:2]:
            after = copy.deepcopy(before)
            del after["components"]["schemas"][name]["properties"][gone]
            noticed = contract_difference(before, after).changes
            assert any(f".{gone}" in c.location for c in noticed) or unused(before, name)


def unused(document: Json, name: str) -> bool:
    """No operation reaches this schema: a difference of it is none of the contract."""
    seen, waiting = set(), [document["paths"]]
    while waiting:
        value = waiting.pop()
        for child in value.values() if isinstance(value, dict) else value:
            if isinstance(child, (dict, list)):
                waiting.append(child)
            elif str(child).startswith("#/components/schemas/") and child not in seen:
                seen.add(child)
                waiting.append(document["components"]["schemas"][child.rsplit("/", 1)[-1]])
    return f"#/components/schemas/{name}" not in seen
