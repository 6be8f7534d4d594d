"""What a placement is built with, as files; what cannot be made is said and stops nothing."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from functools import cache

import pytest

import scenario
from apim_aks.artefacts import Artefacts, archive, artefacts, deploy_command
from apim_aks.design import Design, design
from apim_aks.options import OPTIONS
from apim_aks.workload import Azure
from apim_aks.workload_file import read_workload
from toy_option import OPTION as TOY

every = pytest.mark.parametrize("id", [o.id for o in OPTIONS])


@cache
def designed() -> Design:
    return design(read_workload("contoso-orders"), (*OPTIONS, TOY))


def built(id: str) -> Artefacts:
    return artefacts(designed(), designed().placement(id))


def cramped() -> Artefacts:
    azure = Azure(settings={"address_space": "10.90.0.0/30"})
    made = design(scenario.shop(azure=azure))
    return artefacts(made, made.placement("vnet-internal"))


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
