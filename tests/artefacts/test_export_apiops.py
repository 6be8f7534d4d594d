"""An APIOps folder says what the templates say of every child of API Management, or lists it."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from apim_aks.artefacts.arm_templates import arm_templates
from apim_aks.artefacts.bundle import Artefacts, artefacts, environment_variable
from apim_aks.artefacts.export import export_format, exported
from apim_aks.artefacts.export.apiops import CLI, FOLDER, TOOLKIT
from apim_aks.decision.environments import everywhere, in_environments
from apim_aks.facts.exports import apiops_types
from apim_aks.options.drawn import Drawn
from apim_aks.reachability.templates import Unknown
from apim_aks.workload.file import read_workload
from tests.support.apiops import Found, published, same_policy
from tests.support.designs import alone, bundled
from tests.support.environments import with_environments
from tests.support.exported import of_templates
from tests.support.places import CORPORA
from tests.support.systems import drafted

SERVICE = "/providers/Microsoft.ApiManagement/service/"
LEFT = {"certificates", "gateways/hostnameConfigurations"}
"""Types that neither tool has; the README of the folder lists them by name."""
SYSTEMS = ("bookinfo", "retail-store")


def built(placement: Drawn) -> Artefacts:
    return Artefacts(drawn=placement, stages=arm_templates(placement))


def in_template(made: Artefacts) -> Found:
    """Each child as the templates ask for it: ids below the service, tokens for what is asked."""
    found: Found = {}
    for one in of_templates(made.stages):
        _, service, path = one.id.partition(SERVICE)
        _, slash, below = path.partition("/")
        if service and slash and not below.startswith("providers/"):
            found[below] = plain(one.body["properties"])
    return found


def plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, list):
        return [plain(v) for v in value]
    if isinstance(value, Unknown):
        member = str(value).rpartition(".")[2].strip(">)")
        return f"{{#[{environment_variable(member)}]#}}"
    if isinstance(value, str) and SERVICE in value:
        return "/" + value.partition(SERVICE)[2].partition("/")[2]
    if isinstance(value, str) and value.startswith("given "):
        return f"{{#[{environment_variable(value.removeprefix('given '))}]#}}"
    return value


def kind(path: str) -> str:
    return "/".join(path.split("/")[::2])


def check(wanted: Found, files: Mapping[str, str], toolkit: bool) -> None:
    """Nothing is lost: what the templates say is published, or the README says that it is not."""
    found = published(under(files, f"{FOLDER}/"), toolkit)
    for path, properties in wanted.items():
        if kind(path) in LEFT:
            assert f"{path.split('/')[-1]} stays with the stage" in files["README.md"]
        else:
            check_child(path, dict(properties), dict(found.pop(path)), files["README.md"])
    more = {p for p in found if kind(p) != "apis/operations"}
    assert not more, "nothing but the operations that the documents of the APIs bring themselves"


def check_child(path: str, wanted: dict[str, Any], said: dict[str, Any], readme: str) -> None:
    format = wanted.get("format")
    if format == "xml":
        assert (wanted.pop("format"), said.pop("format")) == ("xml", "rawxml")
        assert same_policy(wanted.pop("value"), said.pop("value")), path
    elif kind(path) == "apis":
        document, template = json.loads(said.pop("value")), wanted.pop("value", None)
        assert said.pop("format") == wanted.pop("format", "openapi+json")
        if template:
            assert own_parts(document, json.loads(template)) == json.loads(template)
    elif kind(path) == "gateways/apis":
        wanted.pop("provisioningState")
        assert "provisioningState of gateways/apis is left" in readme
        said.pop("apiId")
    assert said == wanted, path


def own_parts(document: Any, wanted: Any) -> Any:
    """The document without the operations that stand beside it in the templates."""
    paths = {
        path: {m: o for m, o in item.items() if m in wanted["paths"].get(path, {})}
        for path, item in document["paths"].items()
    }
    return document | {"paths": {p: item for p, item in paths.items() if p in wanted["paths"]}}


def under(files: Mapping[str, str], folder: str) -> dict[str, str]:
    return {p.removeprefix(folder): t for p, t in files.items() if p.startswith(folder)}


@pytest.mark.parametrize("name", ["contoso-orders", "contoso-retail"])
def test_nothing_that_the_templates_say_is_lost(name: str) -> None:
    for placement in bundled(name).placements:
        made = built(placement)
        wanted = in_template(made)
        for format in (CLI, TOOLKIT):
            check(wanted, exported(export_format(format), made), format == TOOLKIT)


@pytest.mark.parametrize("system", SYSTEMS)
def test_nothing_is_lost_of_systems_of_others(system: str) -> None:
    source = CORPORA / "microservices" / system
    if not source.is_dir():
        pytest.skip(f"{source} is not there")
    found = drafted(source).workload
    assert found
    made = built(alone(found, "v2-integration"))
    check(in_template(made), exported(export_format(CLI), made), toolkit=False)


def test_tokens_are_explained_and_configured_in_every_environment() -> None:
    made = built(bundled("contoso-orders").placement("ingress-mtls"))
    files = exported(export_format(CLI), made)
    tokens = set(re.findall(r"\{#\[\w+\]#\}", "".join(under(files, f"{FOLDER}/").values())))
    assert tokens
    configuration = files["configuration.production.yaml"]
    for token in tokens:
        assert f"# {token}: " in configuration and token in files["README.md"]
        assert token in str(yaml.safe_load(configuration))


def test_texts_that_look_like_tokens_are_named() -> None:
    title = "The {#[OTHER]#} shop"
    made = built(alone(replace(read_workload("contoso-orders"), title=title), "ingress-mtls"))
    readme = exported(export_format(CLI), made)["README.md"]
    assert "- `{#[OTHER]#}` in `products/contoso-orders/productInformation.json`" in readme
    assert "in `policyFragments" not in readme


ISSUER = """
environments:
  dev:
    azure: {name_suffix: ordersdev}
    services_authenticate:
      getorder: {issuer: "https://dev.contoso.example/v2.0", audience: api://dev}
  prod: {}
"""


def test_an_environment_differs_in_the_expected_lines_only(tmp_path: Path) -> None:
    placement = alone(read_workload(with_environments(tmp_path, ISSUER)), "ingress-mtls")
    there = {
        n: Artefacts(drawn=d, stages=arm_templates(d)) for n, d in everywhere(placement).items()
    }
    files = exported(export_format(CLI), replace(built(placement), environments=there))
    assert "--service-name apim-ordersdev" in files["README.md"]
    assert "`AZURE_SUBSCRIPTION_ID` is set" in files["README.md"]
    said = {n: yaml.safe_load(files[f"configuration.{n}.yaml"]) for n in there}
    assert said["dev"].keys() == {"namedValues", "backends"}
    assert said["prod"].keys() == {"namedValues"}
    (backend,) = said["dev"]["backends"]
    assert backend["name"] == "ingress" and backend["properties"].keys() == {"url"}
    assert "ordersdev" in backend["properties"]["url"]
    laid = under(files, "environments/")
    assert laid and all(path.startswith("dev/") and path.endswith("policy.xml") for path in laid)
    issuer = "<issuer>https://dev.contoso.example/v2.0</issuer>"
    assert issuer in laid["dev/apis/orders/policy.xml"]
    assert issuer not in "".join(under(files, f"{FOLDER}/").values())
    assert "cp -R apim-artifacts/. environments/dev/. build/dev" in files["README.md"]


def test_the_table_has_every_type_that_a_template_makes() -> None:
    placement = bundled("contoso-retail").placement("self-hosted-gateway")
    made = {kind(path) for path in in_template(built(placement))}
    assert made <= {row.id for row in apiops_types()} | LEFT


def test_the_readme_says_where_the_pipeline_begins_and_how_there_are_three_environments(
    tmp_path: Path,
) -> None:
    folder = with_environments(tmp_path, "")
    one = exported(export_format("apiops"), built(alone(read_workload(folder), "ingress-mtls")))
    readme = one["README.md"]
    assert "this folder takes the place of `30-apis-01`" in readme
    assert "`20-gateway` and `22-gateway-certificates` of the templates" in readme
    assert "(certificates and manifests)" in readme
    said = readme.partition("```yaml\n")[2].partition("```")[0]
    placement = alone(read_workload(with_environments(tmp_path, f"\n{said}")), "ingress-mtls")
    three = exported(export_format("apiops"), in_environments(artefacts(placement)))
    names = {path for path in three if path.startswith("configuration.")}
    assert names == {f"configuration.{name}.yaml" for name in ("dev", "test", "prod")}
    assert "```yaml" not in three["README.md"]
