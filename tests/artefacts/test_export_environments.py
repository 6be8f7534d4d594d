"""Environments in every format: one set of files for all that differ in values alone.

What a set says with the parameters of an environment is what is deployed there, resource by
resource; one environment changed is the lines that say it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from apim_aks.artefacts.bundle import Artefacts, artefacts
from apim_aks.artefacts.export import FORMATS, Format, exported
from apim_aks.artefacts.export.deployments import Deployments, deployments
from apim_aks.artefacts.export.terraform.expressions import variable
from apim_aks.decision.environments import in_environments
from apim_aks.workload.file import read_workload
from tests.support import bicep, hcl, terraform
from tests.support.designs import alone
from tests.support.environments import ENVIRONMENTS, with_environments
from tests.support.exported import Made, as_a_whole, of_templates, steps_of, typed, values
from tests.support.series import at_length

BEFORE, NOW = "ordersdev", "ordersnew"


def made(folder: Path, said: str, option: str = "ingress-mtls", **of: str) -> Artefacts:
    """What is built everywhere."""
    placement = alone(read_workload(with_environments(folder, said, **of)), option)
    return in_environments(artefacts(placement))


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> list[Artefacts]:
    folder = tmp_path_factory.mktemp("workload")
    return [made(folder, ENVIRONMENTS.replace(BEFORE, suffix)) for suffix in (BEFORE, NOW)]


def lines(files: Mapping[str, str]) -> set[tuple[str, str]]:
    return {(path, line) for path, text in files.items() for line in text.splitlines()}


@pytest.mark.parametrize("format", FORMATS, ids=[f.id for f in FORMATS])
def test_only_the_expected_lines_differ(format: Format, both: list[Artefacts]) -> None:
    old, new = (exported(format, one) for one in both)
    assert old.keys() == new.keys()
    gone, come = lines(old) - lines(new), lines(new) - lines(old)
    assert {(p, line.replace(BEFORE, NOW)) for p, line in gone} == come
    assert all("dev" in path or path == "README.md" for path, _ in come)
    assert bool(come) is (format.id != "gitops"), "GitOps names environments, not their instances"


NAMES = """
environments:
  dev: {azure: {name_suffix: devone, region: northeurope, host_name: api.dev.example}}
  test: {azure: {name_suffix: testone, host_name: api.test.example}}
  prod: {azure: {host_name: api.contoso.example}, traffic: {units: 3}}
"""
ISSUERS = """
environments:
  dev:
    azure: {name_suffix: devone}
    services_authenticate:
      orders: {issuer: https://login.dev.example/v2.0, audience: api-dev}
  prod:
    services_authenticate:
      orders: {issuer: https://login.contoso.example/v2.0, audience: api-prod}
"""
THERE = """
environments:
  dev:
    azure:
      existing:
        api_management: {name: apim-dev, resource_group: rg-apim-dev}
        network: {name: vnet-dev, resource_group: rg-net-dev}
        key_vault: {name: kv-dev, resource_group: rg-kv-dev}
      name_suffix: devone
      gateway_subnet: 10.20.3.0/27
      address_space: 10.90.0.0/16
  prod:
    azure:
      existing:
        api_management: {name: apim-prod, resource_group: rg-apim-prod}
        network: {name: vnet-prod, resource_group: rg-net-prod}
        key_vault: {name: kv-prod, resource_group: rg-kv-prod}
      gateway_subnet: 10.30.3.0/27
      address_space: 10.91.0.0/16
"""
SCENES = {
    "names": (NAMES, "contoso-orders", "ingress-mtls"),
    "private names": (NAMES, "contoso-retail", "vnet-internal"),
    "issuers": (ISSUERS, "contoso-retail", "ingress-mtls"),
    "there": (THERE, "contoso-orders", "v2-injection"),
}


@pytest.mark.parametrize("said, name, option", SCENES.values(), ids=list(SCENES))
def test_a_set_is_what_each_environment_deploys(
    said: str, name: str, option: str, tmp_path: Path
) -> None:
    built = made(tmp_path, said, option, name=name)
    (one,) = deployments(built)
    assert set(one.each) == set(built.environments) and not one.notes
    files = {f.id: exported(f, built) for f in FORMATS[:3]}
    for environment, there in built.environments.items():
        wanted = list(of_templates(there.stages))
        for found in (
            of_arm(files["arm"], one, environment),
            of_bicep(files["bicep"], one, environment),
            of_terraform(files["terraform"], one, environment),
        ):
            order = {(m.stage, m.id): at for at, m in enumerate(wanted)}
            found = sorted(found, key=lambda m: order[m.stage, m.id])
            for own, template in zip(found, wanted, strict=True):
                assert (own.version, own.body) == (template.version, template.body), own.id
                assert own.waits >= template.waits, own.id


def of_arm(files: Mapping[str, str], one: Deployments, name: str) -> Sequence[Made]:
    """The templates with the parameters files of the environment."""
    stages = [
        replace(
            stage,
            template=json.loads(files[f"{stage.name}.json"]),
            parameters=json.loads(files[f"{stage.name}.parameters.{name}.json"]),
        )
        for stage in one.deployed(name)
    ]
    for stage in stages:
        assert stage.parameters["parameters"].keys() <= stage.template["parameters"].keys()
    return list(of_templates(stages))


def of_bicep(files: Mapping[str, str], one: Deployments, name: str) -> Sequence[Made]:
    said = bicep.parameters_of(files[f"main.{name}.bicepparam"], lambda asked: f"${asked}")
    stages = one.deployed(name)
    given = values(stages) | {n: v for n, v in said.items() if n not in one.asked(name)}
    steps = {"stepsDone": steps_of(stages)} if steps_of(stages) else {}
    found = bicep.deployed(files, "main.bicep", stages[0].resource_group, given | steps)
    return found.made


def of_terraform(files: Mapping[str, str], one: Deployments, name: str) -> Sequence[Made]:
    stages = one.deployed(name)
    said = json.loads(files[f"{name}.tfvars.json"])
    given = {variable(n): v for n, v in values(stages).items()} | said
    steps = {"steps_done": steps_of(stages)} if steps_of(stages) else {}
    found, _ = hcl.module(files, given | steps, f"{name}.tfvars.json")
    return as_a_whole(found)


@at_length
@pytest.mark.skipif(terraform.TERRAFORM is None, reason="terraform is not installed")
@pytest.mark.parametrize("scene", [*SCENES, "tiers"])
def test_terraform_applies_the_set_with_each_file_of_variables(scene: str, tmp_path: Path) -> None:
    """Terraform itself reads the module of a set with `-var-file`, and asks for nothing else."""
    tiers = (ENVIRONMENTS, "contoso-orders", "vnet-internal")
    said, name, option = SCENES.get(scene, tiers)
    built = made(tmp_path, said, option, name=name)
    files = exported(FORMATS[2], built)
    sets = deployments(built)
    apart = tuple(f"{one.folder}/" for one in sets if one.folder)
    for one in sets:
        start = f"{one.folder}/" if one.folder else ""
        own = {p.removeprefix(start): t for p, t in files.items() if p.startswith(start)}
        own = {path: text for path, text in own.items() if not path.startswith(apart)}
        for environment in one.each:
            stages, var_file = one.deployed(environment), f"{environment}.tfvars.json"
            given = values(stages)
            asked = {variable(n): given[n] for n in one.asked(environment)}
            known = {**asked, "steps_done": steps_of(stages)} if steps_of(stages) else asked
            applied = terraform.applied(tmp_path / environment, own, known, var_file)
            found = of_terraform(own, one, environment)
            sent = bodies(applied)
            assert sorted(g["type"] for g in sent) == sorted(
                f"{typed(m.id)}@{m.version}" for m in found
            )
            regions = {m.body["location"] for m in found if "location" in m.body}
            assert {g["location"] for g in sent if "location" in g} == regions


def bodies(applied: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The resources that Terraform made or changed; what it only looks up has no body."""
    given = [v["input"][terraform.GIVEN] for a, v in applied.items() if a.startswith("azapi_")]
    return [g for g in given if "body" in g]


def test_what_is_no_value_has_a_folder_and_a_reason(both: list[Artefacts]) -> None:
    home, apart = deployments(both[0])
    assert (list(home.each), list(apart.each), apart.folder) == (["dev", "prod"], ["test"], "test")
    (note,) = apart.notes
    assert home.notes == apart.notes
    assert note == (
        "In `test/`: test, which differs from dev and prod in more than values. "
        "22-gateway-certificates: Microsoft.ApiManagement/service is in dev and prod alone."
    )
    for format in FORMATS[:3]:
        files = exported(format, both[0])
        assert note in files["README.md"] and note in files["test/README.md"]
