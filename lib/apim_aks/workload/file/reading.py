"""workload.yaml and everything it names, as one `Workload`."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from apim_aks.errors import InputError
from apim_aks.facts import controller, preset, tier
from apim_aks.workload.azure import Azure, azure_of, public_region
from apim_aks.workload.call import CallGraph
from apim_aks.workload.collector import without_collector
from apim_aks.workload.decision import decision_of
from apim_aks.workload.documents import shortened
from apim_aks.workload.file.calls import said_calls
from apim_aks.workload.file.environments import with_environments
from apim_aks.workload.file.extracted import held_in
from apim_aks.workload.file.issuers import token_validation
from apim_aks.workload.file.manifests import manifests_of
from apim_aks.workload.file.requirements import owners_of, requirements_of
from apim_aks.workload.file.schema import Where
from apim_aks.workload.file.service_names import Names, service_names
from apim_aks.workload.file.source import Source, find, load
from apim_aks.workload.file.tls import said_tls
from apim_aks.workload.file.traffic import traffic_of
from apim_aks.workload.finding import Finding, one_of
from apim_aks.workload.kubernetes import Manifests, label
from apim_aks.workload.model import (
    Consumer,
    Document,
    Pin,
    Service,
    TokenValidation,
    Workload,
)
from apim_aks.workload.named_option import NamedOption
from apim_aks.workload.openapi import read_openapi

_KEPT: dict[str, Workload] = {}


def keep(name_or_path: str, workload: Workload) -> None:
    """Read this workload no more: a report reads once what all its pages are about."""
    _KEPT[name_or_path] = workload


def read_workload(name_or_path: str | Path, allow_outside: bool = False) -> Workload:
    """The workload of a bundled name, of a workload.yaml, or of the folder that holds one.

    Raises:
        InputError: the file cannot be used, or no Service is left of what it names.
    """
    if kept := _KEPT.get(str(name_or_path)):
        return kept
    source = load(find(name_or_path), allow_outside)
    with without_collector():
        return _read(source, allow_outside)


def _read(source: Source, allow_outside: bool) -> Workload:
    manifests, seen = manifests_of(source, allow_outside), dict[Path, Document | None]()

    def read(one: Source) -> Workload:
        names = service_names(one, manifests)
        return _Reader(source=one, manifests=manifests, names=names, _read=seen).workload()

    return with_environments(read(source), source, read)


@dataclass(slots=True, kw_only=True)
class _Reader:
    source: Source
    manifests: Manifests
    names: Names
    findings: list[Finding] = field(default_factory=list)
    digests: dict[str, str] = field(default_factory=dict)
    _read: dict[Path, Document | None] = field(default_factory=dict)
    _lost_documents: dict[str, list[str]] = field(default_factory=dict)

    def workload(self) -> Workload:
        data = self.source.data
        weights = dict(data.get("weights", {}))
        named = weights.pop("preset", "")
        self._check_weights(named, weights)
        services = tuple(self._described())
        publish, unpaired, graph = self._published(), tuple(self._unpaired()), self._calls()
        apis = {id: self._api(id, api) for id, api in data.get("apis", {}).items()}
        self.digests[self.source.file.name] = self.source.digest
        return Workload(
            name=data["name"],
            title=data.get("title", data["name"]),
            services=services,
            publish=publish,
            apis=apis,
            consumers=tuple(map(Consumer, data.get("consumers", [Consumer.INTERNET]))),
            requirements=requirements_of(data.get("requirements", {}), self._known),
            traffic=traffic_of(data.get("traffic", {}), self._known),
            preset=named or "balanced",
            weights=tuple((axis, float(weight)) for axis, weight in weights.items()),
            azure=self._azure(),
            pins=tuple(self._pins()),
            decided=data.get("decision", {}).get("option", ""),
            decision=decision_of(data.get("decision", {})),
            named_options=tuple(self._named_options()),
            held=held_in(self.source, self.findings, self.digests),
            findings=(*self.manifests.findings, *self.findings),
            digests=tuple(sorted((dict(self.manifests.digests) | self.digests).items())),
            openings=self.manifests.openings,
            guards=self.manifests.guards,
            named_requirements=tuple(data.get("requirements", {})),
            region_stated="region" in data.get("azure", {}),
            owners=owners_of(data.get("owners", {}), self._known),
            unpaired=unpaired,
            graph=graph,
            documents=self.manifests.documents,
            api_places={id: self._place(("apis", id)) for id in apis},
        )

    def _described(self) -> Iterator[Service]:
        """The Services with what the file names for each."""
        documents, tokens, ports = self._documents(), self._tokens(), self._ports()
        tls = said_tls(self.source, partial(self._service_once, "tls"))
        for service in self.manifests.services:
            yield replace(
                service,
                documents=documents.get(service.id, ()),
                validates=tokens.get(service.id),
                published_port=ports.get(service.id, 0),
                tls=replace(service.tls, **tls.get(service.id, {})),
                lost=tuple(self._lost_documents.get(service.id, ())),
            )

    def _check_weights(self, named: str, weights: dict[str, float]) -> None:
        if named and weights:
            found = f"the preset {named} beside weights for {', '.join(weights)}"
            raise self.source.error(("weights",), found, "either a preset or weights")
        if weights and not sum(weights.values()) > 0:
            raise self.source.error(("weights",), "no weight above 0", "at least one")
        if named:
            self._known(("weights", "preset"), preset, named)

    def _documents(self) -> dict[str, tuple[Document, ...]]:
        documents: dict[str, dict[str, Document]] = {}
        for where, key, text in _named(self.source.data.get("openapi", {})):
            path = self.source.path(where, text)
            service = self.names.found(where, key)
            document = self._document(where, path) if isinstance(path, Path) else None
            self.findings += [f for f in (path, service) if isinstance(f, Finding)]
            if isinstance(service, Finding):
                continue
            if document:
                documents.setdefault(service, {})[document.file] = document
            if not document or not document.operations:
                self._lost_documents.setdefault(service, []).append(text)
        return {id: tuple(found.values()) for id, found in documents.items()}

    def _unpaired(self) -> Iterator[str]:
        """The documents that no Service has, those apart that the file pairs by now."""
        if not self.source.data.get("unpaired"):
            return
        given = [self.source.path(w, t) for w, _, t in _named(self.source.data.get("openapi", {}))]
        seen = {label(p, self.source.folder) for p in given if isinstance(p, Path)}
        for number, text in enumerate(self.source.data["unpaired"]):
            where = ("unpaired", number)
            path = self.source.path(where, text)
            if isinstance(path, Path) and path.is_dir():
                path = self._no_document(where, path)
            if isinstance(path, Finding):
                self.findings.append(path)
            elif (name := label(path, self.source.folder)) not in seen:
                seen.add(name)
                yield name

    def _document(self, where: Where, path: Path) -> Document | None:
        """What the file holds, read once however often it is named."""
        if path.is_dir():
            self.findings.append(self._no_document(where, path))
            return None
        if path not in self._read:
            name = label(path, self.source.folder)
            document, wrong, self.digests[name] = read_openapi(path, name)
            self._read[path] = document
            self.findings += wrong
        return self._read[path]

    def _calls(self) -> CallGraph:
        seen: list[str] = []

        def meant(key: str) -> str:
            seen.append(self._service_once("calls", key, seen))
            return seen[-1]

        return said_calls(self.source, self.manifests, meant, self.findings)

    def _place(self, where: Where) -> str:
        return f"{self.source.file.name} line {self.source.line_of(*where)}"

    def _no_document(self, where: Where, folder: Path) -> Finding:
        found = f"the folder {shortened(label(folder, self.source.folder))!r}"
        return self.source.finding(where, found, "the path of a document")

    def _tokens(self) -> dict[str, TokenValidation]:
        found: dict[str, TokenValidation] = {}
        for key, token in self.source.data.get("services_authenticate", {}).items():
            if id := self._service_once("services_authenticate", key, found):
                found[id], wrong = token_validation(self.source, key, token)
                self.findings += wrong
        return found

    def _ports(self) -> dict[str, int]:
        """The number of each port that the file names; one that is not there is left out."""
        known = {s.id: s for s in self.manifests.services}
        found: dict[str, int] = {}
        for key, named in self.source.data.get("ports", {}).items():
            where = ("ports", key)
            id = self._service_once("ports", key, found)
            if id and (port := known[id].named_port(str(named))):
                found[id] = port.number
            elif id:
                self.findings.append(self._no_port(where, known[id], named))
        return found

    def _no_port(self, where: Where, service: Service, named: str | int) -> Finding:
        tcp = [f"{p.number} {p.name}".strip() for p in service.ports if p.protocol == "TCP"]
        found = f"the port {named!r}, which {service.id} does not have"
        return self.source.finding(
            where, found, one_of(str(named), tcp) if tcp else "a Service with a TCP port"
        )

    def _published(self) -> tuple[str, ...] | None:
        if "publish" not in self.source.data:
            return None
        return tuple(dict.fromkeys(self._services(("publish",), self.source.data["publish"])))

    def _api(self, id: str, api: dict[str, Any]) -> dict[str, Any]:
        full = dict(api)
        if "services" in api:
            full["services"] = list(self._services(("apis", id, "services"), api["services"]))
        if "operations" in api:
            where = ("apis", id, "operations")
            named = {self._service((*where, k), k): v for k, v in api["operations"].items()}
            full["operations"] = {k: v for k, v in named.items() if k}
        return full

    def _services(self, where: Where, names: list[str]) -> Iterator[str]:
        return filter(None, (self._service((*where, i), n) for i, n in enumerate(names)))

    def _service(self, where: Where, name: str) -> str:
        """The id of the Service that is meant; empty where a refused document may have held it."""
        return self.names.meant(where, name, self.findings)

    def _service_once(self, key: str, name: str, seen: Collection[str]) -> str:
        """The same; nothing may be said twice about one Service, by its short and its long name."""
        id = self._service((key, name), name)
        if id in seen:
            found = f"{name!r}, which is {id} a second time"
            raise self.source.error((key, name), found, "each Service once")
        return id

    def _azure(self) -> Azure:
        found = azure_of(self.source.data.get("azure", {}))
        self._known(("azure", "region"), public_region, found.region)
        if wrong := found.mistake:
            raise self.source.error(("azure", wrong.key), wrong.found, wrong.expected)
        return found

    def _pins(self) -> Iterator[tuple[str, Pin]]:
        for option, pin in self.source.data.get("placements", {}).items():
            where = ("placements", option)
            fixed = dict(pin)
            if name := pin.get("tier"):
                fixed["tier"] = self._known((*where, "tier"), tier, name).name
            if ingress := pin.get("ingress_controller"):
                self._known((*where, "ingress_controller"), controller, ingress)
            yield option, Pin(**fixed)

    def _named_options(self) -> Iterator[NamedOption]:
        data, file = self.source.data, self.source.file.name
        for option in data.get("placements", {}):
            yield NamedOption(option, file, self.source.line_of("placements", option))
        if option := data.get("decision", {}).get("option", ""):
            yield NamedOption(option, file, self.source.line_of("decision", "option"))

    def _known(self, where: Where, lookup: Any, name: str) -> Any:
        try:
            return lookup(name)
        except InputError as error:
            raise self.source.placed(where, str(error)) from None


def _named(openapi: dict[str, Any]) -> Iterator[tuple[Where, str, str]]:
    """Place, Service and path of each document; a list holds the versions of one API."""
    for key, value in openapi.items():
        if isinstance(value, str):
            yield ("openapi", key), key, value
        else:
            yield from ((("openapi", key, i), key, path) for i, path in enumerate(value))
