"""The back end and path of each operation, from the text of the policies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from xml.etree import ElementTree

from apim_aks.apis.mapping import ApiOperation, http_port, operation_name
from apim_aks.artefacts.policies import PolicyDocument
from apim_aks.artefacts.policies.expressions import PATH
from apim_aks.options.drawn import Drawn
from apim_aks.reachability.onward import Target
from apim_aks.workload.url_template import joined

_EVALUATED = ("@(", "@{")
_BASE, _INCLUDE, _SET = "base", "include-fragment", "set-backend-service"
_VARIABLE, _REWRITE = "set-variable", "rewrite-uri"


@dataclass(frozen=True, slots=True)
class Sent:
    """The result of the policies of one operation: its back ends, and its path there.

    `before` precedes the operation's own template if `rewritten` is empty.
    """

    back_ends: tuple[str, ...] = ()
    before: str = ""
    rewritten: str = ""

    def path(self, template: str) -> str:
        """The path at the back end of an operation with this template."""
        return self.rewritten or joined(self.before, template)


@dataclass(frozen=True, slots=True)
class Texts:
    """The policy documents of an option as generated, by the scope they are attached to."""

    fragments: Mapping[str, ElementTree.Element]
    scopes: Mapping[tuple[str, str], ElementTree.Element]

    @classmethod
    def of(cls, documents: Iterable[PolicyDocument]) -> Texts:
        """The policy documents read back from the files."""
        read = {(d.scope, d.subject): ElementTree.fromstring(d.xml) for d in documents}
        fragments = {s: root for (scope, s), root in read.items() if scope == "fragment"}
        return cls(fragments, {at: root for at, root in read.items() if at[0] != "fragment"})

    def sent(self, api: str, operation: str) -> Sent:
        """The target of an operation, by its own document or else by its API's."""
        around = self._applied(Sent(), ("api", api), Sent())
        return self._applied(Sent(), ("operation", f"{api}/{operation}"), around)

    def _applied(self, sent: Sent, at: tuple[str, str], around: Sent) -> Sent:
        if at not in self.scopes:
            return around
        for statement in self._flat(self.scopes[at].find("inbound")):
            sent = around if statement.tag == _BASE else _after(sent, statement)
        return sent

    def _flat(self, section: ElementTree.Element | None) -> Iterator[ElementTree.Element]:
        for statement in section if section is not None else ():
            if statement.tag == _INCLUDE:
                yield from self._flat(self.fragments.get(statement.get("fragment-id", "")))
            else:
                yield statement

    def whole_inbound(self, at: tuple[str, str]) -> Iterator[ElementTree.Element]:
        """The inbound statements of a call, including those of the wider scopes."""
        document = self.scopes.get(at)
        around = self._around(at)
        if document is None:
            yield from self.whole_inbound(around) if around else ()
            return
        for statement in self._flat(document.find("inbound")):
            if statement.tag != _BASE:
                yield statement
            elif around:
                yield from self.whole_inbound(around)

    def _around(self, at: tuple[str, str]) -> tuple[str, str] | None:
        """The wider scope: the API of an operation, the service of an API."""
        scope, subject = at
        if scope == "operation":
            return "api", subject.rpartition("/")[0]
        return ("service", "service") if scope == "api" else None

    def metadata(self) -> tuple[str, ...]:
        """The addresses of OpenID metadata in these documents."""
        roots = (*self.fragments.values(), *self.scopes.values())
        found = (e.get("url", "") for root in roots for e in root.iter("openid-config"))
        return tuple(dict.fromkeys(found))


def _after(sent: Sent, statement: ElementTree.Element) -> Sent:
    """The target after a statement; a conditional one adds a back end."""
    if statement.tag == _SET:
        return replace(sent, back_ends=(statement.get("backend-id", ""),))
    if statement.tag == _VARIABLE and statement.get("name") == PATH:
        return replace(sent, before=statement.get("value", ""))
    template = statement.get("template", "")
    if statement.tag == _REWRITE and not template.startswith(_EVALUATED):
        return replace(sent, rewritten=template)
    inner = (e.get("backend-id", "") for e in statement.iter(_SET))
    return replace(sent, back_ends=(*sent.back_ends, *inner))


def targets(texts: Texts, drawn: Drawn) -> Iterator[tuple[ApiOperation, tuple[Target, ...]]]:
    """Each published operation with the targets of its calls, by back end."""
    for api in drawn.mapping.apis:
        for operation in api.operations:
            sent = texts.sent(api.id, operation_name(operation.operation_id))
            main = operation.service, operation.port
            divided = drawn.mapping.shares(operation.service)
            shares = tuple((id, _port(drawn, id, main)) for id, weight in divided if weight)
            yield (
                operation,
                tuple(
                    Target(
                        back_end=back_end,
                        service=service,
                        port=port,
                        method=operation.method,
                        path=sent.path(operation.template),
                        shares=shares,
                    )
                    for back_end in sent.back_ends
                    for service, port in shares or (main,)
                ),
            )


def _port(drawn: Drawn, service: str, main: tuple[str, int]) -> int:
    """The port of a Service that receives a share of the calls."""
    return main[1] if service == main[0] else http_port(drawn.workload.service(service))
