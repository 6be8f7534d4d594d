"""What is built for a placement: resources, templates, manifests, policies; why, and whose."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from apim_aks.artefacts.arm_templates import Stage
from apim_aks.artefacts.arm_templates import built as built_types
from apim_aks.artefacts.bundle import Artefact, Artefacts, deploy_command
from apim_aks.columns import Column
from apim_aks.facts import manifest_file
from apim_aks.listing import counted
from apim_aks.page.html import (
    ROWS,
    Content,
    Heading,
    Html,
    bounded,
    code,
    element,
    folded,
    items,
    joined,
    mark,
    paragraph,
    some,
    table,
)

POLICY = "NetworkPolicy"
TEXT = 60_000
"""Characters of one file that a page shows: some fifteen hundred lines."""
_LITERAL = re.compile(r"parameters\('(\w+)'\)|'((?:[^']|'')*)'")


def refused(built: Artefacts) -> Html:
    """What could not be made for this placement, and why; nothing where all was."""
    if not built.refused:
        return Html("")
    title = built.drawn.option.title
    said = f" For {title} not everything can be made as the workload asks for it:"
    return paragraph(mark("fail", "✗", "not built"), said) + items(built.refused)


def built_table(built: Artefacts) -> Html:
    """Every resource that is built, step by step: what it is, why it is there, who owns it."""
    return refused(built) + _resources_table(built) + _cut_calls(built)


def built_folded(built: Artefacts, summary: str) -> Html:
    """The same with the table folded; what is not built and what is cut off stays in sight."""
    return refused(built) + folded(summary, _resources_table(built)) + _cut_calls(built)


def _resources_table(built: Artefacts) -> Html:
    return table(
        f"What is built: {built.drawn.option.title}",
        _built(built),
        Column("Resource", lambda made: made.label),
        Column("Names", lambda made: made.names),
        Column("Type", lambda made: made.type),
        Column("Why", lambda made: made.because),
        Column("Owner", lambda made: made.owner),
    )


@dataclass(frozen=True, slots=True)
class _Made:
    """Things of one type that are built in one step."""

    label: Content
    names: Content
    type: Content
    because: str
    owner: str


def _cut_calls(built: Artefacts) -> Html:
    """What network policies do to calls that no picture shows; nothing where there are none."""
    if not any(o["kind"] == POLICY for file in built.manifests for o in file.objects):
        return Html("")
    said = (
        " The network policies also cut calls between Services that are not drawn here; policies "
        "add up, so such a caller is admitted by one more on the called pods that names the "
        "caller's namespace and pods under "
    )
    return paragraph(mark("warn", "!", "know"), said, code("ingress.from"), ".")


def _built(built: Artefacts) -> Iterator[_Made | Heading]:
    done: set[str] = set()
    for stage in built.stages:
        for need in stage.needs:
            if need == "manifests":
                yield from _certificates(built, done)
                yield from _in_the_cluster(built)
            if need == "certificates":
                yield from _certificates(built, done)
            if need == "approval":
                yield Heading(_APPROVAL)
        yield Heading(f"{stage.name}: {stage.because}")
        yield from _stage_rows(stage, built)


_APPROVAL = (
    "approval: somebody approves Front Door's private endpoint at API Management. Nobody knows its "
    "name before, so that no template does it; deploy says the commands."
)


def _certificates(built: Artefacts, done: set[str]) -> Iterator[_Made | Heading]:
    if not built.vault_entries or "certificates" in done:
        return
    done.add("certificates")
    yield Heading(
        "certificates: a step of its own. Templates know keys and secrets, but no certificates."
    )
    names = [c.purpose for c in built.drawn.topology.certificates]
    why = "keys are made in the vault and stand in no file"
    yield _Made("Certificate", some(names), "Key Vault", why, "platform team")


def _stage_rows(stage: Stage, built: Artefacts) -> Iterator[_Made]:
    file = f"{built.drawn.option.id}/arm/{stage.name}.json"
    for row in built_types((stage,)):
        names = [name(r, stage) for r in resources(stage) if r["type"] == row.type]
        listed = _names(names, file)
        yield _Made(row.label, listed, _short(row.type), row.because, row.owner)


def _names(names: Sequence[str], file: str) -> Content:
    """The names as a list; of very many the first, with a link to the file that has all."""
    if len(names) <= ROWS:
        return some(names, 3)
    link = element("a", "the file beside this page has all", href=file)
    return folded(f"show the first {ROWS} of {len(names):,}", items([*names[:ROWS], link]))


def _short(type: str) -> Html:
    """The type without Microsoft, which all begin with, to be broken after a slash."""
    words = type.removeprefix("Microsoft.").split("/")
    parts = (element("span", w, class_="whole").text for w in words)
    return element("code", Html("/<wbr>".join(parts)))


def resources(stage: Stage) -> Iterator[dict[str, Any]]:
    """The resources of a stage, those that go into other resource groups too."""
    for resource in stage.resources:
        inner = resource.get("properties", {}).get("template")
        yield from inner["resources"] if inner else (resource,)


def name(resource: dict[str, Any], stage: Stage) -> str:
    """The name of a resource as it will be; a generated one is told by what it is for."""
    if resource["name"].startswith("[guid("):
        return str(resource.get("comments") or "a name made of its scope")
    own = _resolved(resource["name"], stage).removesuffix("/policy")
    return f"{own} of {_resolved(resource['scope'], stage)}" if "scope" in resource else own


def _resolved(written: str, stage: Stage) -> str:
    """The last part of a name with what the workload gives in place of parameters."""
    if not written.startswith("["):
        return written
    given = stage.parameters["parameters"]
    parts = [
        str(given.get(p, {}).get("value", p)) if p else literal.replace("''", "'")
        for p, literal in _LITERAL.findall(written)
    ]
    if not written.startswith("[format("):
        return "/".join(parts)
    shape, *rest = parts
    return "/".join(rest[1:]) or shape.replace("{0}", rest[0]).rpartition("/")[2]


def _in_the_cluster(built: Artefacts) -> Iterator[_Made | Heading]:
    if built.manifests:
        yield Heading("manifests: into the cluster, in this order, before APIs are published.")
    for file in built.manifests:
        row = manifest_file(file.name)
        names = [f"{o['kind']} {o['metadata']['name']}" for o in file.objects]
        label = joined((element("span", row.label), Html("<br>"), element("small", file.name)))
        listed = _names(names, f"{built.drawn.option.id}/manifests/{file.name}")
        yield _Made(label, listed, _kinds(file.objects), row.because, row.owner)


def _kinds(objects: Iterable[dict[str, Any]]) -> Content:
    return some([code(k) for k in dict.fromkeys(o["kind"] for o in objects)])


def templates_table(built: Artefacts) -> Html:
    """The deployments in order: where to, what comes before, what only the deployer knows."""
    return table(
        f"Deployments in order: {built.drawn.option.title}",
        built.stages,
        Column("Stage", lambda stage: stage.name),
        Column("Resource group", lambda stage: stage.resource_group),
        Column("Makes", lambda stage: counted(sum(1 for _ in resources(stage)), "resource")),
        Column("After", lambda stage: some(stage.needs)),
        Column("You give", lambda stage: some([code(n) for n in stage.asked])),
        Column("Command", lambda stage: code(deploy_command(stage))),
    )


def manifests_folded(built: Artefacts) -> Html:
    """The manifests in apply order, each folded under its name with its reason and command."""
    if not built.manifests:
        return paragraph("Nothing is applied to the cluster.")
    pairs = zip(built.manifest_files, built.manifests, strict=True)
    return joined(_file(file, built, made.by_hand) for file, made in pairs)


def policies_folded(built: Artefacts) -> Html:
    """The policies by scope, what several share first, each folded under its name."""
    scopes: dict[str, list[Artefact]] = {}
    for document, file in zip(built.policies, built.policy_files, strict=True):
        scopes.setdefault(document.scope, []).append(file)
    title = built.drawn.option.title
    groups = (
        folded(
            f"{_SCOPES[scope]} ({len(files)}): {files[0].because}",
            bounded([_file(f, built) for f in files], f"Policies of {scope}s: {title}", joined),
        )
        for scope, files in scopes.items()
    )
    return joined(groups) if scopes else paragraph("No policy is written.")


_SCOPES = {
    "fragment": "Fragments",
    "service": "The whole gateway",
    "product": "The product",
    "api": "APIs",
    "operation": "Operations",
}


def _file(file: Artefact, built: Artefacts, by_hand: Iterable[str] = ()) -> Html:
    short = file.file.rpartition("/")[2]
    said = f" {file.because}" if file.command else ""
    summary = joined((code(short), element("span", said)))
    warned = paragraph(mark("warn", "!", "know"), f" {file.warning}") if file.warning else Html("")
    how = paragraph("Apply it: ", code(file.command)) if file.command else Html("")
    steps = joined(paragraph(mark("warn", "!", "by hand"), f" {step}") for step in by_hand)
    text = _text(file, f"{built.drawn.option.id}/{file.file}")
    return folded(summary, joined((warned, steps, how, text)))


def _text(file: Artefact, beside: str) -> Html:
    """The file, or its first lines with a link to the file beside the page."""
    whole = len(file.text) <= TEXT
    shown = file.text if whole else file.text[: file.text.rfind("\n", 0, TEXT) + 1]
    body = element("pre", element("code", shown), tabindex="0")
    if whole:
        return body
    counts = f"The first {len(shown.splitlines()):,} of {len(file.text.splitlines()):,} lines: "
    link = element("a", "the whole file beside this page", href=beside)
    return body + paragraph(counts, link, ".")
