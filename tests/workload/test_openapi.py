from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from apim_aks.workload.documents import parse
from apim_aks.workload.finding import Finding
from apim_aks.workload.model import Document, Operation
from apim_aks.workload.openapi import read_document, read_openapi
from tests.support.effort import calls


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
            "a.yaml line 1 has no openapi or swagger key. "
            "Use an OpenAPI document of version 2.0, 3.0 or 3.1.",
        ),
        (
            "apiVersion: v1\nkind: Service\n",
            "a.yaml line 1 has a Kubernetes Service. "
            "Use an OpenAPI document of version 2.0, 3.0 or 3.1.",
        ),
        (
            "[1]\n",
            "a.yaml line 1 has a list. Use an OpenAPI document of version 2.0, 3.0 or 3.1.",
        ),
        (
            "info: {}\nswagger: '1.2'\npaths: {}\n",
            "a.yaml line 2 has swagger with the text '1.2'. "
            "Use an OpenAPI document of version 2.0, 3.0 or 3.1.",
        ),
        (
            "openapi: 4.0.0\npaths: {}\n",
            "a.yaml line 1 has openapi with the text '4.0.0'. "
            "Use an OpenAPI document of version 2.0, 3.0 or 3.1.",
        ),
        (
            "openapi: 3.1.0\nwebhooks: {}\n",
            "a.yaml line 1 has paths with nothing. Use paths with methods.",
        ),
        (
            "openapi: 3.0.0\npaths:\n  - /o\n",
            "a.yaml line 2 has paths with a list. Use paths with methods.",
        ),
        (
            "openapi: 3.0.0\npaths:\n  /o:\n    $ref: other.yaml#/o\n",
            "a.yaml line 4 has the reference 'other.yaml#/o' to another file. "
            "Use references inside the document, as "
            "`npx @redocly/cli bundle a.yaml -o a.bundled.yaml` writes them.",
        ),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_sentence(text: str, sentence: str) -> None:
    assert refusal(text) == sentence


def test_what_is_too_big_names_the_command_that_makes_it_smaller(tmp_path: Path) -> None:
    with (tmp_path / "my api.json").open("wb") as file:
        file.truncate(13_000_000)
    document, (finding,), _ = read_openapi(tmp_path / "my api.json", "my api.json")
    assert document is None and finding.refused
    assert str(finding) == (
        "my api.json has 13.0 MB. Use at most 10 MB, for which `npx @redocly/cli bundle "
        "'my api.json' --remove-unused-components -o 'my api.bundled.json'` may be enough, "
        "or several documents."
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "openapi: 3.0.0\npaths: {}\n",
            ["a.yaml line 2 has no operation. Use at least one path with a method."],
        ),
        (
            "openapi: 3.0.0\npaths:\n  /a: {get: {}, put: {operationId: b}}\n",
            [
                "a.yaml: 1 of 2 operations has no operationId (first: GET /a, line 3). "
                "Its name was generated from method and path."
            ],
        ),
        (
            f"openapi: 3.0.0\npaths:\n  /a: {GET}\n  /b: {GET}\n",
            [
                "a.yaml line 4 has operationIds that several operations share ('a'). "
                "Use each operationId once."
            ],
        ),
        (
            f"swagger: 2.0\npaths:\n  /a: {GET.replace('}}', ', responses: {200: {}}}}')}\n",
            [
                "a.yaml line 1 has swagger with the number 2.0. Use the version in quotes.",
                "a.yaml line 3 has response codes written as numbers (1, the first 200). "
                "Use text such as '200'.",
            ],
        ),
        (
            f"openapi: 3.0.0\nservers: [{{url: /a}}, {{url: /b}}]\npaths: {{/a: {GET}}}\n",
            ["a.yaml line 2 has 2 servers, of which the first is taken. Use one server."],
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


def test_a_method_beside_the_reference_of_a_path_is_named() -> None:
    document, findings = read(
        "openapi: 3.1.0\npaths:\n  /a: {$ref: '#/components/pathItems/x', put: {operationId: b}}\n"
        f"components: {{pathItems: {{x: {GET}}}}}\n"
    )
    assert document is not None and [o.method for o in document.operations] == ["GET"]
    assert [f.found for f in findings] == ["PUT /a beside $ref, which is left out"]


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


def test_a_large_document_is_read_in_few_calls(corpora: Path) -> None:
    place = "openapi/large/kubernetes-swagger-2.0.json"
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
        "internalPathItemRef.yaml",
        "missingPathItemRef.yaml",
        "schemaProperties.yaml",
        "server_enum_empty.yaml",
        "server_enum_unknown.yaml",
    }


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("b", "the path 'b', which is left out. Use a path that starts with /"),
        ("''", "the path '', which is left out. Use a path that starts with /"),
        ("/b?x=1", "left out: it holds '?'. Use a path without query and fragment"),
        ("'/b#c'", "left out: it holds '#'. Use a path without query and fragment"),
        ("'/raw*'", "left out: its wildcard is a piece of its last part. Use a last part"),
        ("'/{path*}'", "left out: its wildcard is a piece of its last part. Use a last part"),
        ("'/{id'", "left out: its braces do not pair up. Use braces only around"),
        ("'/{{id}}'", "left out: its braces do not pair up. Use braces only around"),
        ("'/id}'", "left out: its braces do not pair up. Use braces only around"),
        ("'/{}'", "left out: its braces hold no name. Use braces only around"),
        ("'/{a/b}'", "left out: its braces hold no name. Use braces only around"),
        ("'/{id}/x/{ID}'", "left out: it has the parameter 'id' twice. Use a name of its own"),
        ("'/x/*/y'", "left out: it goes on after a wildcard. Use a wildcard in the last part"),
        ("'/x/@(1)'", "left out: it holds '@('. Use text that API Management does not eval"),
        ("/x/../y", "left out: it climbs with . or ... Use the path itself"),
        ('"/x\\u0085\\u0080"', "left out: it holds a control character. Use text that a URL"),
        (f"/{'x' * 1000}", "left out: it has 1,001 characters. Use at most 1,000"),
    ],
)
def test_a_path_that_cannot_be_published_is_left_out_and_the_rest_stays(
    path: str, sentence: str
) -> None:
    document, findings = read(f"openapi: 3.0.3\npaths:\n  /a: {GET}\n  {path}: {GET}\n")
    assert document is not None
    assert [o.path for o in document.operations] == ["/a"]
    (finding,) = findings
    assert finding.refused and finding.line == 4
    assert sentence in str(finding)


def test_paths_that_hold_no_operation_are_left_out() -> None:
    document, findings = read(f"openapi: 3.0.0\npaths:\n  /a: {GET}\n  /c: 7\n  /d: {{get: 8}}\n")
    assert document is not None and len(document.operations) == 1
    assert all(f.refused for f in findings)
    assert [str(f) for f in findings] == [
        "a.yaml line 4 has the path '/c' with the number 7, which is left out. "
        "Use a mapping of methods.",
        "a.yaml line 5 has GET /d with the number 8, which is left out. Use a mapping.",
    ]


def test_a_trailing_slash_is_merged_and_said() -> None:
    document, findings = read(
        f"openapi: 3.0.3\npaths:\n  /orders: {GET}\n  /orders/: {{get: {{}}, post: {{}}}}\n"
    )
    assert document is not None
    assert [o.key for o in document.operations] == [("GET", "/orders"), ("POST", "/orders/")]
    merged = next(f for f in findings if f.refused)
    assert str(merged) == (
        "a.yaml line 4 has GET /orders/, which is merged into /orders (line 3): "
        "API Management has one operation for both. Use one of the two paths."
    )


@pytest.mark.parametrize("second", ["/users/{userName}", "/Users/{id}"])
def test_the_second_of_two_templates_that_are_one_is_left_out(second: str) -> None:
    document, findings = read(
        f"openapi: 3.0.3\npaths:\n  '/users/{{id}}': {GET}\n  '{second}': {GET}\n"
        f"  '/users/{{id}}/cards': {GET.replace('a,', 'b,')}\n"
    )
    assert document is not None
    assert [o.path for o in document.operations] == ["/users/{id}", "/users/{id}/cards"]
    (finding,) = findings
    assert finding.refused
    assert str(finding).startswith(
        f"a.yaml line 4 has GET {second}, which is left out: "
        "API Management cannot tell it from /users/{id} (line 3). "
    )


def test_a_wildcard_and_a_parameter_are_two_templates() -> None:
    document, _ = read(
        f"openapi: 3.0.3\npaths:\n  '/x/{{a}}': {GET}\n  '/x/{{*a}}': {GET}\n  '/x/*': {GET}\n"
    )
    assert document is not None and len(document.operations) == 3


def test_a_required_query_parameter_has_no_name_of_the_path() -> None:
    document, findings = read(
        "openapi: 3.0.3\npaths:\n  '/a/{id}':\n    parameters:\n"
        "      - {$ref: '#/components/parameters/q'}\n    get: {operationId: a}\n"
        "    put:\n      operationId: b\n      parameters: [{name: ID, in: query}]\n"
        "components: {parameters: {q: {name: ID, in: query, required: true}}}\n"
    )
    assert document is not None
    assert [o.method for o in document.operations] == ["PUT"]
    (finding,) = findings
    assert finding.refused and finding.line == 6
    assert "GET /a/{id}, which is left out: path and required query have 'ID' both" in str(finding)


@pytest.mark.parametrize(
    ("head", "sentence"),
    [
        (
            "openapi: 3.0.3\nservers:\n  - url: 'https://rates.example/{basePath}'\n",
            "a.yaml line 3 has the path '/{basePath}' of the server, where '{basePath}' has no "
            "value. Use a default for each variable, or the path itself.",
        ),
        (
            "swagger: '2.0'\nbasePath: '/{tenant}/v1'\n",
            "a.yaml line 2 has the path '/{tenant}/v1' of the server, where '{tenant}' has no "
            "value. Use a default for each variable, or the path itself.",
        ),
        (
            "openapi: 3.0.3\nservers: [{url: '../v1'}]\n",
            "a.yaml line 2 has the path '/../v1' of the server: it climbs with . or ... "
            "Use the path itself.",
        ),
        (
            "swagger: '2.0'\nbasePath: '/v1?x=@(1)'\n",
            "a.yaml line 2 has the path '/v1?x=@(1)' of the server: it holds '?'. "
            "Use a path without query and fragment.",
        ),
    ],
)
def test_a_document_whose_server_has_no_path_is_refused(head: str, sentence: str) -> None:
    assert refusal(f"{head}paths: {{/a: {GET}}}\n") == sentence


def test_a_variable_of_the_host_is_no_matter() -> None:
    text = (
        f"openapi: 3.0.3\nservers: [{{url: 'https://u:p@{{host}}:99999/v1'}}]\npaths: {{/a: {GET}}}"
    )
    document, findings = read(text)
    assert document is not None and document.base_path == "/v1"
    assert findings == ()


def test_a_document_of_which_nothing_is_left_is_refused() -> None:
    document, findings = read(f"openapi: 3.0.3\npaths:\n  a: {GET}\n  b: {GET}\n")
    assert document is None
    assert [(f.line, f.refused) for f in findings] == [(3, True), (4, True)]


def test_a_parameter_inside_a_part_is_said() -> None:
    assert notes(f"openapi: 3.0.3\npaths:\n  '/v{{version}}/orders': {GET}\n") == [
        "a.yaml line 3 has a parameter that is only a piece of its part in "
        "/v{version}/orders. Use a parameter between two slashes."
    ]


# Built here, so that nobody who searches this repository for secrets finds one.
SECRETS = {
    "an access key of AWS": "AKIA" + "ABCDEFGHIJ234567",
    "a JSON Web Token": ".".join(
        ("eyJ" + "hbGciOiJub25l", "eyJ" + "zdWIiOiIxMjM0", "c2lnbmF0dXJl")
    ),
    "a key of an Azure connection string": "AccountKey=" + "Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6==",
    "a password in an address": "amqp://shop:" + "hunter22@rabbit",
    "a password in a connection string": "Server=db;Pwd=" + "hunter22",
    "a private key": "-----BEGIN RSA " + "PRIVATE KEY-----",
    "a bearer token": "Authorization: Bearer " + "abcdefghijklmnopqrstuvwxyz",
}
PLACES = {
    "example": "paths: {/x: {get: {operationId: a, parameters: "
    "[{name: q, in: query, example: %s}]}}}",
    "default": "paths: {/x: {get: {operationId: a}}}\ncomponents: {schemas: {X: {default: %s}}}",
    "description": "paths: {/x: {get: {operationId: a, description: %s}}}",
    "value": "paths: {/x: {get: {operationId: a}}}\n"
    "components: {examples: {one: {value: {deep: [1, %s]}}}}",
}


@pytest.mark.parametrize("what", SECRETS)
@pytest.mark.parametrize("place", PLACES)
def test_what_looks_like_a_secret_is_named_and_never_shown(what: str, place: str) -> None:
    secret = SECRETS[what]
    (found,) = notes("openapi: 3.0.3\n" + PLACES[place] % f"'{secret}'")
    assert f"has what looks like {what} (" in found
    assert "characters)" in found
    assert secret not in found
    assert re.search(r"a\.yaml line [23] ", found)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ask http://orders.shop.svc.cluster.local/x", "a name inside the cluster (shop.svc"),
        ("db01.corp", "a host name of an internal network (db01.corp)"),
        ("10.20.30.40", "a private address (10.20.30.40)"),
    ],
)
def test_names_and_addresses_inside_are_named(text: str, words: str) -> None:
    (found,) = notes("openapi: 3.0.3\n" + PLACES["description"] % f"'{text}'")
    assert words in found


def test_the_name_of_a_field_tells_that_its_example_is_a_key() -> None:
    key = "0123456789abcdef" * 2
    schema = (
        "components: {schemas: {X: {properties: {apiKey: {example: %s}, note: {example: %s}}}}}"
    )
    head = "openapi: 3.0.3\npaths: {/x: {get: {operationId: a}}}\n"
    (found,) = notes(head + schema % (key, key))
    assert "a key or token, by the name of the field, (0123…, 32 characters)" in found
    assert "/apiKey/example" in found


CHOSEN = "Pa$$" + "w0rd123"
PATH = "paths: {/x: {get: {operationId: a%s}}}\n"
SCHEMA = PATH % "" + "components: {schemas: {X: {properties: {%s}}}}"
BODY = PATH % ", requestBody: {content: {application/json: {%s}}}"
ASKED = PATH % ", parameters: [{name: %s, in: query, %s}]"
CHOSEN_AT = {
    "example": SCHEMA % "password: {example: %s}",
    "x-example": SCHEMA % "adminPassword: {x-example: %s}",
    "default": SCHEMA % "client_secret: {type: string, default: %s}",
    "enum": SCHEMA % "passwd: {enum: [%s]}",
    "items": SCHEMA % "oldPasswords: {}, passphrase: {items: {example: %s}}",
    "object": SCHEMA % "user: {example: {name: x, login: {db_pwd: %s}}}",
    "media type": BODY % "example: {password: %s}",
    "media types": BODY % "examples: {one: {value: [{password: %s}]}}",
    "parameter": ASKED % ("new-password", "schema: {example: %s}"),
    "parameter's examples": ASKED % ("password", "examples: {one: {summary: x, value: %s}}"),
    "header": PATH % ", responses: {'200': {headers: {X-Secret: {schema: {example: %s}}}}}",
    "reference": PATH
    % ""
    + "components: {schemas: {X: {properties: {password: {$ref: '#/components/schemas/A'}}},\n"
    "  A: {allOf: [{$ref: '#/components/schemas/B'}]}, B: {type: string, example: %s}}}",
}


@pytest.mark.parametrize("place", CHOSEN_AT)
def test_what_people_choose_as_a_password_is_named_by_its_field(place: str) -> None:
    (found,) = notes("openapi: 3.0.3\n" + CHOSEN_AT[place] % f"'{CHOSEN}'")
    assert "a password or secret, by the name of the field, (Pa$…, 11 characters)" in found
    assert CHOSEN[4:] not in found and re.search(r"a\.yaml line [234] ", found)


@pytest.mark.parametrize(
    "text",
    [
        *("string", "password", "********", "<your-password>", "changeme", "{{password}}"),
        *("$DB_PASSWORD", "${PWD}", "xxxx", "null", "my-secret-password", "'secret'", "foo"),
        *("aio_XXXXXXXXXXXX", "https://vault.contoso.com/a", "The password of the account", ""),
        "changeme" * 40 + "?",
    ],
)
def test_what_stands_in_the_place_of_a_password_is_not_named(text: str) -> None:
    found = notes("openapi: 3.0.3\n" + CHOSEN_AT["example"] % json.dumps(text))
    assert bool(found) == text.endswith("?")


@pytest.mark.parametrize(
    "field", ["passwordResetUrl", "secretName", "bypass", "password_policy", "compass", "secretary"]
)
def test_a_field_about_a_password_is_none(field: str) -> None:
    assert notes("openapi: 3.0.3\n" + SCHEMA % f"{field}: {{example: '{CHOSEN}'}}") == []


@pytest.mark.parametrize(
    "text",
    [
        "contact us at www.contoso.com",
        "a Bearer token is needed",
        "version 10.2.3",
        "Password=<your password>",
        "https://user@example.com/",
        "the local store",
    ],
)
def test_what_looks_like_nothing_is_not_named(text: str) -> None:
    assert notes("openapi: 3.0.3\n" + PLACES["description"] % f"'{text}'") == []


def test_a_property_that_is_called_example_is_none() -> None:
    name = SECRETS["an access key of AWS"]
    schema = f"components: {{schemas: {{X: {{properties: {{example: {{title: {name}}}}}}}}}}}"
    assert notes(f"openapi: 3.0.3\npaths: {{/x: {{get: {{operationId: a}}}}}}\n{schema}") == []


def test_a_summary_is_repeated_without_the_secret_in_it() -> None:
    summary = "Ask https://u:hunter2@shop.svc with Password=hunter2hunter2 twice"
    document, _ = read(
        "openapi: 3.0.3\ninfo: {title: X}\n"
        f"paths: {{/x: {{get: {{summary: '{summary}', responses: {{}}}}}}}}\n"
    )
    assert document is not None
    assert document.operations[0].summary == "Ask https://u…shop.svc with Pass… twice"
    assert document.body["paths"]["/x"]["get"]["summary"] == summary


def test_many_secrets_are_ten_sentences_and_a_number() -> None:
    rows = "".join(
        f"  /p{n}: {{get: {{operationId: a{n}, summary: 10.0.0.1}}}}\n" for n in range(14)
    )
    found = notes(f"openapi: 3.0.3\npaths:\n{rows}")
    assert len(found) == 10
    assert "and 4 more below" in found[-1]


@pytest.mark.parametrize("part", ["{path+}", "{+path}", "{;path}"])
def test_a_parameter_with_an_operator_is_read_as_one_part_and_named(part: str) -> None:
    document, findings = read(f"openapi: 3.0.3\npaths:\n  '/a/{part}': {GET}\n")
    assert document is not None and [o.path for o in document.operations] == [f"/a/{part}"]
    assert [str(f) for f in findings] == [
        f"a.yaml line 3 has a parameter with an operator in /a/{part}, taken for one part. "
        "Use {*name} at the end for several parts."
    ]


SERVED = """openapi: 3.0.3
servers: [{url: https://api.contoso.example/v3}]
paths:
  /a:
    servers: [{url: /legacy}]
    get: {}
    put: {servers: [{url: 'https://api.contoso.example/{s}/', variables: {s: {default: x}}}]}
    post: {servers: []}
  /b: {get: {servers: [{url: /}]}}
  /c: {get: {servers: [{url: 'https://files.example'}]}, put: {servers: [{url: /1}, {url: /2}]}}
  /d: {get: {servers: [{url: '/{nothing}'}]}}
  /e: {get: {}}
"""


def test_servers_of_a_path_or_an_operation_say_where_it_is_served() -> None:
    document, findings = read(SERVED)
    assert document is not None
    assert {f"{o.method} {o.path}": document.path_of(o) for o in document.operations} == {
        "GET /a": "/legacy/a",
        "PUT /a": "/x/a",
        "POST /a": "/legacy/a",
        "GET /b": "/b",
        "GET /c": "/c",
        "PUT /c": "/1/c",
        "GET /e": "/v3/e",
    }
    said = [str(f) for f in findings if "server" in f.found]
    assert said == [
        "a.yaml line 10 has GET /c with a server on files.example, which is not called: only "
        "the path of that server is taken. Use a server on the host of the document.",
        "a.yaml line 10 has PUT /c with 2 servers, of which the first is taken. Use one server.",
        "a.yaml line 11 has GET /d, which is left out: the path '/{nothing}' of the server, "
        "where '{nothing}' has no value. Use a default for each variable, or the path itself.",
    ]


def test_paths_that_only_their_query_tells_apart_are_read() -> None:
    more = f"x-ms-paths:\n  /a?v=1: {GET}\n  /a?v={{v}}: {GET}\n  /a: {GET}\n  '/b?x={{': {GET}\n"
    document, findings = read(f"openapi: 3.0.3\npaths:\n  /a: {GET}\n{more}  '/c#d': {GET}\n")
    assert document is not None
    assert [o.path for o in document.operations] == ["/a", "/a?v=1", "/a?v={v}"]
    assert [(f.line, f.refused) for f in findings if f.refused] == [(n, True) for n in (7, 8, 9)]


def test_an_extension_that_is_no_mapping_of_paths_is_named() -> None:
    document, findings = read(f"openapi: 3.0.3\npaths:\n  /a: {GET}\nx-ms-paths: [1]\n")
    assert document is not None and len(document.operations) == 1
    assert "has x-ms-paths with" in str(findings[0])
