from __future__ import annotations

from pathlib import Path

import pytest

from apim_aks.documents import parse
from apim_aks.openapi import read_document, read_openapi
from apim_aks.workload import Document, Finding, Operation
from effort import calls


def read(text: str) -> tuple[Document | None, tuple[Finding, ...]]:
    (document,) = parse(text.encode(), "a.yaml").documents
    return read_document(document)


def refusal(text: str) -> str:
    document, findings = read(text)
    assert document is None
    (finding,) = findings
    assert finding.refused
    return str(finding)


def notes(text: str) -> list[str]:
    document, findings = read(text)
    assert document is not None
    assert not any(f.refused for f in findings)
    return [str(f) for f in findings]


GET = "{get: {operationId: a, summary: Read, tags: [x, y]}}"


def test_operations_keep_path_method_and_words() -> None:
    document, findings = read(
        f"openapi: 3.0.3\ninfo: {{title: Orders, version: '1'}}\npaths:\n  /orders/{{id}}: {GET}\n"
        "  x-internal: {}\n"
    )
    assert document is not None
    assert (document.title, document.version, document.specification) == ("Orders", "1", "3.0.3")
    assert document.operations == (Operation("GET", "/orders/{id}", "a", "Read", ("x", "y")),)
    assert document.body["paths"]["x-internal"] == {}
    assert findings == ()


@pytest.mark.parametrize(
    ("head", "base"),
    [
        ("swagger: '2.0'\nbasePath: /v1/", "/v1"),
        ("swagger: '2.0'", ""),
        ("openapi: 3.1.1\nservers: [{url: 'https://api.test/shop/v2'}]", "/shop/v2"),
        ("openapi: 3.0.0\nservers: [{url: /}]", ""),
        (
            "openapi: 3.0.0\nservers: [{url: '{s}://h/{v}', variables: {s: {default: https}, "
            "v: {default: v9}}}]",
            "/v9",
        ),
        ("openapi: 3.0.0\nservers: [{url: 'https://[x'}]", ""),
        ("openapi: 3.0.0\nservers: 7", ""),
    ],
)
def test_the_base_path_stays_apart_from_paths(head: str, base: str) -> None:
    document, _ = read(f"{head}\npaths: {{/o: {GET}}}\n")
    assert document is not None
    assert document.base_path == base
    assert document.operations[0].path == "/o"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "a: 1\n",
            "a.yaml line 1: found no openapi or swagger key; "
            "expected an OpenAPI document of version 2.0, 3.0 or 3.1.",
        ),
        (
            "apiVersion: v1\nkind: Service\n",
            "a.yaml line 1: found a Kubernetes Service; "
            "expected an OpenAPI document of version 2.0, 3.0 or 3.1.",
        ),
        (
            "[1]\n",
            "a.yaml line 1: found a list; expected an OpenAPI document of version 2.0, 3.0 or 3.1.",
        ),
        (
            "info: {}\nswagger: '1.2'\npaths: {}\n",
            "a.yaml line 2: found swagger with the text '1.2'; "
            "expected an OpenAPI document of version 2.0, 3.0 or 3.1.",
        ),
        (
            "openapi: 4.0.0\npaths: {}\n",
            "a.yaml line 1: found openapi with the text '4.0.0'; "
            "expected an OpenAPI document of version 2.0, 3.0 or 3.1.",
        ),
        (
            "openapi: 3.1.0\nwebhooks: {}\n",
            "a.yaml line 1: found paths with nothing; expected paths with methods.",
        ),
        (
            "openapi: 3.0.0\npaths:\n  - /o\n",
            "a.yaml line 2: found paths with a list; expected paths with methods.",
        ),
        (
            "openapi: 3.0.0\npaths:\n  /o:\n    $ref: other.yaml#/o\n",
            "a.yaml line 4: found the reference 'other.yaml#/o' to another file; "
            "expected references inside the document; bundle it into one file first.",
        ),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_sentence(text: str, sentence: str) -> None:
    assert refusal(text) == sentence


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "openapi: 3.0.0\npaths: {}\n",
            ["a.yaml line 2: found no operation; expected at least one path with a method."],
        ),
        (
            "openapi: 3.0.0\npaths:\n  /a: {get: {}, put: {operationId: b}}\n",
            [
                "a.yaml line 3: found 1 of 2 operations without operationId, the first GET /a; "
                "expected an operationId for each; one is made from method and path."
            ],
        ),
        (
            f"openapi: 3.0.0\npaths:\n  /a: {GET}\n  /b: {GET}\n",
            [
                "a.yaml line 4: found operationIds that several operations share ('a'); "
                "expected each operationId once."
            ],
        ),
        (
            f"swagger: 2.0\npaths:\n  /a: {GET.replace('}}', ', responses: {200: {}}}}')}\n",
            [
                "a.yaml line 1: found swagger with the number 2.0; expected the version in quotes.",
                "a.yaml line 3: found response codes written as numbers (1, the first 200); "
                "expected text such as '200'.",
            ],
        ),
        (
            f"openapi: 3.0.0\nservers: [{{url: /a}}, {{url: /b}}]\npaths: {{/a: {GET}}}\n",
            ["a.yaml line 2: found 2 servers, of which the first is taken; expected one server."],
        ),
        (
            f"openapi: 3.0.0\npaths:\n  /a: {GET}\n  b: {GET}\n  /c: 7\n  /d: {{get: 8}}\n",
            [
                "a.yaml line 4: found the path 'b', which is left out; "
                "expected a path that starts with /.",
                "a.yaml line 5: found the path '/c' with the number 7, which is left out; "
                "expected a mapping of methods.",
                "a.yaml line 6: found GET /d with the number 8, which is left out; "
                "expected a mapping.",
            ],
        ),
    ],
)
def test_what_is_odd_is_said_and_the_rest_is_used(text: str, expected: list[str]) -> None:
    assert notes(text) == expected


def test_references_in_examples_are_not_followed() -> None:
    text = f"openapi: 3.0.0\npaths: {{/a: {GET}}}\nx-more: {{$ref: other.yaml}}\n"
    text += "components: {schemas: {A: {example: {$ref: other.yaml}, properties: {example: {}}}}}\n"
    assert notes(text) == []
    named = text.replace("properties: {example: {}}", "properties: {example: {$ref: b.yaml}}")
    assert "'b.yaml' to another file" in refusal(named)


def test_path_items_are_found_behind_references_and_circles_end() -> None:
    text = (
        "openapi: 3.1.0\npaths:\n  /a: {$ref: '#/components/pathItems/x~1y'}\n"
        "  /b: {$ref: '#/paths/~1c'}\n  /c: {$ref: '#/paths/~1b'}\n"
        f"components: {{pathItems: {{x/y: {GET}}}}}\n"
    )
    document, findings = read(text)
    assert document is not None
    assert [o.path for o in document.operations] == ["/a"]
    assert [f.line for f in findings] == [4, 5]


OPERATIONS = {
    "openapi/large/github-ghes-3.6-openapi-3.0.3.json": 809,
    "openapi/large/kubernetes-swagger-2.0.json": 738,
    "openapi/messy/keycloak-no-operationids-3.0.2.yaml": 281,
    "openapi/messy/orthanc-no-operationids-3.0.0.json": 299,
    "openapi/swagger2/argo-cd-swagger-2.0.json": 106,
    "microservices/bookinfo/openapi/swagger.yaml": 4,
    "microservices/eshop/openapi/Catalog.API.json": 13,
    "microservices/retail-store/openapi/cart.yml": 8,
}


@pytest.mark.parametrize("place", OPERATIONS)
def test_real_documents_have_their_operations(corpora: Path, place: str) -> None:
    document, _, digest = read_openapi(corpora / place, place)
    assert document is not None
    assert len(document.operations) == OPERATIONS[place]
    assert len(digest) == 64
    assert calls(lambda: read_openapi(corpora / place, place)) < 5_000_000


def test_every_document_of_the_corpora_is_read_or_refused_with_a_reason(corpora: Path) -> None:
    files = [*corpora.glob("openapi/**/*.*"), *corpora.glob("microservices/*/openapi/*.*")]
    refused = set()
    for file in (f for f in sorted(files) if f.is_file()):
        document, findings, _ = read_openapi(file, file.name)
        assert document or any(f.refused for f in findings)
        refused |= {f.file for f in findings if f.refused}
    assert refused == {
        "comp_pathitems.yaml",
        "cyclical.yaml",
        "externalPathItemRef.yaml",
        "missingPathItemRef.yaml",
        "schemaProperties.yaml",
        "server_enum_empty.yaml",
        "server_enum_unknown.yaml",
    }
