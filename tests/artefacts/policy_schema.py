"""Microsoft's own rules for policy documents, so that tests can hold ours against them.

The XSD needs two repairs before it loads, and checks neither what stands inside `choose` nor in
which section or scope a policy stands. The sentences of `policies-scopes.json` say the latter;
where they are silent or older than the documentation, `DOCUMENTED` has what the policy's page says.
"""

from __future__ import annotations

import copy
import json
import re
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from lxml import etree

from apim_aks.artefacts.policies import PolicyDocument

SECTIONS = ("inbound", "backend", "outbound", "on-error")
SCOPES = ("service", "product", "api", "operation")
OUTSIDE_BACKEND = ("inbound", "outbound", "on-error")
ORDERED = {
    "validate-jwt": (
        "openid-config",
        "issuer-signing-keys",
        "decryption-keys",
        "audiences",
        "issuers",
        "required-claims",
    ),
}

DOCUMENTED = {
    "authentication-certificate": (("inbound",), SCOPES),
    "authentication-managed-identity": (("inbound",), SCOPES),
    "choose": (SECTIONS, SCOPES),
    "include-fragment": (SECTIONS, SCOPES),
    "rewrite-uri": (("inbound",), SCOPES),
    "return-response": (SECTIONS, SCOPES),
    "set-header": (SECTIONS, SCOPES),
    "set-variable": (SECTIONS, SCOPES),
    "trace": (OUTSIDE_BACKEND, SCOPES),
}
"""learn.microsoft.com/azure/api-management/<policy>-policy, sections and scopes under Usage."""

IN_ANSWER = {"set-status", "set-header", "set-body"}


class PolicySchema:
    """The repaired XSD and the sentences about sections and scopes."""

    def __init__(self, corpora: Path, folder: Path) -> None:
        source = corpora / "apim-policies"
        self.schema = etree.XMLSchema(etree.parse(_repaired(source / "schemas-xsd", folder)))
        text = (source / "policies-scopes.json").read_text(encoding="utf-8")
        self.sentences: dict[str, str] = json.loads(text)

    def findings(self, documents: Iterable[PolicyDocument]) -> list[str]:
        """Everything that is wrong with these documents, each with the name of its file."""
        parsed = {d.name: etree.fromstring(d.xml.encode()) for d in documents}
        fragments = {d.subject: parsed[d.name] for d in documents if d.scope == "fragment"}
        found: list[str] = []
        for document in documents:
            root = parsed[document.name]
            wrong = [*self._shape(root), *_order(root)]
            if document.scope != "fragment":
                wrong += self._places(document.scope, root, fragments)
            found += [f"{document.name}: {w}" for w in wrong]
        return [*found, *_forwards(documents, parsed)]

    def _shape(self, root: etree._Element) -> Iterator[str]:
        whole = root if root.tag == "policies" else _wrapped(root)
        nested = [
            child
            for parent in root.iter("when", "otherwise", "return-response")
            for child in parent
            if isinstance(child.tag, str)
        ]
        for candidate in (whole, *(_wrapped([child]) for child in nested)):
            if not self.schema.validate(candidate):
                yield str(self.schema.error_log.last_error)
        for answer in root.iter("return-response"):
            yield from (f"{c.tag} in return-response" for c in answer if c.tag not in IN_ANSWER)

    def _places(
        self, scope: str, root: etree._Element, fragments: dict[str, etree._Element]
    ) -> Iterator[str]:
        if [s.tag for s in root] != list(SECTIONS):
            yield f"sections {[s.tag for s in root]}"
        for section in root:
            for statement in _statements(section, fragments):
                name = statement.tag
                if name == "base":
                    if scope == "service":
                        yield "base at the outermost scope"
                    continue
                if name not in self.sentences:
                    yield f"unknown policy {name}"
                    continue
                sections, scopes = self.allowed(name)
                if section.tag not in sections:
                    yield f"{name} in {section.tag}"
                if scope not in scopes:
                    yield f"{name} at {scope} scope"

    def allowed(self, name: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Sections and scopes in which this policy may stand."""
        if name in DOCUMENTED:
            return DOCUMENTED[name]
        sentence = self.sentences[name]
        if "any section except <backend>" in sentence:
            sections: tuple[str, ...] = OUTSIDE_BACKEND
        else:
            where = sentence.partition("Use ")[2] or sentence
            sections = tuple(
                s for s in SECTIONS if re.search(rf"\b{s}\b section|{s} (and|or)\b", where)
            )
        assert sections, f"nothing says where {name} may stand"
        where = sentence.partition(" at ")[2].lower() or "any scope"
        if "any scope" in where:
            return sections, SCOPES
        return sections, tuple(s for s in SCOPES if s in where.replace("global", "service"))


def _repaired(source: Path, folder: Path) -> str:
    copy = folder / "schemas"
    shutil.copytree(source, copy)
    cross = copy / "cross-domain.xsd"
    text = cross.read_text(encoding="utf-8-sig")
    cross.write_text(re.sub(r"\\x([0-9a-f]{2})", r"&#x\1;", text), encoding="utf-8")
    policies = copy / "policies.xsd"
    text = policies.read_text(encoding="utf-8-sig")
    text = re.sub(r'<xs:element name="base"[^>]*/>', "", text)
    base = '<xs:element name="base"><xs:complexType/></xs:element>\n</xs:schema>'
    policies.write_text(text.replace("</xs:schema>", base), encoding="utf-8")
    return str(policies)


def _wrapped(children: Iterable[etree._Element]) -> etree._Element:
    root = etree.Element("policies")
    section = etree.SubElement(root, "inbound")
    for child in children:
        section.append(copy.deepcopy(child))
    return root


def _statements(
    parent: etree._Element, fragments: dict[str, etree._Element]
) -> Iterator[etree._Element]:
    """Every policy in this section, also inside conditions and fragments."""
    for child in parent:
        if not isinstance(child.tag, str):
            continue
        if child.tag == "include-fragment":
            yield from _statements(fragments[child.get("fragment-id")], fragments)
        yield child
        if child.tag == "choose":
            for branch in child:
                yield from _statements(branch, fragments)


def _order(root: etree._Element) -> Iterator[str]:
    for name, order in ORDERED.items():
        for statement in root.iter(name):
            places = [order.index(c.tag) for c in statement]
            if places != sorted(places):
                yield f"children of {name} out of order"


def _forwards(
    documents: Iterable[PolicyDocument], parsed: dict[str, etree._Element]
) -> Iterator[str]:
    """Exactly one forward-request takes effect, whatever operation is called.

    That of an operation or API takes the place of the one around it.
    """
    whole = [d for d in documents if d.scope == "service"]
    for document in documents:
        if document.scope == "fragment":
            if "forward-request" in document.xml:
                yield f"{document.name}: forward-request in a fragment"
            continue
        inside = [c.tag for c in parsed[document.name].find("backend")]
        ours = document.scope == "service" or (document.scope == "api" and not whole)
        wanted = ["forward-request"] if ours else ["base"]
        inner = document.scope in ("operation", "api")
        alone = inner and inside == ["forward-request"]
        if inside != wanted and not alone:
            yield f"{document.name}: backend holds {inside}, expected {wanted}"
