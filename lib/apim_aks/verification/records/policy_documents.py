"""The policies in force, scope by scope, against those of the design."""

from __future__ import annotations

from collections.abc import Iterator

from apim_aks.azure_client import redacted, resource_name
from apim_aks.verification.designed import Designed, designed
from apim_aks.verification.ground import ground
from apim_aks.verification.looked import inside, looked
from apim_aks.verification.records.policy_text import same_policy
from apim_aks.verification.scene import Scene
from apim_aks.verification.verdict import Verdict

FORMAT = "format=xml"
"""Without it API Management answers in the form of its choice."""


def policies(scene: Scene) -> Verdict:
    """Every policy document and fragment says what the design says."""
    place = ground(scene)
    found = tuple(d for d in designed(scene) if is_policy(d.type))

    scopes = {d.scope for d in place.site.documents}
    wrong = [s for d in found for s in _policy(d, scene)]
    if len(found) < len(place.site.documents):
        wrong.append(f"the templates write {len(found)} of {len(place.site.documents)} documents")
    return looked(wrong, f"{len(found)} documents, the same in {', '.join(sorted(scopes))}")


def is_policy(type: str) -> bool:
    """A resource of this type holds a policy document."""
    return type.lower().startswith("microsoft.apimanagement/") and type.lower().endswith(
        ("/policies", "/policyfragments")
    )


def _policy(one: Designed, scene: Scene) -> Iterator[str]:
    found = scene.azure.resource(one.id, query=FORMAT)
    name = scope_of(one.id)
    if found is None:
        yield f"{name}: no policy is there"
        return
    seen, wanted = inside(found, "properties.value"), inside(one.body, "properties.value")
    if not isinstance(seen, str) or not seen:
        yield f"{name}: Azure answers without the policy"
    elif not same_policy(seen, str(wanted)):
        yield f"{name}: another policy is in force"


def scope_of(id: str) -> str:
    """What a policy belongs to, in words."""
    parts = id.split("/")[9:]
    if not parts or parts[0] == "policies":
        return "the whole service"
    if parts[0] == "policyFragments":
        return redacted(f"fragment {parts[1]}")
    words = {"apis": "API", "products": "product", "operations": "operation"}
    pairs = zip(parts[:-2:2], parts[1:-2:2], strict=False)
    return redacted(", ".join(f"{words.get(k, k)} {v}" for k, v in pairs)) or resource_name(id)
