"""Terraform with the azapi provider: the resources of the templates as `azapi_resource`.

One root module with a file for each stage. `terraform_data.after_<stage>` stands for a whole stage,
so that one can be applied without the next, and `before_<stage>` refuses until its step by hand is
done. https://github.com/Azure/terraform-provider-azapi/blob/v2.12.0/docs/resources/resource.md
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from apim_aks.artefacts.bundle import Artefacts
from apim_aks.artefacts.export.deployments import Deployments
from apim_aks.artefacts.export.origin import (
    first_needed,
    laid_out,
    origin,
    set_readme,
    steps_by_hand,
)
from apim_aks.artefacts.export.symbols import snake, split
from apim_aks.artefacts.export.terraform.expressions import (
    group_id,
    group_local,
    template,
    variable,
)
from apim_aks.artefacts.export.terraform.resources import (
    Module,
    blocks,
    data_sources,
    gate_after,
    module,
)
from apim_aks.artefacts.export.typed_stages import TypedStage, typed_stages
from apim_aks.facts.exports import export_defaults

Json = dict[str, Any]
_TYPES = {"string": "string", "array": "list(string)", "int": "number", "bool": "bool"}


def files(built: Artefacts) -> Mapping[str, str]:
    """The files of the root module, and the values of each deployment of it."""
    return laid_out(built, _files)


def _files(built: Artefacts, one: Deployments) -> Mapping[str, str]:
    whole = module(typed_stages(one.stages))
    made: dict[str, Json] = {
        "main.tf.json": _main(whole),
        "variables.tf.json": {"variable": _variables(whole.stages, one)},
        "outputs.tf.json": {"output": dict(_outputs(whole))},
        **{f"{name}.tf.json": {"resource": found} for name, found in blocks(whole)},
    }
    head = {"//": origin(built, "terraform")}
    texts = {name: _json(head | content) for name, content in made.items()}
    documents = {path: document.text for document, path in whole.documents.items()}
    values = {_values_file(name): _json(_given(one, name)) for name in one.each}
    return texts | documents | values | {"README.md": _readme(built, one, whole)}


def _values_file(name: str) -> str:
    return f"{name or 'terraform'}.tfvars.json"


def _json(value: Json) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _main(whole: Module) -> Json:
    pinned = export_defaults()
    provider = {"source": "Azure/azapi", "version": pinned.azapi_version}
    targets = (r.target for s in whole.stages for r in s.resources)
    groups = (*(s.group for s in whole.stages), *(t.group for t in targets))
    known = (*groups, *(t.group for t in whole.versions))
    read = data_sources(whole)
    return {
        "terraform": {
            "required_version": pinned.terraform_version,
            "required_providers": {"azapi": provider},
        },
        "provider": {"azapi": {}},
        "data": {
            "azapi_client_config": {"current": {}},
            **({"azapi_resource": read} if read else {}),
        },
        "locals": {group_local(g): group_id(g) for g in dict.fromkeys(known)},
    }


def _variables(stages: Sequence[TypedStage], one: Deployments) -> Json:
    declared = {n: p for s in stages for n, p in s.parameters.items()}
    found: Json = {}
    for name, declaration in {**one.groups, **declared}.items():
        default = declaration.get("defaultValue")
        found[variable(name)] = {
            "type": _TYPES[declaration["type"]],
            "description": declaration["metadata"]["description"],
            **({} if default is None else {"default": default}),
        }
    steps = [step for stage in stages for step in stage.steps]
    if steps:
        found["steps_done"] = {
            "type": "list(string)",
            "description": f"Steps by hand that are done, of {', '.join(steps)}; see README.md",
            "default": [],
        }
    return found


def _given(one: Deployments, name: str) -> Json:
    """What the workload says of the variables; values are no templates in this file."""
    return {variable(n): value for n, value in one.given(name).items()}


def _outputs(whole: Module) -> Iterator[tuple[str, Json]]:
    for stage in whole.stages:
        for name, part in stage.outputs.items():
            yield snake(split(name)), {"value": template(part, whole.scope(stage))}


def _readme(built: Artefacts, one: Deployments, whole: Module) -> str:
    about = [
        "Types, API versions and bodies are those of the ARM templates, and names that a template "
        "makes with guid() or uniqueString() are the same. What is there already is taken over "
        "with `terraform import`. Azure formats policies anew, so that a plan may show their text "
        "as changed: https://github.com/Azure/terraform-provider-azapi/issues/334.",
    ]
    if one.is_named:
        about.insert(
            0,
            "One module for the environments named below; what differs in each stands in "
            "`<environment>.tfvars.json`. Each has a state of its own: here a workspace, in a "
            "pipeline perhaps a backend configuration instead.",
        )
    return set_readme(
        built, "terraform", "Terraform", one, about, lambda name: _applied(built, one, name, whole)
    )


def _applied(built: Artefacts, one: Deployments, name: str, whole: Module) -> Iterator[str]:
    yield first_needed(one, name, variable, "as `TF_VAR_<name>` or `-var`")
    yield "```sh\n" + "\n".join(_commands(whole.stages, name)) + "\n```"
    yield from steps_by_hand(built, one.each[name], name).values()


def _commands(stages: Sequence[TypedStage], name: str) -> Iterator[str]:
    """What is typed, with a pause before each stage that a step by hand comes before."""
    yield "terraform init"
    if name:
        yield f"terraform workspace select -or-create {name}"
    apply = f"terraform apply -var-file={_values_file(name)}" if name else "terraform apply"
    done: list[str] = []
    for before, stage in zip(stages, stages[1:], strict=False):
        if stage.steps:
            yield f"{apply} -target={gate_after(before)}{_done(done)}"
            yield f"# now: {', '.join(stage.steps)}"
            done += stage.steps
    yield f"{apply}{_done(done)}"


def _done(steps: Sequence[str]) -> str:
    return f" -var 'steps_done={json.dumps(list(steps))}'" if steps else ""
