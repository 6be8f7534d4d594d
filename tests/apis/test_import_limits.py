"""What API Management's import loses: each rule of the rows is seen where it applies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from apim_aks import facts
from apim_aks.apis.document import ImportFinding, api_document, import_findings
from apim_aks.apis.mapping import Api, ApiOperation
from apim_aks.workload.model import Document
from tests.support.real_documents import real_document

TEXT = {"type": "string"}


def found(body: dict[str, Any], file: str = "a.json") -> tuple[ImportFinding, ...]:
    body = {"openapi": "3.0.3", "info": {}, "paths": {}} | body
    version = str(body["openapi"])
    return import_findings(
        Document(
            file=file,
            title="A",
            version="1",
            specification=version,
            base_path="",
            operations=(),
            body=body,
        )
    )


def rows(body: dict[str, Any], file: str = "a.json") -> set[str]:
    return {f.row for f in found(body, file)}


def operation(path: str = "/x", method: str = "get", **fields: Any) -> dict[str, Any]:
    return {"paths": {path: {method: {"operationId": "x", **fields}}}}


def parameter(name: str, where: str, **fields: Any) -> dict[str, Any]:
    return {"name": name, "in": where, "schema": TEXT, **fields}


def media(**fields: Any) -> dict[str, Any]:
    return {"200": {"description": "", "content": {"application/json": fields}}}


def schemas(**named: Any) -> dict[str, Any]:
    return {"components": {"schemas": named}}


SELF = {"properties": {"next": {"$ref": "#/components/schemas/A"}}}

CASES: list[tuple[str, dict[str, Any]]] = [
    ("version", {"openapi": "3.0.4"}),
    ("version-31", {"openapi": "3.1.0"}),
    ("inline-size", {"info": {"description": "x" * 4_000_001}}),
    ("external-reference", schemas(A={"$ref": "other.json#/A"})),
    ("recursion", schemas(A=SELF)),
    (
        "parameter-names",
        operation(
            "/{id}", parameters=[parameter("id", "path"), parameter("ID", "query", required=True)]
        ),
    ),
    ("path-parameter", operation(parameters=[parameter("id", "path")])),
    ("same-path", {"paths": {"/{a}": {}, "/{b}": {}}}),
    ("same-but-case", {"paths": {"/Orders": {}, "/orders": {}}}),
    ("same-but-slash", {"paths": {"/orders": {}, "/orders/": {}}}),
    ("query-in-path", {"paths": {"/orders?a=b": {}}}),
    ("braces", {"paths": {"/{{id}}": {}}}),
    ("parameter-in-part", {"paths": {"/v{version}/orders": {}}}),
    ("required-query", operation(parameters=[parameter("q", "query", required=True)])),
    (
        "array-style",
        operation(parameters=[parameter("q", "query", explode=False, schema={"type": "array"})]),
    ),
    ("style", operation("/{id}", parameters=[parameter("id", "path", style="simple")])),
    ("parameter-fields", operation(parameters=[parameter("q", "query", allowEmptyValue=True)])),
    ("cookie", operation(parameters=[parameter("session", "cookie")])),
    ("form-parameters", operation(parameters=[{"name": "f", "in": "formData"}])),
    ("body-on-get", operation(requestBody={"content": {}})),
    ("trace", operation(method="trace")),
    ("servers", operation(servers=[{"url": "/"}])),
    ("several-servers", {"servers": [{"url": "/a"}, {"url": "/b"}]}),
    ("callbacks", operation(callbacks={"done": {}})),
    ("links", operation(responses={"200": {"description": "", "links": {"a": {}}}})),
    ("webhooks", {"webhooks": {"a": {}}}),
    ("components", {"components": {"responses": {"A": {"description": ""}}}}),
    ("inline-schema", operation(responses=media(schema={"properties": {}}))),
    ("examples", operation(responses=media(examples={"a": {}}))),
    ("security", operation(security=[{"key": []}])),
    ("extensions", operation(**{"x-internal": True})),
    ("external-docs", {"externalDocs": {"url": "https://a.example"}}),
    ("info-summary", {"info": {"summary": "A"}}),
    ("summary", operation(summary="x" * 301)),
    ("x-ms-paths", {"x-ms-paths": {"/x?a=b": {}}}),
    ("wildcard", operation("/files/{*path}")),
    ("operation-id-missing", operation(operationId="")),
    ("operation-id-normalised", operation(operationId="GetItem")),
    ("operation-id-length", operation(operationId="x" * 77)),
    (
        "operation-id-repeated",
        {"paths": {p: {"get": {"operationId": i}} for p, i in (("/a", "A_b"), ("/b", "a-b"))}},
    ),
]
MADE_WHILE_MERGING = {
    "api-url",
    "template-size",
    "dangling-reference",
    "not-openapi",
    "not-a-schema",
    "security-scheme",
    "v31-keywords",
    "v31-tuples",
    "v31-patterns",
    "v31-examples",
    "v2-collection-format",
    "v2-several-bodies",
}


@pytest.mark.parametrize("name", ["path", "*path"])
def test_the_parameter_of_a_wildcard_is_declared_with_or_without_the_star(name: str) -> None:
    assert rows(operation("/files/{*path}", parameters=[parameter(name, "path")])) == {"wildcard"}


@pytest.mark.parametrize(("row", "body"), CASES, ids=[c[0] for c in CASES])
def test_rule_is_seen(row: str, body: dict[str, Any]) -> None:
    assert row in rows(body)


def test_every_row_has_a_case() -> None:
    cases = {row for row, _ in CASES} | MADE_WHILE_MERGING | {"swagger-yaml"}
    assert {r.id for r in facts.import_limits()} == cases


def test_swagger_in_yaml_is_refused_and_in_json_is_not() -> None:
    swagger = {"swagger": "2.0", "openapi": "2.0"}
    assert "swagger-yaml" in rows(swagger, "a.yaml")
    assert "swagger-yaml" not in rows(swagger, "a.json")


def test_plain_document_loses_nothing() -> None:
    answer = media(schema={"$ref": "#/components/schemas/A"})
    assert found(operation(responses=answer) | schemas(A=TEXT)) == ()


def test_default_style_of_a_list_is_no_finding() -> None:
    plain = parameter("q", "query", style="form", explode=True, schema={"type": "array"})
    assert rows(operation(parameters=[plain])) == set()


def test_names_and_examples_are_no_extensions() -> None:
    schema = {"properties": {"x-id": TEXT}, "example": {"x-id": "1", "$ref": "other.json"}}
    assert rows(schemas(A=schema)) == set()


def test_finding_names_place_effect_and_number() -> None:
    body = operation(**{"x-a": 1}) | {"x-a": 1}
    (finding,) = found(body)
    assert (finding.place, finding.effect, finding.places) == ("whole document", "dropped", 2)
    assert str(finding) == "a.json whole document and 1 more: the extension x-a is dropped."


def test_circles_of_schemas_are_grouped() -> None:
    def part(*names: str) -> dict[str, Any]:
        return {"allOf": [{"$ref": f"#/components/schemas/{n}"} for n in names]}

    body = schemas(A=part("B"), B=part("C"), C=part("A", "D"), D=TEXT, E=part("E"), F=part("E"))
    assert [f.what for f in found(body)] == [
        "schemas in a circle: A, B, C",
        "the schema that contains itself: E",
    ]


def test_long_url_of_an_api_is_refused() -> None:
    published = ApiOperation(
        method="GET", template="/x", service="s/a", port=80, backend_path="/x", operation_id="x"
    )
    made = api_document(
        Api(id="a", title="A", path="p" * 128, operations=(published,), reason=""), {}
    )
    assert [f.row for f in made.findings] == ["api-url"]


def test_limits_are_those_of_the_facts() -> None:
    numbers = {r.id: r.number for r in facts.template_limits()}
    assert numbers["operation-id"] == 76
    assert numbers["api-url"] == 128
    assert numbers["inline-document"] == 4_000_000
    assert numbers["template-document"] == 900_000
    assert numbers["template-document"] < numbers["resource"] < numbers["template"]


def test_unknown_rows_are_named() -> None:
    with pytest.raises(facts.rows.InputError, match="import limit 'nothing' is unknown"):
        facts.import_limit("nothing")


@pytest.mark.parametrize(
    ("path", "wanted"),
    [
        ("openapi/messy/hubspot-lists-circular-3.0.1.json", {"recursion", "style", "security"}),
        (
            "openapi/messy/orthanc-no-operationids-3.0.0.json",
            {"operation-id-missing", "inline-schema"},
        ),
        ("openapi/messy/domainsdb-duplicate-operationids-3.0.0.json", {"operation-id-repeated"}),
        ("openapi/large/kubernetes-swagger-2.0.json", {"recursion", "extensions"}),
        ("microservices/bookinfo/openapi/swagger.yaml", {"swagger-yaml"}),
        ("microservices/eshop/openapi/Catalog.API.json", {"version-31", "required-query"}),
    ],
)
def test_real_documents_have_the_findings_they_are_known_for(
    corpora: Path, path: str, wanted: set[str]
) -> None:
    document, _ = real_document(corpora / path)
    assert document is not None
    assert wanted <= {f.row for f in import_findings(document)}


INSIDE = {
    "post": {
        "requestBody": {"content": {"application/json": {"schema": {"properties": {}}}}},
        "servers": [{"url": "/"}],
        "security": [{"key": []}],
        "x-internal": True,
        "responses": {"200": {"description": "", "links": {"a": {}}}},
    }
}
"""A path item that would have findings of its own if an import read it."""


@pytest.mark.parametrize(
    "body",
    [
        operation(callbacks={"done": {"{$request.body#/url}": INSIDE}}),
        operation() | {"components": {"callbacks": {"done": {"{$url}": INSIDE}}}},
        operation() | {"webhooks": {"done": INSIDE}},
    ],
    ids=["callback", "component", "webhook"],
)
def test_a_callback_is_no_operation_of_the_api(body: dict[str, Any]) -> None:
    assert rows({"paths": {"/a": INSIDE}}) > {"operation-id-missing", "servers", "links"}
    assert rows(body) and rows(body) <= {"callbacks", "webhooks", "components"}


def test_a_path_after_a_callback_is_read_again() -> None:
    body = operation(callbacks={"done": {"{$url}": INSIDE}})
    body["paths"]["/later"] = {"get": {"responses": {}}}
    (missing,) = [f for f in found(body) if f.row == "operation-id-missing"]
    assert missing.places == 1 and "GET /later" in missing.place


def test_a_reference_out_of_the_document_is_refused_inside_a_callback_too() -> None:
    outside = {"post": {"parameters": [{"$ref": "other.json#/A"}]}}
    body = operation(callbacks={"done": {"{$url}": outside}})
    assert "external-reference" in rows(body)
