"""Compares the design with Azure, property by property."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any

from apim_aks.artefacts.arm_templates.vault import ASSIGNMENTS
from apim_aks.facts import noises
from apim_aks.reachability.templates import Unknown
from apim_aks.remote.azure import AzureRefused, Json, redacted, redacted_value, resource_name
from apim_aks.verification.answers import ABSENT, inside, same
from apim_aks.verification.azure_resources.policy_documents import FORMAT, is_policy
from apim_aks.verification.designed import Designed, designed
from apim_aks.verification.drift.additions import additions, word
from apim_aks.verification.drift.comparison import Leaf, apart, further, leaves
from apim_aks.verification.drift.imported import Imported, imported
from apim_aks.verification.resource_ids import ground
from apim_aks.verification.scene import LiveScene

_LONGEST = 80
_A_WORD_EVERY = 20
_LABELS = ("tags.digest", "tags.version")
_IMPORTED = ("properties.format", "properties.value", "properties.translateRequiredQueryParameters")
_APIS = "microsoft.apimanagement/service/apis"
_ONLY_WRITTEN = {
    "microsoft.apimanagement/service": ("properties.certificates.encodedCertificate",),
}
"""Properties that API Management accepts and never returns."""


class DriftState(StrEnum):
    """How a designed property compares with what Azure holds."""

    SAME = "same"
    DIFFERS = "differs"
    MISSING = "missing"
    ADDED = "not designed"
    UNKNOWN = "cannot be compared"

    @property
    def sign(self) -> str:
        """A sign that can be told apart without colour."""
        return {"same": "=", "differs": "~", "missing": "-", "not designed": "+"}.get(self, "?")


@dataclass(frozen=True, slots=True)
class Drift:
    """One difference: the resource, the property, the designed and the actual value."""

    state: DriftState
    resource: str
    property: str
    designed: str
    found: str
    because: str = ""


def drift(scene: LiveScene) -> tuple[Drift, ...]:
    """Every difference between the templates and Azure, resource by resource.

    Resources as designed have one row each, with the number of their properties.
    """
    place = ground(scene)
    known = designed(scene)
    found = _labels([row for one in _told(known, scene) for row in _resource(one, scene)])
    operations = (row for one in imported(place) for row in _operations(one))
    return (*found, *operations, *(_added(*extra) for extra in additions(place, known)))


def _told(known: tuple[Designed, ...], scene: LiveScene) -> Iterator[Designed]:
    """The items in turn, with reports of progress, since there may be hundreds."""
    for number, one in enumerate(known):
        if number and not number % _A_WORD_EVERY:
            scene.tell(f"compared {number} of {len(known)} resources")
        yield one


def _labels(rows: list[Drift]) -> Iterator[Drift]:
    """The rows with the tags of all resources merged: a later version changes all of them."""
    yield from (r for r in rows if r.property not in _LABELS)
    tags = Counter(replace(r, resource="") for r in rows if r.property in _LABELS)
    for row, count in tags.items():
        name = f"tags of {count} resources" if count > 1 else "tags of 1 resource"
        yield replace(row, resource=name, because="deployed from another design")


def _operations(one: Imported) -> Iterator[Drift]:
    name = redacted(f"{one.api}: operations")
    if one.because:
        yield Drift(DriftState.UNKNOWN, name, "", "", "", one.because)
    for text in one.missing:
        yield Drift(DriftState.MISSING, name, redacted(text), "the operation", ABSENT)
    for text in one.added:
        yield Drift(DriftState.ADDED, name, redacted(text), ABSENT, "it exists")
    if not (one.because or one.missing or one.added):
        yield Drift(DriftState.SAME, name, f"{len(one.both)} designed and there", "", "")


def _resource(one: Designed, scene: LiveScene) -> Iterator[Drift]:
    name = redacted(resource_name(one.id))
    try:
        found = _assignment(one, scene) if one.type == ASSIGNMENTS else _read(one, scene)
    except AzureRefused as refused:
        yield Drift(DriftState.UNKNOWN, name, "", "", "", str(refused))
        return
    if found is None:
        yield Drift(DriftState.MISSING, _shown_name(one), "", "the resource", ABSENT)
        return
    yield from _properties(one, _shown_name(one), found)


def _shown_name(one: Designed) -> str:
    """The name to show; for a role assignment, its scope."""
    if one.type != ASSIGNMENTS:
        return redacted(resource_name(one.id))
    return redacted(f"role on {resource_name(_scope(one))}")


def _scope(one: Designed) -> str:
    return one.id.rpartition(f"/providers/{ASSIGNMENTS}")[0]


def _read(one: Designed, scene: LiveScene) -> Json | None:
    return scene.azure.resource(one.id, one.preview, FORMAT if is_policy(one.type) else "")


def _assignment(one: Designed, scene: LiveScene) -> Json | None:
    """The assignment of this role on its scope to this principal, found without its name."""
    listed = scene.azure.children(_scope(one), ASSIGNMENTS, "$filter=atScope()") or ()
    principal = inside(one.body, "properties.principalId")
    for found in listed:
        here = same(inside(found, "properties.scope"), _scope(one))
        whose = same(inside(found, "properties.principalId"), principal)
        if here and _role(found) == _role(one.body) and (whose or isinstance(principal, Unknown)):
            return found
    return None


def _role(assignment: Json) -> str:
    """The id of the role definition without its scope."""
    found = inside(assignment, "properties.roleDefinitionId")
    return str(found).rpartition("/")[2].lower()


def _properties(one: Designed, name: str, found: Json) -> Iterator[Drift]:
    noise, compared = apart(tuple(leaves(one.body, found)), lambda leaf: _noise(one.type, leaf))
    hidden, shown = apart(tuple(compared), lambda leaf: _hidden(one.type, leaf))
    fine, differing = apart(tuple(shown), lambda leaf: _same(one, leaf))
    for leaf in differing:
        yield Drift(
            DriftState.DIFFERS,
            name,
            redacted(leaf.path),
            _shown(leaf, leaf.designed),
            _shown(leaf, leaf.found),
        )
    if hidden:
        yield _unknown(name, hidden)
    more = tuple(_further(one, name, found))
    yield from more
    if not more and all(leaf.plain in _LABELS for leaf in differing):
        folded = f"{len(noise)} more are set or reformatted by Azure" if noise else ""
        yield Drift(DriftState.SAME, name, _properties_of(len(fine)), "", "", folded)


def _further(one: Designed, name: str, found: Json) -> Iterator[Drift]:
    """Members of lists outside the design, except those that Azure adds itself."""
    for path, extra in further(one.body, found):
        if extra.get("certificateSource") != "BuiltIn" and extra.get("enabled") is not False:
            yield Drift(DriftState.ADDED, name, redacted(path), ABSENT, word(extra))


def _same(one: Designed, leaf: Leaf) -> bool:
    return leaf.same or one.type == ASSIGNMENTS and leaf.plain == "properties.roleDefinitionId"


def _noise(type: str, leaf: Leaf) -> bool:
    """Whether the difference is set by Azure or one of formatting."""
    if is_policy(type) and leaf.plain == "properties.format":
        return True
    if type.lower() == _APIS and leaf.plain in _IMPORTED:
        return True
    rows = (n for n in noises() if n.type == "*" or n.type.lower() == type.lower())
    patterns = (n.property.lower().replace(".*.", ".") for n in rows)
    return any(fnmatchcase(leaf.plain.lower(), p) for p in patterns)


def _hidden(type: str, leaf: Leaf) -> bool:
    return not leaf.known or leaf.plain in _ONLY_WRITTEN.get(type.lower(), ())


def _unknown(name: str, hidden: list[Leaf]) -> Drift:
    """One row for all properties that cannot be compared."""
    paths = ", ".join(dict.fromkeys(leaf.path.removeprefix("properties.") for leaf in hidden))
    asked = any(not leaf.known for leaf in hidden)
    because = (
        "only Azure or the deployer knows the value"
        if asked
        else "API Management accepts it and does not return it"
    )
    what = f"{_properties_of(len(hidden))}: {redacted(paths)}"
    return Drift(DriftState.UNKNOWN, name, what, "", "", because)


def _properties_of(number: int) -> str:
    return "1 property" if number == 1 else f"{number} properties"


def _shown(leaf: Leaf, value: Any) -> str:
    if value is None or value == "" or value == []:
        return ABSENT
    if isinstance(value, Unknown):
        return "known to Azure only"
    safe = redacted_value(value, leaf.plain.rpartition(".")[2])
    text = resource_name(value) if str(value).startswith("/subscriptions/") else str(safe)
    text = " ".join(redacted(text).split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _added(name: str, what: str, because: str = "") -> Drift:
    state = DriftState.UNKNOWN if because else DriftState.ADDED
    return Drift(state, redacted(name), "", "" if because else ABSENT, redacted(what), because)
