"""What the containers of a workload are told: environment, arguments and mounted ConfigMaps.

Secrets are never read; a setting that comes from one is named as unread where it may be an address.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from apim_aks.workload.documents import shortened
from apim_aks.workload.kubernetes.answering import Runner
from apim_aks.workload.kubernetes.calls.addresses import (
    Address,
    Ports,
    addresses,
    in_command,
    means_address,
    ports_among,
)
from apim_aks.workload.kubernetes.calls.hosts import Hosts
from apim_aks.workload.kubernetes.calls.texts import Setting, settings_in
from apim_aks.workload.kubernetes.object import (
    Object,
    Path_,
    at,
    items,
    mapping,
    path_text,
    text,
    texts,
)

_REFERENCE = re.compile(r"\$\((\w{1,200})\)|\$\{(\w{1,200})\}|\$(\w{1,200})\b")
_NAME = re.compile(r"[a-z0-9][a-z0-9-]*", re.IGNORECASE)
_EVERYWHERE = "kube-root-ca.crt"
"""A ConfigMap that Kubernetes itself puts into every namespace, with certificates."""


@dataclass(frozen=True, slots=True)
class Named:
    """An address, the field that names it, and where that stands; a `setting` is a part of it."""

    address: Address
    says: str
    object: Object
    at: Path_
    setting: Setting | None = None


@dataclass(frozen=True, slots=True)
class Unread:
    """A field whose value is not in the input, or in a Secret."""

    says: str
    object: Object
    at: Path_


@dataclass(slots=True)
class Maps:
    """The ConfigMaps of an input. What a text names is worked out once, whoever mounts it."""

    objects: Mapping[tuple[str, str], Object]
    hosts: Hosts
    _read: dict[tuple[str, str, str], tuple[tuple[Named, ...], tuple[Setting, ...]]] = field(
        default_factory=dict
    )

    def data(self, space: str, name: str) -> Mapping[str, str] | None:
        """The texts of a ConfigMap by their keys; None where it is not in the input."""
        found = self.objects.get((space, name))
        if not found:
            return None
        data = mapping(found.data, "data")
        return {str(k): _text(v) for k, v in data.items()}

    def named(self, space: str, name: str, key: str, known: Mapping[str, str]) -> Iterator[Named]:
        """The addresses in one text; what is left open in it is filled in from the environment."""
        object = self.objects[space, name]
        if (space, name, key) not in self._read:
            self._read[space, name, key] = self._parts(object, key)
        plain, open = self._read[space, name, key]
        yield from plain
        for setting in open:
            yield from _of_setting(object, key, setting, filled(setting.text, known), {})

    def _parts(self, object: Object, key: str) -> tuple[tuple[Named, ...], tuple[Setting, ...]]:
        whole = _text(mapping(object.data, "data")[key])
        if "$" not in whole and not self.hosts.names & {w.lower() for w in _NAME.findall(whole)}:
            return (), ()
        settings = settings_in(key, whole)
        ports = ports_among((s.name, s.text) for s in settings)
        plain = (
            named
            for s in settings
            if "$" not in s.text
            for named in _of_setting(object, key, s, s.text, ports)
        )
        return tuple(plain), tuple(s for s in settings if "$" in s.text)


def _of_setting(
    object: Object, key: str, setting: Setting, text: str, ports: Ports
) -> Iterator[Named]:
    inside = shortened(path_text(setting.path))
    where = ", ".join(w for w in (f"ConfigMap {object.name}", shortened(key), inside) if w)
    found = in_command(text) if setting.command else addresses(setting.name, text, ports)
    for address in found:
        yield Named(address, where, object, ("data", key), setting)


def named_by(runner: Runner, maps: Maps) -> Iterator[Named | Unread]:
    """Every address that the containers of a workload are given, and what could not be read."""
    spec: Path_ = (*runner.at, "spec")
    known: dict[str, str] = {}
    for part in ("initContainers", "containers"):
        for _, path in items(runner.maker.data, *spec, part):
            own = _Environment(runner.maker, path, maps)
            yield from own.named()
            known |= own.known
    yield from _mounted(runner.maker, spec, maps, known)


class _Variables(dict[str, str]):
    """The variables of a container; those that Kubernetes adds for each Service are found too."""

    def __init__(self, hosts: Hosts, namespace: str) -> None:
        super().__init__()
        self._hosts, self._namespace = hosts, namespace

    def __missing__(self, name: str) -> str:
        if value := self._hosts.variable(name, self._namespace):
            return value
        raise KeyError(name)


class _Environment:
    """The variables of one container, each with what says so and where its value stands."""

    def __init__(self, object: Object, path: Path_, maps: Maps) -> None:
        self.object, self.path, self.maps = object, path, maps
        self.known = _Variables(maps.hosts, object.namespace)
        self._found: dict[str, tuple[str, Object, Path_]] = {}
        self._unread: list[Unread] = []

    def named(self) -> Iterator[Named | Unread]:
        """The addresses in its variables, command and arguments, and what could not be read."""
        for source, path in items(self.object.data, *self.path, "envFrom"):
            self._from_map(text(source, "prefix"), path)
        for _, path in items(self.object.data, *self.path, "env"):
            self._variable(path)
        yield from self._unread
        ports = ports_among(self.known.items())
        for name, place in self._found.items():
            for address in addresses(name, self.known[name], ports):
                yield Named(address, *place)
        yield from self._commands()

    def _set(self, name: str, value: str, says: str, object: Object, path: Path_) -> None:
        self.known[name] = filled(value, self.known)
        self._found[name] = (says, object, path)

    def _from_map(self, prefix: str, path: Path_) -> None:
        space = self.object.namespace
        name = text(self.object.data, *path, "configMapRef", "name")
        data = self.maps.data(space, name) if name else None
        if data is None:
            kind, name = ("ConfigMap", name) if name else ("Secret", "")
            name = name or text(self.object.data, *path, "secretRef", "name")
            self._unread.append(Unread(f"envFrom {kind} {name}", self.object, path))
            return
        for key, value in data.items():
            says = f"env {shortened(prefix + key)} from ConfigMap {name}"
            self._set(prefix + key, value, says, self.maps.objects[space, name], ("data", key))

    def _variable(self, path: Path_) -> None:
        data, space = self.object.data, self.object.namespace
        variable = at(data, dict, *path) or {}
        name = text(data, *path, "name")
        says = f"env {shortened(name)}"
        if variable.get("value") is not None:
            self._set(name, _text(variable["value"]), says, self.object, (*path, "value"))
            return
        source: Path_ = (*path, "valueFrom", "configMapKeyRef")
        map, key = text(data, *source, "name"), text(data, *source, "key")
        values = self.maps.data(space, map) if map else None
        if values is not None and key in values:
            says = f"{says} from ConfigMap {map}"
            self._set(name, values[key], says, self.maps.objects[space, map], ("data", key))
        elif means_address(name) and (map or "secretKeyRef" in mapping(data, *path, "valueFrom")):
            holder = f"ConfigMap {map}" if map else "a Secret"
            self._unread.append(Unread(f"{says} from {holder}", self.object, path))

    def _commands(self) -> Iterator[Named]:
        lists = {f: texts(self.object.data, *self.path, f) for f in ("command", "args")}
        seen = self.known
        line = " ".join(filled(word, seen) for words in lists.values() for word in words)
        for address in dict.fromkeys(in_command(line)):
            for at_field, words in lists.items():
                holds = [i for i, word in enumerate(words) if address.host in filled(word, seen)]
                if holds:
                    place = (*self.path, at_field, holds[0])
                    yield Named(address, at_field, self.object, place)
                    break


def filled(text: str, known: Mapping[str, str]) -> str:
    """The text with the variables that are known in it."""
    if "$" not in text:
        return text

    def value(found: re.Match[str]) -> str:
        try:
            return known[found[1] or found[2] or found[3]]
        except KeyError:
            return found[0]

    return _REFERENCE.sub(value, text)


def _mounted(
    object: Object, spec: Path_, maps: Maps, known: Mapping[str, str]
) -> Iterator[Named | Unread]:
    space = object.namespace
    for name, keys, path in _volumes(object, spec):
        data = maps.data(space, name)
        if data is None and name != _EVERYWHERE:
            yield Unread(f"volume from ConfigMap {name}", object, path)
        for key in data or ():
            if not keys or key in keys:
                yield from maps.named(space, name, key, known)


def _volumes(object: Object, spec: Path_) -> Iterator[tuple[str, list[str], Path_]]:
    """The ConfigMaps among the volumes, the keys that are taken of each (none: all), the place."""
    for volume, path in items(object.data, *spec, "volumes"):
        if "configMap" in volume:
            yield text(volume, "configMap", "name"), _keys(volume["configMap"]), path
        for source, _ in items(object.data, *path, "projected", "sources"):
            if "configMap" in source:
                yield text(source, "configMap", "name"), _keys(source["configMap"]), path


def _keys(source: object) -> list[str]:
    return [text(item, "key") for item, _ in items(source, "items")]


def _text(value: object) -> str:
    """A value as a container gets it; nothing for what is no text or number."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, (str, int, float)) else ""
