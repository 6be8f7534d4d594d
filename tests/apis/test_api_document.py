"""Merging the documents of an API: nothing lost, nothing broken, the same bytes every time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openapi_spec_validator import OpenAPIV30SpecValidator

from apim_aks.apis.document import ApiDocument, api_document, operation_ids, operation_name, split
from apim_aks.apis.mapping import Api, ApiOperation, map_services
from apim_aks.errors import InputError
from apim_aks.workload.file import read_workload
from apim_aks.workload.model import Document, Operation
from apim_aks.workload.openapi import METHODS, read_openapi
from tests.support.real_documents import real_document
from tests.support.series import SEED, examples

OK: dict[str, Any] = {"200": {"description": "ok"}}


def read(body: dict[str, Any], file: str = "a.json") -> Document:
    """The document of this body, as the reader would give it."""
    version = str(body.setdefault("openapi", "3.0.3") if "swagger" not in body else "2.0")
    operations = tuple(
        Operation(m.upper(), path, str(item[m].get("operationId", "")))
        for path, item in body["paths"].items()
        for m in METHODS
        if m in item
    )
    return Document(
        file=file,
        title=file,
        version="1",
        specification=version,
        base_path="",
        operations=operations,
        body=body,
    )


def whole(*documents: Document) -> Api:
    """Every operation of every document; the paths of each document behind its Service's name."""
    alone = len(documents) == 1
    operations = tuple(
        ApiOperation(
            method=o.method,
            template=o.path if alone else f"/{d.file.split('.')[0]}{o.path}",
            service=f"shop/{d.file.split('.')[0]}",
            port=80,
            backend_path=o.path,
            operation_id=o.operation_id,
            summary=o.summary,
            document=d.file,
            path=o.path,
        )
        for d in documents
        for o in d.operations
    )
    return Api(id="shop", title="Shop", path="shop", operations=operations, reason="")


def merge(*bodies: dict[str, Any]) -> ApiDocument:
    documents = [read(b, f"{name}.json") for name, b in zip("abcdef", bodies, strict=False)]
    return api_document(whole(*documents), {d.file: d for d in documents})


def errors(document: ApiDocument) -> list[str]:
    return [str(e.message) for e in OpenAPIV30SpecValidator(document.body).iter_errors()]


def answer(schema: Any) -> dict[str, Any]:
    content = {"application/json": {"schema": schema}}
    return {"responses": {"200": {"description": "ok", "content": content}}}


def ref(name: str, section: str = "components/schemas") -> dict[str, str]:
    return {"$ref": f"#/{section}/{name}"}


def described(schema: Any, **schemas: Any) -> dict[str, Any]:
    return {
        "info": {"title": "A", "version": "1"},
        "paths": {"/x": {"get": answer(schema)}},
        "components": {"schemas": schemas},
    }


def answered(document: ApiDocument, path: str = "/x") -> Any:
    response = document.body["paths"][path]["get"]["responses"]["200"]
    return response["content"]["application/json"]["schema"]


def schemas(document: ApiDocument) -> Any:
    return document.body["components"]["schemas"]


def converted(schema: Any, version: str = "3.1.0") -> Any:
    return answered(merge(described(schema) | {"openapi": version}))


# Names and references


def test_equal_components_become_one() -> None:
    item = {"type": "object", "properties": {"part": ref("Part")}}
    part = {"type": "string"}
    merged = merge(
        described(ref("Item"), Item=item, Part=part),
        described(ref("Item"), Part=dict(part), Item=dict(reversed(item.items()))),
    )
    assert sorted(schemas(merged)) == ["Item", "Part"]
    assert merged.renamed == ()


def test_components_with_equal_text_but_different_parts_stay_apart() -> None:
    item = {"type": "object", "properties": {"part": ref("Part")}}
    merged = merge(
        described(ref("Item"), Item=item, Part={"type": "string"}),
        described(ref("Item"), Item=item, Part={"type": "integer"}),
    )
    assert sorted(schemas(merged)) == ["Item", "Item-b", "Part", "Part-b"]
    assert answered(merged, "/b/x") == ref("Item-b")
    assert schemas(merged)["Item-b"]["properties"]["part"] == ref("Part-b")
    old = "#/components/schemas/Item"
    assert merged.renamed[0] == ("b.json", old, "#/components/schemas/Item-b")


def test_new_name_is_not_one_that_is_in_use() -> None:
    merged = merge(
        described({"allOf": [ref("I"), ref("I-b")]}, I={"type": "string"}, **{"I-b": {}}),
        described(ref("I"), I={"type": "integer"}),
    )
    assert sorted(schemas(merged)) == ["I", "I-b", "I-b-2"]


def test_only_reachable_components_are_kept() -> None:
    merged = merge(described(ref("A"), A={"items": ref("B"), "type": "array"}, B={}, C={}))
    assert sorted(schemas(merged)) == ["A", "B"]


def test_a_property_called_ref_is_a_name_and_an_example_is_data() -> None:
    schema = {
        "type": "object",
        "properties": {"$ref": {"type": "string"}, "x-y": ref("A"), "example": ref("A")},
        "example": {"$ref": "#/nowhere"},
        "default": {"$ref": "#/nowhere"},
    }
    merged = merge(described(schema, A={}))
    assert answered(merged) == schema
    assert not [f for f in merged.findings if f.row == "dangling-reference"]


def test_escapes_in_references_are_understood() -> None:
    names = {"a/b": {"type": "string"}, "c~d": {"type": "number"}, "e{f}": {"type": "integer"}}
    parts = [ref("a~1b"), ref("c~0d"), ref("e%7Bf%7D")]
    merged = merge(described({"allOf": parts}, **names))
    assert schemas(merged) == {"a-b": names["a/b"], "c-d": names["c~d"], "e-f": names["e{f}"]}
    assert answered(merged)["allOf"] == [ref("a-b"), ref("c-d"), ref("e-f")]


def test_a_reference_into_a_path_becomes_a_component() -> None:
    inside = {"$ref": "#/paths/~1x/get/responses/200/content/application~1json/schema"}
    body = described({"type": "object", "properties": {"again": inside}})
    merged = merge(body)
    (name,) = schemas(merged)
    assert schemas(merged)[name]["properties"]["again"] == ref(name)
    assert errors(merged) == []


def test_references_to_nothing_are_replaced_and_said() -> None:
    circle = {"A": ref("B"), "B": ref("A")}
    merged = merge(described({"allOf": [ref("Gone"), ref("A")]}, **circle))
    assert answered(merged) == {"allOf": [{}, {}]}
    assert [f.what for f in merged.findings if f.row == "dangling-reference"] == [
        "the reference #/components/schemas/Gone",
        "the reference #/components/schemas/A",
    ]


def test_discriminators_follow_their_schemas() -> None:
    def animals(kind: str) -> dict[str, Any]:
        by = {"propertyName": "kind", "mapping": {"c": "Cat", "d": "#/components/schemas/Dog"}}
        cats = {"Cat": {"type": kind}, "Dog": {"type": kind}}
        return described({"oneOf": [ref("Cat"), ref("Dog")], "discriminator": by}, **cats)

    merged = merge(animals("string"), animals("object"))
    mapping = answered(merged, "/b/x")["discriminator"]["mapping"]
    assert mapping == {"c": "#/components/schemas/Cat-b", "d": "#/components/schemas/Dog-b"}


def test_heirs_of_a_discriminated_schema_are_kept_and_named_where_they_are_renamed() -> None:
    def animals(kind: str) -> dict[str, Any]:
        pet = {"type": "object", "discriminator": {"propertyName": "kind"}}
        return described(ref("Pet"), Pet=pet, Cat={"allOf": [ref("Pet"), {"type": kind}]})

    merged = merge(animals("object"), animals("array"))
    assert sorted(schemas(merged)) == ["Cat", "Cat-b", "Pet", "Pet-b"]
    mapping = {"Cat": "#/components/schemas/Cat-b"}
    assert schemas(merged)["Pet-b"]["discriminator"]["mapping"] == mapping
    assert "mapping" not in schemas(merged)["Pet"]["discriminator"]


def test_security_schemes_are_renamed_in_the_requirements() -> None:
    def secured(name: str) -> dict[str, Any]:
        scheme = {"type": "apiKey", "in": "header", "name": name}
        components = {"securitySchemes": {"key": scheme}}
        return described({}) | {"security": [{"key": []}], "components": components}

    merged = merge(secured("X-A"), secured("X-B"))
    assert merged.body["paths"]["/b/x"]["get"]["security"] == [{"key-b": []}]
    assert merged.body["components"]["securitySchemes"]["key-b"]["name"] == "X-B"


# Operations


def test_parameters_of_a_path_are_folded_into_its_operations() -> None:
    body = described({})
    body["paths"] = {
        "/x/{id}": {
            "servers": [{"url": "https://a.example"}],
            "parameters": [
                {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}},
                {"name": "q", "in": "query", "schema": {"type": "string"}},
            ],
            "get": {
                "parameters": [{"name": "q", "in": "query", "schema": {"type": "integer"}}],
                "x-internal": "http://10.0.0.1",
                "responses": OK,
            },
        }
    }
    merged = merge(body)
    (item,) = merged.body["paths"].values()
    assert list(item) == ["get"]
    assert [(p["name"], p["schema"]["type"]) for p in item["get"]["parameters"]] == [
        ("id", "string"),
        ("q", "integer"),
    ]
    assert "10.0.0.1" not in merged.text


def test_path_parameters_take_the_names_of_the_template() -> None:
    body = described({})
    parameter = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
    operation = {"parameters": [{"$ref": "#/components/parameters/Id"}], "responses": OK}
    body["paths"] = {"/{tenant}/orders/{id}": {"get": operation}}
    body["components"] = {"parameters": {"Id": parameter}}
    document = read(body)
    path = "/{tenant}/orders/{id}"
    published = ApiOperation(
        method="GET",
        template="/orders/{orderId}",
        service="s/a",
        port=80,
        backend_path=path,
        operation_id="",
        summary="",
        document=document.file,
        path=path,
    )
    merged = api_document(
        Api(id="a", title="A", path="a", operations=(published,), reason=""),
        {document.file: document},
    )
    (found,) = merged.body["paths"]["/orders/{orderId}"]["get"]["parameters"]
    assert found == {**parameter, "name": "orderId"}
    assert errors(merged) == []


def test_operation_ids_are_unique_after_normalisation() -> None:
    listed = [
        ApiOperation(
            method="GET",
            template="/a",
            service="s/a",
            port=80,
            backend_path="/a",
            operation_id="Get_Item",
        ),
        ApiOperation(
            method="GET",
            template="/b",
            service="s/b",
            port=80,
            backend_path="/b",
            operation_id="get-item",
        ),
        ApiOperation(method="GET", template="/c/{id}", service="s/b", port=80, backend_path="/c"),
        ApiOperation(
            method="GET",
            template="/d",
            service="s/b",
            port=80,
            backend_path="/d",
            operation_id="x" * 90,
        ),
        ApiOperation(
            method="GET",
            template="/e",
            service="s/b",
            port=80,
            backend_path="/e",
            operation_id="x" * 91,
        ),
        ApiOperation(method="*", template="/*", service="s/b", port=80, backend_path="/*"),
    ]
    ids = operation_ids(listed)
    assert ids["GET", "/a"] == "get-item-d134387b"
    assert ids["GET", "/b"] == "get-item-cd673a9f"
    assert ids["GET", "/c/{id}"] == "get-c-id"
    assert ids["GET", "/e"] == "x" * 67 + "-af3a620a"
    fewer = operation_ids(o for o in listed if o.template != "/d")
    assert fewer == {k: v for k, v in ids.items() if k != ("GET", "/d")}
    normalised = [operation_name(i) for i in ids.values()]
    assert len(set(normalised)) == len(listed)
    assert max(map(len, normalised)) <= 76


def test_wildcards_are_listed_beside_the_document() -> None:
    wildcard = ApiOperation(method="*", template="/*", service="s/a", port=80, backend_path="/*")
    merged = api_document(Api(id="a", title="A", path="a", operations=(wildcard,), reason=""), {})
    assert merged.wildcards == (wildcard,)
    assert merged.body["paths"] == {}
    assert errors(merged) == []


def test_operation_without_document_is_kept() -> None:
    published = ApiOperation(
        method="GET", template="/x/{id}", service="s/a", port=80, backend_path="/x/{id}"
    )
    merged = api_document(Api(id="a", title="A", path="a", operations=(published,), reason=""), {})
    assert merged.body["paths"]["/x/{id}"]["get"]["operationId"] == "get-x-id"
    assert errors(merged) == []


def test_unread_document_and_repeated_operation_are_named() -> None:
    published = ApiOperation(
        method="GET",
        template="/x",
        service="s/a",
        port=80,
        backend_path="/x",
        document="gone.json",
        path="/x",
    )
    with pytest.raises(InputError, match=r"operations of gone\.json, which is not read"):
        api_document(Api(id="a", title="A", path="a", operations=(published,), reason=""), {})
    document = read(described({}))
    api = whole(document)
    twice = Api(id="a", title="A", path="a", operations=api.operations * 2, reason="")
    with pytest.raises(InputError, match=r"GET /x of shop/a and of shop/a"):
        api_document(twice, {document.file: document})


def test_links_name_operations_of_the_merged_document() -> None:
    body = described({})
    links = {"self": {"operationId": "one"}, "other": {"operationId": "gone"}}
    body["paths"] = {
        "/x": {"get": {"operationId": "one", "responses": {"200": OK["200"] | {"links": links}}}},
    }
    merged = merge(body, body)
    found = merged.body["paths"]["/b/x"]["get"]
    assert found["responses"]["200"]["links"] == {"self": {"operationId": found["operationId"]}}


# Swagger 2.0


def test_swagger_bodies_forms_and_lists_are_converted() -> None:
    body: dict[str, Any] = {
        "swagger": "2.0",
        "info": {"title": "A", "version": "1"},
        "consumes": ["application/json"],
        "produces": ["application/json", "text/csv"],
        "basePath": "/v1",
        "securityDefinitions": {
            "login": {
                "type": "oauth2",
                "flow": "accessCode",
                "authorizationUrl": "https://a.example/authorize",
                "tokenUrl": "https://a.example/token",
                "scopes": {"read": "Read"},
            },
            "basic": {"type": "basic"},
        },
        "security": [{"login": ["read"]}, {"basic": []}],
        "parameters": {"Body": {"name": "b", "in": "body", "schema": ref("P", "definitions")}},
        "responses": {"Gone": {"description": "gone", "schema": {"type": "string"}}},
        "definitions": {
            "P": {"type": "object", "discriminator": "kind", "x-nullable": True, "required": True},
            "Q": {"allOf": [ref("P", "definitions")]},
        },
        "paths": {
            "/x": {
                "post": {
                    "consumes": ["text/xml"],
                    "produces": ["text/plain"],
                    "parameters": [
                        ref("Body", "parameters"),
                        {
                            "name": "ids",
                            "in": "query",
                            "type": "array",
                            "items": {"type": "integer", "collectionFormat": "csv"},
                            "collectionFormat": "pipes",
                        },
                    ],
                    "responses": {"410": ref("Gone", "responses")},
                },
                "put": {
                    "consumes": ["multipart/form-data"],
                    "parameters": [
                        {"name": "f", "in": "formData", "type": "file", "required": True},
                        {"name": "t", "in": "formData", "type": "array", "items": {}},
                    ],
                    "responses": {"410": ref("Gone", "responses")},
                },
            }
        },
    }
    merged = merge(body)
    post, put = (merged.body["paths"]["/x"][m] for m in ("post", "put"))
    assert post["requestBody"] == {"content": {"text/xml": {"schema": ref("P")}}}
    assert post["parameters"] == [
        {
            "name": "ids",
            "in": "query",
            "schema": {"type": "array", "items": {"type": "integer"}},
            "style": "pipeDelimited",
            "explode": False,
        }
    ]
    assert list(post["responses"]["410"]["content"]) == ["text/plain"]
    assert put["responses"]["410"] == ref("Gone", "components/responses")
    form = put["requestBody"]["content"]["multipart/form-data"]
    assert form["schema"]["properties"]["f"] == {"type": "string", "format": "binary"}
    assert form["schema"]["required"] == ["f"]
    assert form["encoding"] == {"t": {"style": "form", "explode": False}}
    components = merged.body["components"]
    assert components["schemas"]["P"] == {
        "type": "object",
        "discriminator": {"propertyName": "kind"},
        "nullable": True,
    }
    assert "Q" in components["schemas"]
    flows = components["securitySchemes"]["login"]["flows"]
    assert flows["authorizationCode"]["scopes"] == {"read": "Read"}
    assert components["securitySchemes"]["basic"] == {"type": "http", "scheme": "basic"}
    gone = components["responses"]["Gone"]["content"]
    assert list(gone) == ["application/json", "text/csv"]
    assert errors(merged) == []


# OpenAPI 3.1


@pytest.mark.parametrize(
    ("new", "old"),
    [
        ({"type": ["string", "null"]}, {"type": "string", "nullable": True}),
        ({"type": "null"}, {"nullable": True, "enum": [None]}),
        (
            {"type": ["integer", "string"], "pattern": "^1"},
            {"pattern": "^1", "anyOf": [{"type": "integer"}, {"type": "string"}]},
        ),
        ({"const": 1}, {"enum": [1]}),
        ({"type": "string", "examples": ["a", "b"]}, {"type": "string", "example": "a"}),
        ({"exclusiveMinimum": 3}, {"minimum": 3, "exclusiveMinimum": True}),
        (
            {"exclusiveMaximum": 3, "maximum": 2},
            {"maximum": 2, "exclusiveMaximum": False},
        ),
        (
            {"oneOf": [{"type": "null"}, {"type": "string"}]},
            {"oneOf": [{"type": "string"}], "nullable": True},
        ),
        (
            {"type": "string", "contentEncoding": "base64", "contentMediaType": "image/png"},
            {"type": "string", "format": "byte"},
        ),
        (
            {"type": "array", "prefixItems": [{"type": "string"}], "items": False},
            {"type": "array", "items": {"anyOf": [{"type": "string"}]}, "maxItems": 1},
        ),
        (
            {"patternProperties": {"^a": {"type": "string"}}, "additionalProperties": False},
            {"additionalProperties": {"type": "string"}},
        ),
        ({"if": {}, "then": {}, "else": {}, "type": "object"}, {"type": "object"}),
        (
            {"type": "object", "properties": {"a": True}},
            {"type": "object", "properties": {"a": {}}},
        ),
        ({"not": False}, {"not": {"not": {}}}),
        ({"type": "array"}, {"type": "array", "items": {}}),
    ],
)
def test_schema_of_3_1_has_an_equal_in_3_0(new: Any, old: Any) -> None:
    assert converted(new) == old


def test_keywords_beside_a_reference_survive() -> None:
    merged = merge(described(ref("A") | {"description": "b"}, A={}) | {"openapi": "3.1.0"})
    assert answered(merged) == {"allOf": [ref("A")], "description": "b"}


def test_what_3_0_does_not_have_is_said() -> None:
    merged = merge(described({"if": {}, "type": "object"}) | {"openapi": "3.1.0", "webhooks": {}})
    (finding,) = (f for f in merged.findings if f.row == "v31-keywords")
    assert str(finding) == "a.json GET /x: the keyword if is dropped."


# Properties

NAMES = ("A", "B", "C~/d", "E{f}")
LEAVES = st.sampled_from([{"type": "string"}, {"type": "integer"}, {"enum": ["$ref"]}])


def _pointer(name: str) -> str:
    return name.replace("~", "~0").replace("/", "~1").replace("{", "%7B").replace("}", "%7D")


REFERENCES = st.sampled_from(NAMES).map(lambda n: ref(_pointer(n)))
SCHEMAS = st.recursive(
    LEAVES | REFERENCES,
    lambda inner: st.one_of(
        st.fixed_dictionaries({"type": st.just("array"), "items": inner}),
        st.fixed_dictionaries(
            {
                "type": st.just("object"),
                "properties": st.dictionaries(st.sampled_from(["$ref", "p", "x-q"]), inner),
            }
        ),
        st.fixed_dictionaries({"allOf": st.lists(inner, min_size=1, max_size=2)}),
    ),
    max_leaves=4,
)


@st.composite
def bodies(draw: st.DrawFn) -> dict[str, Any]:
    named = {n: draw(SCHEMAS) for n in NAMES}
    body = described({}, **named)
    paths = draw(st.lists(st.sampled_from(["/x", "/y", "/y/z"]), min_size=1, unique=True))
    body["paths"] = {
        p: {
            m: answer(draw(SCHEMAS))
            for m in draw(st.sets(st.sampled_from(["get", "post"]), min_size=1))
        }
        for p in paths
    }
    return body


def unfolded(value: Any, body: Any, depth: int = 5) -> Any:
    """The schema with its references written out, as deep as asked."""
    seen: set[str] = set()
    while isinstance(value, dict) and isinstance(value.get("$ref"), str):
        if value["$ref"] in seen:
            value = {}
            break
        seen.add(value["$ref"])
        target = body
        for part in value["$ref"][2:].split("/"):
            target = target[
                part.replace("%7B", "{").replace("%7D", "}").replace("~1", "/").replace("~0", "~")
            ]
        value = target
    if depth == 0:
        return "…"
    result = dict(value)
    if "items" in value:
        result["items"] = unfolded(value["items"], body, depth - 1)
    if "allOf" in value:
        result["allOf"] = [unfolded(v, body, depth - 1) for v in value["allOf"]]
    if "properties" in value:
        result["properties"] = {
            n: unfolded(v, body, depth - 1) for n, v in value["properties"].items()
        }
    return result


def schema_of(operation: Any) -> Any:
    return operation["responses"]["200"]["content"]["application/json"]["schema"]


def each(body: Any) -> Iterator[tuple[str, str, Any]]:
    for path, item in body["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


@examples(25)
@given(st.lists(bodies(), min_size=1, max_size=3))
def test_merging_loses_nothing_and_breaks_no_reference(given_bodies: list[dict[str, Any]]) -> None:
    merged = merge(*given_bodies)
    alone = len(given_bodies) == 1
    expected = {
        ((path if alone else f"/{name}{path}"), method): unfolded(schema_of(operation), body)
        for name, body in zip("abc", given_bodies, strict=False)
        for path, method, operation in each(body)
    }
    found = {(p, m): unfolded(schema_of(o), merged.body) for p, m, o in each(merged.body)}
    assert found == expected
    # The validator does not end on a schema that is part of itself by allOf.
    assert "allOf" in merged.text or errors(merged) == []


@examples(25)
@given(st.lists(bodies(), min_size=2, max_size=3), st.randoms())
def test_the_order_of_documents_plays_no_part(given_bodies: list[Any], random: Any) -> None:
    documents = [read(b, f"{n}.json") for n, b in zip("abc", given_bodies, strict=False)]
    shuffled = random.sample(documents, len(documents))
    first = api_document(whole(*documents), {d.file: d for d in documents})
    second = api_document(whole(*shuffled), {d.file: d for d in shuffled})
    assert first.text == second.text
    assert first.renamed == second.renamed


@examples(25)
@given(st.lists(bodies(), min_size=1, max_size=3), st.integers(600, 2000))
def test_parts_hold_every_operation_and_resolve(given_bodies: list[Any], limit: int) -> None:
    merged = merge(*given_bodies)
    parts = split(merged, limit)
    found = {
        (p, m): unfolded(schema_of(o), part.body) for part in parts for p, m, o in each(part.body)
    }
    assert found == {(p, m): unfolded(schema_of(o), merged.body) for p, m, o in each(merged.body)}
    assert sum(len(list(each(part.body))) for part in parts) == len(list(each(merged.body)))
    for part in parts:
        too_big = [f for f in part.findings if f.row == "template-size"]
        assert part.template_size <= limit or (too_big and len(list(each(part.body))) == 1)


# Real documents

# A default that is no URI, as its own schema demands, stands in the document itself.
WRONG = {"github-ghes-3.6-openapi-3.0.3.json": {"'' is not a 'uri'"}}


def real(corpora: Path) -> list[Path]:
    folders = [corpora / "openapi" / f for f in ("messy", "large", "swagger2")]
    systems = ("bookinfo", "retail-store", "eshop")
    folders += [corpora / "microservices" / s / "openapi" for s in systems]
    endings = (".json", ".yaml", ".yml")
    return [p for f in folders for p in sorted(f.iterdir()) if p.suffix in endings]


@pytest.mark.series
def test_every_real_document_merges_into_a_valid_one(corpora: Path) -> None:
    assert len(real(corpora)) == 17
    for path in real(corpora)[:: 1 if SEED else 3]:
        document, _ = real_document(path)
        assert document is not None, path.name
        merged = api_document(whole(document), {document.file: document})
        assert len(list(each(merged.body))) == len(document.operations), path.name
        if SEED or path.parent.name != "large":  # which takes most of a minute
            assert set(errors(merged)) == WRONG.get(path.name, set()), path.name


def test_documents_that_must_pass_or_fail_elsewhere_never_raise(corpora: Path) -> None:
    files = [p for p in sorted((corpora / "openapi/valid-invalid-3.0").rglob("*.*")) if p.is_file()]
    merged = 0
    for path in files:
        document, findings = real_document(path)
        if document is None:
            assert findings[0].refused
            continue
        made = api_document(whole(document), {document.file: document})
        merged += 1
        if path.parent.name == "pass":
            assert errors(made) == [], path.name
    assert merged >= 20


def test_two_versions_of_eshop_merge_with_their_schemas_apart(corpora: Path) -> None:
    folder = corpora / "microservices" / "eshop" / "openapi"
    documents = [
        document
        for path in sorted(folder.iterdir())
        if (document := read_openapi(path, path.name.replace(".API", ""))[0])
    ]
    merged = api_document(whole(*documents), {d.file: d for d in documents})
    assert len(list(each(merged.body))) == 23
    assert errors(merged) == []


def test_the_two_largest_documents_split_into_valid_parts(corpora: Path) -> None:
    paths = sorted((corpora / "openapi" / "large").iterdir())
    documents = [d for p in paths if (d := real_document(p)[0])]
    merged = api_document(whole(*documents), {d.file: d for d in documents})
    assert len(list(each(merged.body))) == 809 + 738
    parts = split(merged)
    assert len(parts) > 5
    assert all(p.template_size <= 900_000 for p in parts)
    assert sum(len(list(each(p.body))) for p in parts) == 809 + 738
    assert len(operation_ids(whole(*documents).operations)) == 809 + 738
    assert json.loads(parts[0].text) == parts[0].body


@pytest.mark.parametrize("name", ["contoso-retail", "contoso-orders"])
def test_bundled_workloads_give_valid_documents(name: str) -> None:
    workload = read_workload(name)
    documents = {s.document.file: s.document for s in workload.services if s.document}
    for api in map_services(workload).apis:
        merged = api_document(api, documents)
        assert errors(merged) == [], api.id
        expected = {(o.template, o.method.lower()) for o in api.operations if not o.wildcard}
        assert {(p, m) for p, m, _ in each(merged.body)} == expected, api.id
