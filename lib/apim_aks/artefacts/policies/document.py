"""A policy document as values: statements, blocks that several documents share, and their XML."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from xml.etree import ElementTree

from apim_aks.errors import InputError

_EVALUATED = re.compile(r"@\(|@\{|\{\{")
_FORBIDDEN = re.compile("[^\t\n -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
SECTIONS = ("inbound", "backend", "outbound", "on-error")


@dataclass(frozen=True, slots=True)
class PolicyDocument:
    """One policy document: its file, the scope it belongs to and what it is attached to there.

    `scope` is service, product, api, operation or fragment; `subject` is the id of the product,
    API or fragment, for an operation the id of its API and its own resource name with a slash
    between.
    """

    name: str
    scope: str
    subject: str
    xml: str


@dataclass(frozen=True, slots=True)
class Statement:
    """One policy: an element with attributes, a text or other statements in it.

    A statement without a tag is a comment.
    """

    tag: str
    attributes: tuple[tuple[str, str], ...] = ()
    children: tuple[Statement, ...] = ()
    text: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """Statements that belong together; the `id` is that of the fragment several documents share."""

    statements: tuple[Statement, ...]
    id: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """A document before it is known which of its blocks are shared."""

    name: str
    scope: str
    subject: str
    sections: tuple[tuple[Block, ...], ...]


def policy(
    tag: str, *children: Statement, text: str = "", **attributes: str | int | bool
) -> Statement:
    """A statement; `backend_id="orders"` becomes the attribute `backend-id`."""
    return Statement(
        tag,
        tuple((name.replace("_", "-"), _written(value)) for name, value in attributes.items()),
        children,
        text,
    )


def _written(value: str | int | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def comment(sentence: str) -> Statement:
    """A sentence for the reader of the document; never one that holds text from the input."""
    return Statement("", text=sentence)


def block(*statements: Statement, id: str = "") -> Block:
    """Statements that belong together."""
    return Block(statements, id)


BASE = block(policy("base"))
"""What the scope around this one does, at this place."""


def literal(value: str, what: str) -> str:
    """The value as text that API Management takes literally.

    Raises:
        InputError: it holds what API Management would evaluate, or what XML cannot hold; there
            is no way to write either as text.
    """
    if found := _EVALUATED.search(value):
        raise InputError(
            f"{what} is {value!r}, which holds {found[0]!r}; API Management would evaluate it "
            "and there is no way to quote it. Use a value without it."
        )
    if found := _FORBIDDEN.search(value):
        raise InputError(
            f"{what} is {value!r}, which holds {found[0]!r}; XML cannot hold that character. "
            "Use a value without it."
        )
    return value


def shared(pages: Iterable[Page]) -> frozenset[str]:
    """The ids of the blocks that more than one place uses."""
    seen: set[str] = set()
    again: set[str] = set()
    for page in pages:
        for section in page.sections:
            for part in section:
                (again if part.id in seen else seen).add(part.id)
    return frozenset(again - {""})


def written(page: Page, fragments: Collection[str], prefix: str) -> PolicyDocument:
    """The document as XML; a block among `fragments` is included by its id behind `prefix`."""
    root = ElementTree.Element("policies")
    for name, blocks in zip(SECTIONS, page.sections, strict=True):
        section = ElementTree.SubElement(root, name)
        for part in blocks:
            if part.id in fragments:
                included = {"fragment-id": prefix + part.id}
                ElementTree.SubElement(section, "include-fragment", included)
            else:
                _append(section, part.statements)
    return PolicyDocument(page.name, page.scope, page.subject, _xml(root))


def fragment(part: Block, prefix: str) -> PolicyDocument:
    """The block as a policy fragment, its id behind `prefix`."""
    root = ElementTree.Element("fragment")
    _append(root, part.statements)
    id = prefix + part.id
    return PolicyDocument(f"fragment-{id}.xml", "fragment", id, _xml(root))


def _append(parent: ElementTree.Element, statements: Iterable[Statement]) -> None:
    for statement in statements:
        if not statement.tag:
            parent.append(ElementTree.Comment(f" {statement.text} "))
            continue
        element = ElementTree.SubElement(parent, statement.tag, dict(statement.attributes))
        element.text = statement.text or None
        _append(element, statement.children)


def _xml(root: ElementTree.Element) -> str:
    ElementTree.indent(root, "    ")
    return ElementTree.tostring(root, encoding="unicode") + "\n"
