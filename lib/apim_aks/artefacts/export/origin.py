"""What a file of an export says of itself: how it was made, and how it is made again."""

from __future__ import annotations

import shlex

from apim_aks.artefacts.bundle import Artefacts


def command(built: Artefacts, format: str) -> str:
    """The line that makes the export again."""
    option = built.drawn.option.id
    workload = shlex.quote(built.drawn.workload.name)
    return f"apim-aks export {format} --workload {workload} --option {option}"


def origin(built: Artefacts, format: str) -> str:
    """Three sentences for the head of a file, on one line."""
    return (
        f"Made by `{command(built, format)}` from what the workload and data/ say. "
        "The same command makes it again and leaves a file alone that somebody changed. "
        "To change what it says, change the workload, or copy the folder and own the copy."
    )


def readme(built: Artefacts, format: str, title: str, *paragraphs: str) -> str:
    """A README for the folder of an export: what it is, how it is used, how it was made."""
    head = f"# {title}: {built.drawn.workload.title}, {built.drawn.option.title}"
    return "\n\n".join((head, *paragraphs, origin(built, format))) + "\n"
