"""One OpenAPI document of whatever version, handed out piece by piece as OpenAPI 3.0.3.

A piece is converted when it is asked for, so what nobody publishes costs nothing. References in it
stay as they were written; each of them leads to something.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from apim_aks.apis.document import swagger2, version31
from apim_aks.apis.document.completion import completed
from apim_aks.apis.document.finding import ImportFinding, gathered
from apim_aks.apis.document.structure import (
    DROPPED,
    KEYS,
    KIND_OF,
    SECTIONS,
    Change,
    Note,
    is_reference,
    located,
    pointer,
    rebuilt,
    written,
)
from apim_aks.workload.model import Document

Steps = tuple[str, ...]
Object = dict[str, Any]


class Source:
    """A document of one Service and what was noticed while its pieces were taken."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.body: Object = dict(document.body)
        self._swagger = "swagger" in self.body
        self._latest = document.specification.startswith("3.1")
        self._notes: list[tuple[str, str, str]] = []
        self._steps: dict[str, Steps | None] = {}
        self._heirs: dict[Steps, list[Steps]] | None = None

    @property
    def findings(self) -> tuple[ImportFinding, ...]:
        """What the pieces taken so far lost."""
        return gathered(self.document.file, self._notes)

    def operation(self, path: str, method: str) -> Object | None:
        """The operation with its path's parameters and the document's security in it."""
        item = self._path_item(path)
        value = item.get(method.lower())
        if not isinstance(value, dict):
            return None
        place = f"{method.upper()} {path}"
        parameters = self._folded(_listed(item.get("parameters")), _listed(value.get("parameters")))
        value = {**value, "parameters": parameters}
        if "security" not in value and "security" in self.body:
            value["security"] = self.body["security"]
        if self._swagger:
            value = swagger2.operation(self._written_out(value), self.body, self._noting(place))
        result: Object = rebuilt(value, "operation", self._change(place))
        return result

    def component(self, section: str, steps: Steps) -> Any:
        """The object at these steps, as a component of this section."""
        place = pointer(steps)
        return rebuilt(self._at(steps), KIND_OF[section], self._change(place))

    def steps(self, reference: str) -> Steps | None:
        """Where a reference leads, or None if it leads nowhere."""
        if reference not in self._steps:
            self._steps[reference] = self._followed(reference)
        return self._steps[reference]

    def scheme(self, name: str) -> Steps | None:
        """Where the security scheme of this name stands."""
        folder = ("securityDefinitions",) if self._swagger else ("components", "securitySchemes")
        return self.steps(pointer((*folder, name)))

    def mapped(self, target: Any) -> Steps | None:
        """The schema that a value of a discriminator's mapping means: a name or a reference."""
        if not isinstance(target, str):
            return None
        return self.steps(pointer((*self._schemas, target))) or self.steps(target)

    def heirs(self, steps: Steps) -> list[Steps]:
        """The schemas that extend this one by `allOf`, in the order of the document."""
        if self._heirs is None:
            self._heirs = {}
            for heir, parent in self._extensions():
                self._heirs.setdefault(parent, []).append(heir)
        return self._heirs.get(steps, [])

    @property
    def _schemas(self) -> Steps:
        return ("definitions",) if self._swagger else ("components", "schemas")

    def _extensions(self) -> Iterator[tuple[Steps, Steps]]:
        found = located(self.body, pointer(self._schemas))
        for name, schema in (_mapping(found[1]) if found else {}).items():
            for part in _listed(_mapping(schema).get("allOf")):
                parent = self.steps(part["$ref"]) if is_reference(part, "schema") else None
                if parent:
                    yield (*self._schemas, name), parent

    def _at(self, steps: Steps) -> Any:
        found = located(self.body, pointer(steps))
        return found[1] if found else None

    def _followed(self, reference: str) -> Steps | None:
        first = found = located(self.body, reference)
        seen = set()
        while found and is_reference(found[1], "schema"):
            if found[0] in seen:
                return None
            seen.add(found[0])
            found = located(self.body, found[1]["$ref"])
        return first[0] if first and found else None

    def _path_item(self, path: str) -> Object:
        section, _ = self.document.place_of(path)
        item = _mapping(self.body.get(section)).get(path)
        return _mapping(self._target(item))

    def _target(self, value: Any) -> Any:
        """The value itself, or what its references lead to."""
        while is_reference(value, "schema"):
            steps = self.steps(value["$ref"])
            value = self._at(steps) if steps else None
        return value

    def _folded(self, shared: list[Any], own: list[Any]) -> list[Any]:
        named: dict[Any, Any] = {}
        for place, parameter in enumerate((*shared, *own)):
            target = _mapping(self._target(parameter))
            name, where = target.get("name"), target.get("in")
            known = isinstance(name, str) and isinstance(where, str)
            named[(name, where) if known else place] = parameter
        return list(named.values())

    def _written_out(self, value: Object) -> Object:
        """A Swagger 2.0 operation without the references whose meaning depends on it."""
        parameters = [self._parameter(p) for p in value["parameters"]]
        result = {**value, "parameters": parameters}
        responses = value.get("responses")
        if isinstance(responses, dict) and self._produces(value) != self._produces({}):
            result["responses"] = {code: self._target(r) for code, r in responses.items()}
        return result

    def _parameter(self, value: Any) -> Any:
        target = self._target(value)
        return target if _mapping(target).get("in") in ("body", "formData") else value

    def _produces(self, value: Object) -> Steps:
        return swagger2.media_types("produces", value, self.body)

    def _noting(self, place: str) -> Note:
        return lambda row, what: self._notes.append((row, what, place))

    def _change(self, place: str) -> Change:
        note = self._noting(place)

        def change(value: Any, kind: str) -> Any:
            if is_reference(value, kind):
                return self._reference(value, kind, note)
            if kind in ("schema", "extra"):
                exact = kind == "extra" and isinstance(value, bool)
                return value if exact else self._schema(value, note)
            if not isinstance(value, dict) or (kind == "pathItem" and "$ref" in value):
                note("not-openapi", f"a {kind} that cannot be read")
                return {"description": ""} if kind == "response" else DROPPED
            known = self._known(value, kind, note)
            if kind == "operation":
                return self._operation(known, note)
            return completed(known, kind, note)

        return change

    def _reference(self, value: Object, kind: str, note: Note) -> Any:
        reference: str = value["$ref"]
        siblings = {k: v for k, v in value.items() if k != "$ref" and not k.startswith("x-")}
        schema = SECTIONS[kind] == "schemas"
        if not self.steps(reference):
            note("dangling-reference", f"the reference {reference}")
            empty = {"schema": {}, "extra": {}, "response": {"description": ""}}
            return empty.get(kind, DROPPED)
        if schema and siblings and self._latest:
            return self._schema(version31.beside_reference(reference, siblings), note)
        plain = {k: v for k, v in siblings.items() if isinstance(v, (str, bool))}
        return {"$ref": reference, **(plain if schema else {})}

    def _schema(self, value: Any, note: Note) -> Any:
        result = version31.schema(value, note)
        discriminator = result.get("discriminator")
        if isinstance(discriminator, dict):
            result["discriminator"] = self._discriminator(discriminator)
        elif discriminator is not None:
            del result["discriminator"]
        return result

    def _discriminator(self, value: Object) -> Object:
        mapping = _mapping(value.get("mapping"))
        targets = {name: self.mapped(target) for name, target in mapping.items()}
        known = {name: pointer(steps) for name, steps in targets.items() if steps}
        name = {"propertyName": value["propertyName"]} if "propertyName" in value else {}
        return name | ({"mapping": known} if known else {})

    def _known(self, value: Object, kind: str, note: Note) -> Object:
        if self._swagger and kind in ("parameter", "header"):
            value = swagger2.parameter(value, note)
        elif self._swagger and kind == "response":
            value = swagger2.response(value, self._produces({}), note)
        elif self._swagger and kind == "securityScheme":
            value = swagger2.security_scheme(value)
        keys = KEYS.get(kind)
        for key in sorted(value.keys() - keys) if keys else ():
            if not key.startswith("x-") and key not in ("servers", "server", "$ref"):
                note("not-openapi", f"{key} in a {kind}")
        kept = {k: v for k, v in value.items() if (k in keys if keys else k[:2] != "x-")}
        return written(kept, note)

    def _operation(self, value: Object, note: Note) -> Object:
        value.pop("operationId", None)
        tags = value.pop("tags", None)
        if isinstance(tags, list):
            value["tags"] = list(dict.fromkeys(t for t in tags if isinstance(t, str)))
        if not isinstance(value.get("responses"), dict) or not value["responses"]:
            value["responses"] = {"default": {"description": ""}}
        for empty in ("parameters", "tags"):
            if not value.get(empty):
                value.pop(empty, None)
        security = value.pop("security", None)
        if isinstance(security, list):
            kept = [r for r in (self._requirement(r, note) for r in security) if r is not None]
            if kept or not security:
                value["security"] = kept
        return value

    def _requirement(self, value: Any, note: Note) -> Object | None:
        if not isinstance(value, dict):
            return None
        kept = {n: _listed(scopes) for n, scopes in value.items() if self._usable(n)}
        for name in sorted(value.keys() - kept.keys()):
            note("security-scheme", f"the security scheme {name}, which 3.0.3 cannot describe")
        return kept if kept or not value else None

    def _usable(self, name: str) -> bool:
        steps = self.scheme(name)
        scheme = _mapping(self._target(self._at(steps))) if steps else {}
        flows = isinstance(scheme.get("flow" if self._swagger else "flows"), (str, dict))
        simple = scheme.get("type") in ("apiKey", "http", "openIdConnect", "basic")
        return simple or (scheme.get("type") == "oauth2" and flows)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _mapping(value: Any) -> Object:
    return value if isinstance(value, dict) else {}
