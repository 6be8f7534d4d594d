"""The policies in force, scope by scope, against those of the design."""

from __future__ import annotations

from collections.abc import Iterator

from apim_aks.remote.azure import redacted, resource_name
from apim_aks.verification.answers import each, gone, inside, looked, said
from apim_aks.verification.azure_resources.policy_text import same_policy
from apim_aks.verification.designed import Designed, designed
from apim_aks.verification.resource_ids import ground
from apim_aks.verification.scene import LiveScene
from apim_aks.verification.verdict import Verdict

FORMAT = "format=xml"
"""Without it API Management chooses the format of the answer."""


def policies(scene: LiveScene) -> Verdict:
    """Whether every policy document and fragment is the designed one."""
    place = ground(scene)
    every = designed(scene)
    found = tuple(d for d in every if is_policy(d.type))
    scopes = {d.scope for d in place.site.documents}
    apis = [place.child("apis", api.id) for api in scene.design.mapping.apis]
    known = {d.id.lower() for d in found}
    wrong = [*each(found, lambda d: _policy(d, scene))]
    wrong += each(apis, lambda api: _others(api, known, scene))
    values = [d for d in every if d.type.lower().endswith("/namedvalues")]
    wrong += each(values, lambda d: _value(d, scene))
    if len(found) < len(place.site.documents):
        wrong.append(f"the templates write {len(found)} of {len(place.site.documents)} documents")
    return looked(wrong, f"{len(found)} documents, the same in {', '.join(sorted(scopes))}")


def is_policy(type: str) -> bool:
    """Whether a resource of this type holds a policy document."""
    return type.lower().startswith("microsoft.apimanagement/") and type.lower().endswith(
        ("/policies", "/policyfragments")
    )


def _policy(one: Designed, scene: LiveScene) -> Iterator[str]:
    found = scene.azure.resource(one.id, query=FORMAT)
    name = scope_of(one.id)
    if found is None:
        yield f"{name}: it has no policy"
        return
    seen, wanted = inside(found, "properties.value"), inside(one.body, "properties.value")
    if not isinstance(seen, str) or not seen:
        yield f"{name}: Azure answers without the policy"
    elif not same_policy(seen, str(wanted)):
        yield f"{name}: another policy is in force"


def _value(one: Designed, scene: LiveScene) -> Iterator[str]:
    """The named values of a document: another audience or issuer would admit other callers."""
    name, found = one.id.rpartition("/")[2], scene.azure.resource(one.id)
    if found is None:
        yield from gone(one.id)
        return
    for path in ("properties.value", "properties.keyVault.secretIdentifier"):
        wanted = inside(one.body, path)
        if isinstance(wanted, str) and inside(found, path) != wanted:
            yield f"named value {said(name)} is not the designed one"


def _others(api: str, known: set[str], scene: LiveScene) -> Iterator[str]:
    """Policies outside the design; one without `base` cancels those of the wider scopes."""
    scene.tell(f"looking for further policies in API {api.split('/')[-1]}")
    listed = scene.azure.children(api, "operations") or ()
    places = (api, *(f"{api}/operations/{o.get('name')}" for o in listed))
    for id in (f"{place}/policies/policy" for place in places):
        if id.lower() not in known and scene.azure.resource(id, query=FORMAT) is not None:
            yield f"{scope_of(id)}: a policy is in force that is not designed"


def scope_of(id: str) -> str:
    """The scope of a policy in words."""
    parts = id.split("/")[9:]
    if not parts or parts[0] == "policies":
        return "the whole service"
    if parts[0] == "policyFragments":
        return redacted(f"fragment {parts[1]}")
    words = {"apis": "API", "products": "product", "operations": "operation"}
    pairs = zip(parts[:-2:2], parts[1:-2:2], strict=False)
    return redacted(", ".join(f"{words.get(k, k)} {v}" for k, v in pairs)) or resource_name(id)
