"""What a file of an export says of itself: how it was made, and how it is made again."""

from __future__ import annotations

import hashlib
import re
import shlex

from apim_aks.artefacts.arm_templates import certificate_commands
from apim_aks.artefacts.bundle import Artefacts
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
        "The same command makes it again; where somebody changed a file, it writes none. "
        "To change what it says, change the workload, or copy the folder and own the copy."
    )


def readme(built: Artefacts, format: str, title: str, *paragraphs: str) -> str:
    """A README for the folder of an export: what it is, how it is used, how it was made."""
    head = f"# {title}: {_one_line(built.drawn.workload.title)}, {built.drawn.option.title}"
    return "\n\n".join((head, *paragraphs, origin(built, format))) + "\n"


def _one_line(text: str) -> str:
    """A text of somebody else in Markdown: no block, no code, no tag, no link begins in it."""
    return _MARKS.sub(r"\\\g<0>", " ".join(text.split()))


def elsewhere(built: Artefacts, format: str) -> tuple[str, ...]:
    """Of a format that holds one deployment: how the environments of the workload are exported."""
    if not built.environments:
        return ()
    listed = "\n".join(f"- `{command(there, format)}`" for there in built.environments.values())
    return (
        "These files are what workload.yaml says outside its environments. Each environment has "
        f"files of its own:\n\n{listed}",
    )


def steps_by_hand(built: Artefacts) -> dict[str, str]:
    """What no template can do by step, with its commands, for a README of a format of resources."""
    steps = {step for stage in built.stages for step in stage.needs}
    commands = "\n".join(certificate_commands(built.vault_entries))
    words = {
        "certificates": f"**certificates**: put certificates and secrets into the vault.\n\n"
        f"```sh\n{commands}\n```",
        "manifests": "**manifests**: apply the overlay `deploy` of "
        f"`{command(built, 'kustomize')}` to the cluster, as its README says. What closes the "
        "entries of today comes only after everybody has moved.",
        "approval": "**approval**: approve the private endpoint that Front Door asks for, at API "
        "Management under network, private endpoint connections.",
    }
    return {step: text for step, text in words.items() if step in steps}
