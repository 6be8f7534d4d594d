"""What a file of an export says of itself: how it was made, and how it is made again."""

from __future__ import annotations

import hashlib
import re
import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence

from apim_aks.artefacts.arm_templates import certificate_commands
from apim_aks.artefacts.bundle import Artefacts
from apim_aks.artefacts.export.deployments import Deployments, deployments
from apim_aks.facts import DATA
from apim_aks.workload.model import Workload

_MARKS = re.compile(r"[\\`<\[]")


def command(built: Artefacts, format: str) -> str:
    """The line that makes the export again, in the folder of a workload that is not bundled."""
    workload, option = built.drawn.workload, built.drawn.option.id
    file = shlex.quote(workload.name) if _is_bundled(workload) else "workload.yaml"
    named = f"--workload {file} --option {option}"
    there = f" --environment {workload.environment}" if workload.environment else ""
    return f"apim-aks export {format} {named}{there}"


def _is_bundled(workload: Workload) -> bool:
    """The workload is the bundled one of its name, and no copy that says something else."""
    file = DATA / "workloads" / workload.name / "workload.yaml"
    read = dict(workload.digests).get(file.name)
    return file.is_file() and hashlib.sha256(file.read_bytes()).hexdigest() == read


def origin(built: Artefacts, format: str) -> str:
    """Three sentences for the head of a file, on one line."""
    return (
        f"Made by `{command(built, format)}` from what the workload and data/ say. "
        "The same command makes it again, with the same `--out` where there was one. A file that "
        "somebody changed stays; where it would be written anew, none is written. "
        "To change what it says, change the workload, or copy the folder and own the copy."
    )


def readme(built: Artefacts, format: str, title: str, *paragraphs: str) -> str:
    """A README for the folder of an export: what it is, how it is used, how it was made."""
    head = f"# {title}: {_one_line(built.drawn.workload.title)}, {built.drawn.option.title}"
    return "\n\n".join((head, *paragraphs, origin(built, format))) + "\n"


def _one_line(text: str) -> str:
    """A text of somebody else in Markdown: no block, no code, no tag, no link begins in it."""
    return _MARKS.sub(r"\\\g<0>", " ".join(text.split()))


def laid_out(
    built: Artefacts, files: Callable[[Artefacts, Deployments], Mapping[str, str]]
) -> Mapping[str, str]:
    """The files of each set of deployments, the first one's at the top."""
    return {
        f"{one.folder}/{path}" if one.folder else path: text
        for one in deployments(built)
        for path, text in files(built, one).items()
    }


def set_readme(
    built: Artefacts,
    format: str,
    title: str,
    one: Deployments,
    about: Sequence[str],
    of: Callable[[str], Iterable[str]],
) -> str:
    """The README of a set: `about` it, then what is done in each deployment by its name."""
    paragraphs = [*about, *one.notes]
    for name in one.each:
        paragraphs += [*([f"## {name}"] if name else []), *of(name)]
    end = ["## How these files were made"] if one.is_named else []
    return readme(built, format, title, *paragraphs, *end)


def first_needed(one: Deployments, name: str, spelled: Callable[[str], str], how: str) -> str:
    """What has to be there, and what only a person knows with what it means."""
    stages = one.deployed(name)
    groups = tuple(dict.fromkeys(s.resource_group for s in stages))
    there = f"group{'s have' if len(groups) > 1 else ' has'} to be there: {', '.join(groups)}"
    said = (
        "You are signed in to the subscription of this deployment (`az account show`), and its "
        f"resource {there}. No secret is written here."
    )
    declared = {n: p for s in stages for n, p in s.template["parameters"].items()}
    asked = [
        f"- `{spelled(n)}`: {declared[n]['metadata']['description']}." for n in one.asked(name)
    ]
    return "\n\n".join((said, *([f"Only you know, {how}:", "\n".join(asked)] if asked else [])))


def steps_by_hand(built: Artefacts, there: Artefacts, name: str) -> dict[str, str]:
    """What no template can do by step, with its commands, for a README of a format of resources.

    `there` is what is built in the deployment of this name.
    """
    steps = {step for stage in there.stages for step in stage.needs}
    commands = "\n".join(certificate_commands(there.vault_entries))
    overlay = f"`overlays/{name or next(iter(there.everywhere))}/deploy`"
    words = {
        "certificates": "**certificates**: put certificates and secrets into the vault. "
        "`MY_OBJECT_ID` is your object id in Entra ID "
        "(`az ad signed-in-user show --query id --output tsv`), `MY_ADDRESS` the public IPv4 "
        "address that your calls to the vault come from. Between `show` and `merge` your "
        "authority signs the `.csr` and answers with the `.crt`; files of `secret set` are yours "
        "to bring."
        f"\n\n```sh\n{commands}\n```",
        "manifests": f"**manifests**: apply the overlay {overlay} of "
        f"`{command(built, 'kustomize')}` to the cluster, as its README says. What closes the "
        "entries of today comes only after everybody has moved.",
        "approval": "**approval**: approve the private endpoint that Front Door asks for, at API "
        "Management under network, private endpoint connections.",
    }
    return {step: text for step, text in words.items() if step in steps}
