"""Policy documents as they are read: well-formed, known in every part, each part with its line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from xml.parsers import expat

from apim_aks.testbed.policies.expressions import Unknown, expression
from apim_aks.testbed.policies.refusal import refused
from apim_aks.testbed.policies.statement import Statement, Value
from apim_aks.testbed.policies.vocabulary import (
    NEEDED,
    PARTS,
    SECTIONS,
    STATEMENTS,
    Form,
    Known,
)

_NAMED = re.compile(r"\{\{([^{}]*)\}\}")


@dataclass(slots=True)
class _Element:
    """An element as the XML has it, before it is known to be one of ours."""

    tag: str
    attributes: dict[str, str]
    line: int
    text: str = ""
    children: list[_Element] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Document:
    """A document of one scope: the statements of each section that it has."""

    file: str
    sections: Mapping[str, tuple[Statement, ...]]


class Reader:
    """Reads the documents of one gateway: its named values, then its fragments, stand in them."""

    def __init__(self, named_values: Mapping[str, str]) -> None:
        self._named_values = named_values
        self._fragments: dict[str, _Element] = {}
        self._files: dict[str, str] = {}

    def add_fragment(self, id: str, file: str, xml: str) -> None:
        """A fragment that documents may include."""
        root = _parsed(file, xml)
        if root.tag != "fragment":
            raise refused(f"{file}, line {root.line}", f"<{root.tag}>", "use <fragment>")
        self._fragments[id], self._files[id] = root, file

    def document(self, file: str, xml: str) -> Document:
        """The document that is written so.

        Raises:
            InputError: it is no policy document, or something in it is not known.
        """
        root = _parsed(file, xml)
        if root.tag != "policies":
            raise refused(f"{file}, line {root.line}", f"<{root.tag}>", "use <policies>")
        found: dict[str, tuple[Statement, ...]] = {}
        for part in root.children:
            if part.tag not in SECTIONS or part.tag in found or part.attributes:
                expected = f"use each of {', '.join(SECTIONS)} once"
                raise refused(f"{file}, line {part.line}", f"<{part.tag}>", expected)
            found[part.tag] = tuple(self._statements(part, file, part.tag))
        return Document(file, found)

    def _statements(self, parent: _Element, file: str, section: str) -> Iterator[Statement]:
        for element in parent.children:
            place = f"{file}, line {element.line}"
            known = STATEMENTS.get(element.tag)
            if known is None or section not in known.sections:
                raise refused(place, f"<{element.tag}> in {section}", _expected(section))
            made = self._made(element, file, section, known)
            if made.tag == "include-fragment":
                yield from self._included(made, section)
            else:
                yield made

    def _included(self, made: Statement, section: str) -> Iterator[Statement]:
        """What the fragment holds; a fragment includes no other one."""
        id = str(made.attributes["fragment-id"])
        root = self._fragments.get(id)
        if root is None:
            choices = ", ".join(sorted(self._fragments)) or "none"
            raise refused(made.place, f"the fragment {id!r}", f"use one of {choices}")
        for element in root.children:
            if element.tag in ("include-fragment", "base"):
                place = f"{self._files[id]}, line {element.line}"
                raise refused(place, f"<{element.tag}> in a fragment", "put it in a document")
        yield from self._statements(root, self._files[id], section)

    def _made(self, element: _Element, file: str, section: str, known: Known) -> Statement:
        place = f"{file}, line {element.line}"
        forms = {**known.needs, **known.may}
        _require(place, element, known, forms)
        return Statement(
            tag=element.tag,
            place=place,
            attributes={
                name: self._value(text, forms[name], f"{place}: {name} of <{element.tag}>")
                for name, text in element.attributes.items()
            },
            text=self._text(element, known, place),
            children=tuple(self._parts(element, file, section, known)),
        )

    def _parts(
        self, element: _Element, file: str, section: str, known: Known
    ) -> Iterator[Statement]:
        if element.tag in ("when", "otherwise"):
            yield from self._statements(element, file, section)
            return
        for child in element.children:
            found = PARTS.get(child.tag) or STATEMENTS.get(child.tag)
            if child.tag not in known.within or found is None:
                expected = f"use {', '.join(known.within) or 'nothing'} in it"
                what = f"<{child.tag}> in <{element.tag}>"
                raise refused(f"{file}, line {child.line}", what, expected)
            yield self._made(child, file, section, found)

    def _text(self, element: _Element, known: Known, place: str) -> Value:
        text = element.text.strip()
        if known.text is None:
            if text:
                raise refused(place, f"the text {text[:40]!r} in <{element.tag}>", "leave it out")
            return ""
        return self._value(text, known.text, f"{place}: the text of <{element.tag}>")

    def _value(self, text: str, form: Form, place: str) -> Value:
        said = _NAMED.sub(lambda found: self._named(found[1], place), text)
        if said.startswith("@"):
            return _expressed(said, form, place)
        if not form.fits(said):
            raise refused(place, repr(said[:60]), f"use {form.words}")
        return said

    def _named(self, name: str, place: str) -> str:
        if name not in self._named_values:
            choices = ", ".join(sorted(self._named_values)) or "none"
            raise refused(place, f"the named value {name!r}", f"use one of {choices}")
        return self._named_values[name]


def _expressed(text: str, form: Form, place: str) -> Value:
    try:
        found = expression(text)
    except Unknown as unknown:
        raise refused(place, str(unknown), "use the expressions that are generated") from None
    if found.kind != form.kind:
        what = f"an expression that gives {found.kind}"
        raise refused(place, what, f"use {form.kind or form.words}")
    return found


def _expected(section: str) -> str:
    known = sorted(tag for tag, held in STATEMENTS.items() if section in held.sections)
    return f"use one of {', '.join(known)}"


def _require(place: str, element: _Element, known: Known, forms: Mapping[str, Form]) -> None:
    """The attributes are those that are known, and what it cannot be without is there."""
    tag = element.tag
    if unknown := sorted(element.attributes.keys() - forms.keys()):
        expected = f"use {', '.join(forms) or 'none'}"
        raise refused(place, f"the attribute {unknown[0]} of <{tag}>", expected)
    if missing := sorted(known.needs.keys() - element.attributes.keys()):
        raise refused(place, f"<{tag}> without {missing[0]}", "add that attribute")
    held = {child.tag for child in element.children}
    if tag in NEEDED and not held.intersection(NEEDED[tag].split(" or ")):
        raise refused(place, f"<{tag}> without {NEEDED[tag]}", "add one")


def _parsed(file: str, xml: str) -> _Element:
    """The elements of well-formed XML that declares nothing."""
    top = _Element("", {}, 0)
    stack = [top]
    parser = expat.ParserCreate()

    def start(tag: str, attributes: dict[str, str]) -> None:
        element = _Element(tag, attributes, parser.CurrentLineNumber)
        stack[-1].children.append(element)
        stack.append(element)

    def text(words: str) -> None:
        stack[-1].text += words

    def declared(name: str, *_: object) -> None:
        raise refused(f"{file}, line {parser.CurrentLineNumber}", f"<!DOCTYPE {name}>", _PLAIN)

    parser.StartElementHandler = start
    parser.EndElementHandler = lambda _: stack.pop()
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = declared
    try:
        parser.Parse(xml, True)
    except expat.ExpatError as error:
        said = expat.ErrorString(error.code)
        raise refused(f"{file}, line {error.lineno}", f"XML with {said}", _PLAIN) from None
    return top.children[0]


_PLAIN = "use well-formed XML without declarations"
