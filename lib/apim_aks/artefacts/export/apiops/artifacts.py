"""The artifact folder of APIOps: every child of API Management that a template makes, as files."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apim_aks.artefacts.arm_templates import Stage
from apim_aks.artefacts.export.apiops.raw_policies import raw
from apim_aks.artefacts.export.apiops.specification import specification
from apim_aks.artefacts.export.apiops.values import SERVICE, Values
from apim_aks.artefacts.export.typed_stages import Document, typed_stages
from apim_aks.facts.exports import ApiOpsType, apiops_types

Layout = Callable[[ApiOpsType], str]
"""Where a tool looks for a type."""

_MADE_BY_TOOLS = {"format", "value"}
"""Properties of documents, which both tools put together from the file and its kind."""


@dataclass(frozen=True, slots=True)
class Child:
    """A child of API Management: its type below the service, its names, what the templates say."""

    kind: str
    names: tuple[str, ...]
    properties: Mapping[str, Any]
    stage: str

    @property
    def called(self) -> str:
        """Type and name in a sentence."""
        return f"{self.kind} {'/'.join(self.names)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifacts:
    """The files of a folder by path, and the properties of each child that configuration can say.

    `asked` are the tokens with what each stands for, `left` says in sentences what the tools do
    not publish.
    """

    files: Mapping[str, str]
    settings: Mapping[tuple[str, str], Mapping[str, Any]]
    asked: Mapping[str, str]
    left: tuple[str, ...]


def artifacts(stages: Sequence[Stage], layout: Layout) -> Artifacts:
    """The children of API Management that these stages make, where a tool looks for them.

    Raises:
        InputError: a value of a template has no counterpart here.
    """
    asked: dict[str, str] = {}
    children = tuple(_children(stages, asked))
    rows = {row.id: row for row in apiops_types()}
    files: dict[str, str] = {}
    left = [_left(c) for c in children if c.kind not in rows]
    for child in children:
        if child.kind in rows:
            path = layout(rows[child.kind]).format(*child.names)
            left += _add(files, path, child, children)
    settings = {
        (row.section, child.names[-1]): _stated(child)
        for child in children
        if (row := rows.get(child.kind)) and row.section
    }
    return Artifacts(files=files, settings=settings, asked=asked, left=tuple(dict.fromkeys(left)))


def _children(stages: Sequence[Stage], asked: dict[str, str]) -> Iterator[Child]:
    for stage in typed_stages(stages):
        values = Values(stage, asked)
        for made in stage.resources:
            kind = made.target.type.removeprefix(f"{SERVICE}/")
            if kind != made.target.type:
                names = tuple(str(values.plain(n)) for n in made.target.names[1:])
                properties = values.plain(made.body.get("properties") or {})
                yield Child(kind, names, properties, stage.name)


def _left(child: Child) -> str:
    return f"{child.called} stays with the stage {child.stage}: neither tool has its type."


def _add(
    files: dict[str, str], path: str, child: Child, children: Sequence[Child]
) -> Iterator[str]:
    """Adds the files of a child and says what of it they cannot hold."""
    folder = path.rpartition("/")[0]
    if path.endswith("/apis.json"):
        known = json.loads(files.get(path, "[]"))
        files[path] = _json([*known, {"name": child.names[-1]}])
        yield from _lost(child, {"apiId"})
    elif path.endswith("/specification.json"):
        return
    elif path.endswith("policy.xml"):
        files[path] = raw(child.properties["value"].text)
    elif path.count("/apis/"):
        files[path] = _json({})
        yield from _lost(child, {"apiId"})
    else:
        files[path] = _json({"properties": _stated(child)})
        document = child.properties.get("value")
        if isinstance(document, Document) and document.suffix == "xml":
            files[f"{folder}/policy.xml"] = raw(document.text)
        if child.kind == "apis":
            yield from _specified(files, f"{folder}/specification.json", child, children)


def _stated(child: Child) -> dict[str, Any]:
    """The properties that stand in the information file."""
    documented = isinstance(child.properties.get("value"), Document)
    beside = _MADE_BY_TOOLS if documented else set()
    return {k: v for k, v in child.properties.items() if k not in beside}


def _lost(child: Child, said: set[str]) -> Iterator[str]:
    if more := sorted(child.properties.keys() - said):
        yield f"{', '.join(more)} of {child.kind} is left to the default: a link has no properties."


def _specified(
    files: dict[str, str], path: str, api: Child, children: Sequence[Child]
) -> Iterator[str]:
    """Adds the specification of an API; one without operations needs none."""
    document = api.properties.get("value")
    own = [
        (c.names[1], c.properties)
        for c in children
        if c.kind == "apis/operations" and c.names[0] == api.names[0]
    ]
    if document is None and not own:
        return
    text = document.text if isinstance(document, Document) else ""
    version = str(api.properties.get("apiVersion", ""))
    files[path], left = specification(text, api.properties["displayName"], version, own)
    for name in left:
        yield f"apis/operations {api.names[0]}/{name} stays with the stage {api.stage}: no " + (
            "OpenAPI document can hold it."
        )


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"
