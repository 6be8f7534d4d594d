"""Evaluates the templates in order, as if each stage had been deployed before the next."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from apim_aks.deployment.project import Piece, Project
from apim_aks.listing import counted
from apim_aks.reachability.templates import Declared, Unknown, declared, evaluation, unknowns

SUBSCRIPTION = "<subscription>"
Said = tuple[str, tuple[str, ...], tuple[str, ...]]
"""What was found, what would stop the stage, and what only Azure can tell."""


@dataclass
class AzureWalk:
    """The resources created so far, by id, and the outputs of the stages."""

    project: Project
    outputs: dict[str, Any] = field(default_factory=dict)
    _made: dict[str, Declared] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._stage_of = {
            r.id(SUBSCRIPTION).lower(): piece.stage
            for piece in self.project.pieces
            for r in piece.declared()
        }

    def deployed(self, piece: Piece) -> Said:
        """Evaluates the stage against the resources so far and adds its own.

        Raises:
            InputError: an expression cannot be evaluated.
        """
        problems: list[str] = []
        seen = evaluation(
            piece.template,
            piece.parameters,
            group=piece.group,
            functions={"reference": lambda id, *_: self._reference(piece, str(id), problems)},
        )
        made = tuple(declared(piece.template, seen))
        self._made |= {r.id(SUBSCRIPTION).lower(): r for r in made}
        problems += self._orphans(piece, made)
        values = [r.held(key) for r in made for key in ("name", "properties", "identity", "tags")]
        named = piece.template.get("outputs") or {}
        put_out = {name: seen.value(held.get("value")) for name, held in named.items()}
        self.outputs |= put_out
        asked = sorted({found.name for found in unknowns([values, put_out])})
        unknown = (f"known only to Azure or the deployer: {', '.join(asked)}",) if asked else ()
        return counted(len(made), "resource"), tuple(problems), unknown

    def _reference(self, piece: Piece, id: str, problems: list[str]) -> Any:
        """A reference to a resource: whether it exists by then, or is created in a later stage."""
        stage = self._stage_of.get(id.lower())
        if stage not in (None, piece.stage) and id.lower() not in self._made:
            problems.append(f"{piece.stage} asks {id}, which {stage} creates later")
        return Unknown("reference")

    def _orphans(self, piece: Piece, made: tuple[Declared, ...]) -> Iterator[str]:
        """Child resources whose parent is created in a later stage."""
        for resource in made:
            parent = resource.id(SUBSCRIPTION).lower().rsplit("/", 2)[0]
            later = self._stage_of.get(parent)
            if later not in (None, piece.stage) and parent not in self._made:
                child = f"{resource.type} {resource.name}"
                yield f"{piece.stage} makes {child} before {later} creates its parent"
