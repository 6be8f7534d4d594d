"""The folder that the APIOps tools publish from: Azure/apiops-cli, and Azure/apiops before it.

The children of API Management as both tools extract them, with `configuration.<environment>.yaml`
for what differs. The service itself, its network and its vault are no part of APIOps.
https://github.com/Azure/apiops-cli/blob/main/docs/reference/artifact-format.md
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping, Sequence

from apim_aks.artefacts.bundle import Artefacts
from apim_aks.artefacts.export.apiops.artifacts import Artifacts, Layout, artifacts
from apim_aks.artefacts.export.apiops.configuration import overlaid, overrides, written
from apim_aks.artefacts.export.origin import origin, readme
from apim_aks.facts.exports import apiops_types
from apim_aks.listing import listed
from apim_aks.workload.documents import dump
from apim_aks.workload.names import names_of

CLI, TOOLKIT = "apiops", "apiops-toolkit"
FOLDER = "apim-artifacts"
_CHILDREN = "30-apis"
"""The stages whose resources are children of API Management and nothing else."""
TOKEN = re.compile(r"\{#\[\w+\]#\}")
_LAYOUTS: Mapping[str, Layout] = {CLI: lambda row: row.cli, TOOLKIT: lambda row: row.toolkit}
_PUBLISH = {
    CLI: "apiops publish --source {folder} --overrides configuration.{name}.yaml "
    "--resource-group {group} --service-name {service}",
    TOOLKIT: "API_MANAGEMENT_SERVICE_OUTPUT_FOLDER_PATH={folder} "
    "CONFIGURATION_YAML_PATH=configuration.{name}.yaml AZURE_RESOURCE_GROUP_NAME={group} "
    "API_MANAGEMENT_SERVICE_NAME={service} publisher",
}


def for_cli(built: Artefacts) -> Mapping[str, str]:
    """The folder as apiops-cli reads it."""
    return _files(built, CLI)


def for_toolkit(built: Artefacts) -> Mapping[str, str]:
    """The folder as the publisher of Azure/apiops reads it."""
    return _files(built, TOOLKIT)


def _files(built: Artefacts, format: str) -> Mapping[str, str]:
    layout = _LAYOUTS[format]
    base = artifacts(built.stages, layout)
    there = {n: artifacts(one.stages, layout) for n, one in built.everywhere.items()}
    paths = _information(base, there, layout)
    made = {f"{FOLDER}/{path}": text for path, text in base.files.items()}
    laid = {name: overlaid(base, one, paths) for name, one in there.items()}
    for name, one in there.items():
        said = written(origin(built, format), one.asked, overrides(base, one))
        made[f"configuration.{name}.yaml"] = said
        made |= {f"environments/{name}/{path}": text for path, text in laid[name].items()}
    return made | {"README.md": _readme(built, format, base, laid, there)}


def _information(base: Artifacts, there: Mapping[str, Artifacts], layout: Layout) -> dict[str, str]:
    rows = {row.section: row for row in apiops_types() if row.section}
    keys = (key for one in (base, *there.values()) for key in one.settings)
    return {f"{section}/{name}": layout(rows[section]).format(name) for section, name in keys}


def _readme(
    built: Artefacts,
    format: str,
    base: Artifacts,
    laid: Mapping[str, Mapping[str, str]],
    there: Mapping[str, Artifacts],
) -> str:
    title = "APIOps" if format == CLI else "APIOps (Azure/apiops)"
    commands = {n: _commands(format, n, built.everywhere[n], laid[n]) for n in there}
    paragraphs = (*_before(built), *_paragraphs(base, there, commands), *_one_alone(built))
    return readme(built, format, title, *paragraphs)


def _before(built: Artefacts) -> Iterator[str]:
    """Where the templates end and the pipeline begins."""
    every = dict.fromkeys(s.name for one in built.everywhere.values() for s in one.stages)
    ours = [name for name in every if not name.startswith(_CHILDREN)]
    theirs = [name for name in every if name.startswith(_CHILDREN)]
    steps = {step for one in built.everywhere.values() for s in one.stages for step in s.needs}
    by_hand = listed(sorted(steps - every.keys()))
    yield (
        f"What API Management publishes. {_stages(ours)} of the templates (`apim-aks export arm`, "
        "`bicep` or `terraform`) come first: the service itself, its network, its vault"
        + (f"; and the steps by hand that their README names ({by_hand}). " if by_hand else ". ")
        + f"Then the pipeline begins: this folder takes the place of {_stages(theirs)}, which is "
        "not deployed from the templates. What both have (back ends, named values, the logger) is "
        "the same in both."
    )


def _stages(names: Sequence[str]) -> str:
    return listed([f"`{name}`" for name in names]) or "no stage"


def _one_alone(built: Artefacts) -> Iterator[str]:
    """How there is a configuration for each environment, where workload.yaml states none."""
    workload = built.drawn.workload
    if built.environments or workload.environment:
        return
    suffix = names_of(workload).suffix
    said = {
        name: {"azure": {"name_suffix": f"{suffix}{name}"}} if name != "prod" else {}
        for name in ("dev", "test", "prod")
    }
    yield (
        "There is one configuration, since workload.yaml states no environments: what instance, "
        "host name and issuer another has is yours to say. With this in workload.yaml (and in each "
        "what else differs: region, host_name, units, tier, issuers) the same command writes a "
        "configuration for each:\n\n"
        f"```yaml\n{dump({'environments': said})}```"
    )


def _paragraphs(
    base: Artifacts, there: Mapping[str, Artifacts], commands: Mapping[str, str]
) -> Iterator[str]:
    yield (
        "You are signed in as somebody who may write to the instance (`az login`, or what the "
        "pipeline has), and `AZURE_SUBSCRIPTION_ID` is set to its subscription."
    )
    for name, lines in commands.items():
        yield f"**{name}**\n\n```sh\n{lines}\n```"
    tokens = {t: m for one in there.values() for t, m in one.asked.items()}
    if tokens:
        yield (
            "The pipeline replaces these tokens before it publishes; publish nothing without a "
            "configuration, since the tokens stand in the folder too."
        )
        yield "\n".join(f"- `{{#[{token}]#}}`: {meaning}." for token, meaning in tokens.items())
    yield from _taken_for_tokens(base, there)
    yield from _missing(base, there)


def _taken_for_tokens(base: Artifacts, there: Mapping[str, Artifacts]) -> Iterator[str]:
    """Texts of the workload that a pipeline would replace, since they look like its tokens."""
    found = {
        f"`{token}` in `{path}`"
        for one in (base, *there.values())
        for path, text in one.files.items()
        for token in TOKEN.findall(text)
        if path.endswith("/specification.json") or token.strip("{#[]}") not in one.asked
    }
    if found:
        listed = "\n".join(f"- {words}" for words in sorted(found))
        yield f"Texts of the workload that look like a token; reword them there:\n\n{listed}"


def _commands(format: str, name: str, one: Artefacts, laid: Mapping[str, str]) -> str:
    """The lines that publish an environment; files that differ are laid over a copy first."""
    group, service = _instance(one)
    folder = f"build/{name}" if laid else FOLDER
    copied = f"mkdir -p {folder} && cp -R {FOLDER}/. environments/{name}/. {folder}\n"
    said = _PUBLISH[format].format(folder=folder, name=name, group=group, service=service)
    return f"{copied if laid else ''}{said}"


def _instance(one: Artefacts) -> tuple[str, str]:
    """Resource group and name of the service, quoted for a shell."""
    stage = next(s for s in one.stages if "gatewayName" in s.parameters["parameters"])
    name = stage.parameters["parameters"]["gatewayName"]["value"]
    return shlex.quote(stage.resource_group), shlex.quote(name)


def _missing(base: Artifacts, there: Mapping[str, Artifacts]) -> Iterator[str]:
    """What the folder does not hold, and what a folder laid over another cannot take away."""
    for name, one in there.items():
        for path in sorted(base.files.keys() - one.files.keys()):
            yield f"`{path}` is not in {name}: leave it out of what is published there."
    if base.left:
        listed = "\n".join(f"- {sentence}" for sentence in base.left)
        yield f"What these tools do not publish:\n\n{listed}"
