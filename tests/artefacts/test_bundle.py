"""What a placement is built with, as files; what cannot be made is said and stops nothing."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apim_aks.apis.mapping.operations_held import built as built_for
from apim_aks.artefacts.bundle import Artefacts, archive, artefacts, deploy_command
from apim_aks.decision.design import Design, design
from apim_aks.options import OPTIONS, option
from apim_aks.workload.azure import Azure
from apim_aks.workload.documents import Parsed, shortened
from apim_aks.workload.file import read_workload
from apim_aks.workload.model import Workload
from apim_aks.workload.openapi import read_document
from tests.support import scenario
from tests.support.arm_schema import parsed
from tests.support.series import examples
from tests.support.toy_option import OPTION as TOY

every = pytest.mark.parametrize("id", [o.id for o in OPTIONS])


@cache
def designed() -> Design:
    return design(read_workload("contoso-orders"), (*OPTIONS, TOY))


def built(id: str) -> Artefacts:
    return artefacts(designed().placement(id))


def cramped() -> Artefacts:
    azure = Azure(address_space="10.90.0.0/30")
    made = design(scenario.shop(azure=azure))
    return artefacts(made.placement("vnet-internal"))


@every
def test_every_kind_of_file_is_there(id: str) -> None:
    assert built(id).refused == ()
    folders = {f.file.split("/")[0] for f in built(id).files}
    assert folders == {"arm", "manifests", "policies"}


@every
def test_names_stay_in_their_folder_and_are_unique(id: str) -> None:
    names = [f.file for f in built(id).files]
    assert len(set(names)) == len(names)
    assert all(name.count("/") == 1 and ".." not in name for name in names)


@every
def test_every_file_says_what_it_is_for(id: str) -> None:
    assert all(f.because and f.text.endswith("\n") for f in built(id).files)


def test_an_option_of_the_readers_own_is_built_too() -> None:
    assert built("toy").refused == ()
    assert built("toy").templates


def test_templates_come_with_their_parameters_in_order() -> None:
    names = [f.file for f in built("ingress-mtls").templates]
    assert names == sorted(names, key=lambda n: (n.split(".")[0], "parameters" in n))
    assert len(names) == 2 * len(built("ingress-mtls").stages)


def test_what_cannot_be_made_is_a_sentence_and_the_rest_is_made() -> None:
    found = cramped()
    (sentence,) = found.refused
    assert "has no room for" in sentence
    assert found.stages == () and found.manifests == ()
    assert found.policies


def test_the_command_takes_from_the_environment_what_no_file_may_hold() -> None:
    stage = next(s for s in built("ingress-mtls").stages if s.name == "20-gateway")
    command = deploy_command(stage)
    assert command.startswith("az deployment group create --resource-group rg-orders01 --name 20-")
    assert command.endswith('tenantId="$TENANT_ID" apiAudience="$API_AUDIENCE"')


def test_the_command_quotes_the_resource_group() -> None:
    stage = replace(built("ingress-mtls").stages[0], resource_group="rg; rm -rf /")
    assert "--resource-group 'rg; rm -rf /' " in deploy_command(stage)


@every
def test_the_archive_holds_every_file_and_is_the_same_twice(id: str) -> None:
    one, two = archive(built(id)), archive(built(id))
    assert one == two
    packed = zipfile.ZipFile(io.BytesIO(one))
    texts = {n: packed.read(n).decode() for n in packed.namelist()}
    assert texts == {f"{id}/{f.file}": f.text for f in built(id).files}


ODD_PATHS = (
    "/v{version}/a",
    "/a/{x}{y}",
    "/a/{x}.json",
    "/a/{x}/",
    "/A/{z}/",
    "/a b/%20/~/'\"<&>",
    "/straße/{größe}",
    "//a",
    "/a//b",
    "/",
    "//",
    "/*",
    "/{*rest}",
    "/{rest}",
    "/a/{x}?y={y}",
    "/{{x}}",
    "/@(x)",
    "/{x}/{X}",
    "/]]>-->{x}",
    "/" + "a" * 999,
    "/a/{" + "n" * 200 + "}",
)


def odd(*paths: str, base: str = "") -> Workload:
    """Three Services that declare these paths: as OpenAPI, in two documents, and as Swagger."""
    item = {m: {"operationId": "same", "responses": {}} for m in ("get", "post", "trace")}
    body = {
        "openapi": "3.0.3",
        "servers": [{"url": base or "/"}],
        "paths": dict.fromkeys(paths, item),
    }
    old = {"swagger": "2.0", "basePath": base or "/", "paths": dict.fromkeys(paths, item)}
    made = [
        read_document(Parsed(file=f"{name}.json", line=1, data=data, text=json.dumps(data)))
        for name, data in (("one", body), ("two", body), ("old", old))
    ]
    one, two, other = (document for document, _ in made)
    services = (
        scenario.service("first", documents=tuple(d for d in (one, two) if d)),
        scenario.service("second", documents=(other,) if other else ()),
        scenario.service("good", "GET /good"),
    )
    findings = tuple(f for _, found in made for f in found)
    return scenario.workload(*services, findings=findings)


@cache
def declaring(base: str) -> Design:
    return design(odd(*ODD_PATHS, base=base))


@pytest.mark.parametrize(
    "base", ["", "/v1/", "https://user:word@host:81/x y", "/{unknown}", "/../x"]
)
@every
def test_everything_is_built_of_whatever_paths_are_declared(id: str, base: str) -> None:
    made = declaring(base)
    found = artefacts(made.placement(id))
    assert found.refused == ()
    assert "shop/good" in made.mapping.published
    assert any(f.refused for f in made.workload.findings)


PATH = st.text("ab/{}*?#@(.A", max_size=12).map(lambda text: f"/{text}")
SERVERS = st.sampled_from(
    ["", "/v1", "https://h/{a}", "/x y", "/@(x)", "/../x", "/%7Ba%7D", "/a?b"]
)
NAMES = st.sampled_from(["a", "b", "A", "*a", "x" * 90, ""])
OPERATION = st.fixed_dictionaries(
    {"responses": st.just({})},
    optional={
        "operationId": NAMES,
        "servers": SERVERS.map(lambda url: [{"url": url}]),
        "parameters": st.lists(
            st.fixed_dictionaries(
                {"name": NAMES, "in": st.sampled_from(["path", "query"]), "required": st.just(True)}
            ),
            max_size=2,
        ),
    },
)
ITEM = st.dictionaries(st.sampled_from(["get", "put", "trace"]), OPERATION, min_size=1)
BODY = st.fixed_dictionaries(
    {
        "openapi": st.just("3.0.3"),
        "servers": SERVERS.map(lambda url: [{"url": url}]),
        "paths": st.dictionaries(PATH, ITEM, min_size=1, max_size=5),
        "x-ms-paths": st.dictionaries(PATH, ITEM, max_size=2),
    }
)


@examples(20)
@given(st.lists(BODY, min_size=1, max_size=2))
def test_map_finds_exactly_what_the_generators_refuse(bodies: list[dict[str, Any]]) -> None:
    read = [
        read_document(Parsed(file=f"{n}.json", line=1, data=body, text=json.dumps(body)))
        for n, body in enumerate(bodies)
    ]
    documents = tuple(document for document, _ in read if document)
    services = (
        scenario.service("odd", documents=documents, lost=("all",) if not documents else ()),
        scenario.service("good", "GET /good"),
    )
    given = tuple(f for _, found in read for f in found)
    made = design(scenario.workload(*services, findings=given), (option("ingress-mtls"),))
    named = [(f.file, f.found) for f in made.workload.findings if f.refused]
    kept = {(o.document, o.path, o.method.lower()) for o in made.mapping.operations}
    for at, (document, _) in enumerate(read):
        for path, method in declared(bodies[at]) if document else ():
            said = any(f == f"{at}.json" and shortened(path) in found for f, found in named)
            assert said or (f"{at}.json", path, method) in kept
    assert all(document or (f"{at}.json" in dict(named)) for at, (document, _) in enumerate(read))
    found = artefacts(made.placement("ingress-mtls"))
    assert found.refused == ()
    assert operations(found) == {
        (api.id, *key)
        for api in made.mapping.apis
        for each in built_for((o.method, o.template) for o in api.operations).values()
        for key in each
    }


def declared(body: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for section in ("paths", "x-ms-paths"):
        for path, item in body[section].items():
            yield from ((path, method) for method in item)


def operations(found: Artefacts) -> set[tuple[str, str, str]]:
    """API, method and template of all that the templates make."""
    result = set()
    for resource in (r for s in found.stages for r in s.template["resources"]):
        kind, properties = resource["type"].split("/", 1)[1], resource.get("properties", {})
        if kind == "service/apis" and "value" in properties:
            api = parsed(resource["name"])[1][2]
            paths = json.loads(properties["value"])["paths"]
            result |= {(api, m.upper(), path) for path, item in paths.items() for m in item}
        if kind == "service/apis/operations":
            api = parsed(resource["name"])[1][2]
            result.add((api, properties["method"], properties["urlTemplate"]))
    return result
