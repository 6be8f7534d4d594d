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
from apim_aks.artefacts.export.origin import elsewhere, origin, readme, steps_by_hand
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
_TYPES = {"string": "string", "array": "list(string)"}


def files(built: Artefacts) -> Mapping[str, str]:
    """The files of the root module, with policies and OpenAPI documents beside them."""
    whole = module(typed_stages(built.stages))
    made: dict[str, Json] = {
        "main.tf.json": _main(whole),
        "variables.tf.json": {"variable": _variables(whole.stages)},
        "outputs.tf.json": {"output": dict(_outputs(whole))},
        **{f"{name}.tf.json": {"resource": found} for name, found in blocks(whole)},
    }
    head = {"//": origin(built, "terraform")}
    texts = {name: _json(head | content) for name, content in made.items()}
    documents = {path: document.text for document, path in whole.documents.items()}
    values = {"terraform.tfvars.json": _json(_given(whole.stages))}
    return texts | documents | values | {"README.md": _readme(built, whole)}


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


def _variables(stages: Sequence[TypedStage]) -> Json:
    found: Json = {}
    for stage in stages:
        for name, declaration in stage.parameters.items():
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


def _given(stages: Sequence[TypedStage]) -> Json:
    """What the workload says of the variables; values are no templates in this file."""
    return {variable(name): value for stage in stages for name, value in stage.given.items()}


def _outputs(whole: Module) -> Iterator[tuple[str, Json]]:
    for stage in whole.stages:
        for name, part in stage.outputs.items():
            yield snake(split(name)), {"value": template(part, whole.scope(stage))}


def _readme(built: Artefacts, whole: Module) -> str:
    asked = dict.fromkeys(variable(n) for s in built.stages for n in s.asked)
    words = ", ".join(f"`{n}`" for n in asked)
    return readme(
        built,
        "terraform",
        "Terraform",
        "The resource groups have to be there: "
        f"{', '.join(dict.fromkeys(s.group for s in whole.stages))}. "
        + (f"Only you know {words}: give them as `TF_VAR_…` or `-var`. " if asked else "")
        + "No secret is written here.",
        "```sh\n" + "\n".join(_commands(whole.stages)) + "\n```",
        *steps_by_hand(built).values(),
        *elsewhere(built, "terraform"),
        "Types, API versions and bodies are those of the ARM templates, and names that a template "
        "makes with guid() or uniqueString() are the same. What is there already is taken over "
        "with `terraform import`. Azure formats policies anew, so that a plan may show their text "
        "as changed: https://github.com/Azure/terraform-provider-azapi/issues/334.",
    )


def _commands(stages: Sequence[TypedStage]) -> Iterator[str]:
    """What is typed, with a pause before each stage that a step by hand comes before."""
    yield "terraform init"
    done: list[str] = []
    for before, stage in zip(stages, stages[1:], strict=False):
        if stage.steps:
            yield f"terraform apply -target={gate_after(before)}{_done(done)}"
            yield f"# now: {', '.join(stage.steps)}"
            done += stage.steps
    yield f"terraform apply{_done(done)}"


def _done(steps: Sequence[str]) -> str:
    return f" -var 'steps_done={json.dumps(list(steps))}'" if steps else ""
