"""What a mesh asks of callers of an open connection: said beside the answer, which stays open."""

from __future__ import annotations

from dataclasses import dataclass
from json import dumps

import pytest

from apim_aks.reachability.proof import prove
from apim_aks.reachability.reading import scene_of
from apim_aks.reachability.site import Site
from apim_aks.workload.documents import parse
from tests.support.outside_scenes import VIRTUAL, Network, istio, service

MESHED = "istio.io/rev: asm-1-24"
STRICT = "mtls: {mode: STRICT}"


def world(label: str = MESHED, note: str = "", more: str = "", of: str = "") -> str:
    """A namespace with pods `api` and `site` in it, and pods outside it, which no mesh knows."""
    return f"""apiVersion: v1
kind: Namespace
metadata: {{name: shop, {of or "labels"}: {{{label}}}}}
---
apiVersion: v1
kind: Namespace
metadata: {{name: plain}}
---
{run("api", "shop", note, more)}---
{run("site", "shop")}---
{run("old", "plain")}---
{run("istiod", "mesh")}"""


def run(name: str, space: str, note: str = "", more: str = "") -> str:
    return f"""apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}, namespace: {space}}}
spec:
  template:
    metadata: {{labels: {{app: {name}}}, annotations: {{{note}}}}}
    spec: {{containers: [{{name: c, image: i, ports: [{{name: web, containerPort: 8080}}]}}]{more}}}
"""


def mesh(kind: str, spec: str, space: str = "shop", group: str = "security.istio.io/v1") -> str:
    return (
        f"---\napiVersion: {group}\nkind: {kind}\n"
        f"metadata: {{name: m, namespace: {space}}}\nspec: {{{spec}}}\n"
    )


def peers(spec: str, space: str = "shop") -> str:
    return mesh("PeerAuthentication", spec, space)


SELECTED = "selector: {matchLabels: {app: api}}"
NOBODY = {"old": "", "site": "", "internet": ""}


@dataclass(frozen=True, kw_only=True)
class Meshed:
    """Objects beside the Service, and words of what is asked of each source; empty for nothing."""

    what: str
    objects: str
    asked: dict[str, str]
    before: str = world()


def strict(at: str = "shop/m") -> dict[str, str]:
    words = f"a mesh identity, which PeerAuthentication {at} demands (a.yaml line "
    return {"old": words, "site": "", "internet": words}


SCENES = (
    Meshed(what="no policy takes plain text", objects="", asked=NOBODY),
    Meshed(what="strict in the namespace", objects=peers(STRICT), asked=strict()),
    Meshed(
        what="strict in the root namespace is inherited",
        objects=peers(STRICT, "aks-istio-system"),
        asked=strict("aks-istio-system/m"),
    ),
    Meshed(
        what="the namespace comes before the root",
        objects=peers("mtls: {mode: PERMISSIVE}") + peers(STRICT, "aks-istio-system"),
        asked=NOBODY,
    ),
    Meshed(
        what="the mode of a port comes before that of the pods",
        objects=peers(f"{SELECTED}, {STRICT}, portLevelMtls: {{8080: {{mode: DISABLE}}}}"),
        asked=NOBODY,
    ),
    Meshed(
        what="a selector in the root namespace is a conflict of two sources",
        objects=peers(f"{SELECTED}, mtls: {{mode: STRICT}}", "aks-istio-system"),
        asked=NOBODY,
    ),
    Meshed(
        what="pods without a proxy",
        objects=peers(STRICT),
        asked=NOBODY,
        before=world(label="team: a"),
    ),
    Meshed(
        what="pods that want no proxy",
        objects=peers(STRICT),
        asked=NOBODY,
        before=world(note="sidecar.istio.io/inject: 'false'"),
    ),
    Meshed(
        what="a port that goes past the proxy",
        objects=peers(STRICT),
        asked=NOBODY,
        before=world(note="traffic.sidecar.istio.io/excludeInboundPorts: '8080'"),
    ),
    Meshed(
        what="pods in the network of their node",
        objects=peers(STRICT),
        asked=NOBODY,
        before=world(more=", hostNetwork: true"),
    ),
    Meshed(
        what="a policy that names other identities",
        objects=mesh("AuthorizationPolicy", "rules: [{from: [{source: {namespaces: [other]}}]}]"),
        asked=dict.fromkeys(NOBODY, "a rule of the mesh that lets it in (AuthorizationPolicy m"),
    ),
    Meshed(
        what="a policy that names some requests decides by more than identity",
        objects=mesh("AuthorizationPolicy", "rules: [{to: [{operation: {paths: [/a]}}]}]"),
        asked=NOBODY,
    ),
    Meshed(
        what="a Server of Linkerd without an authorization",
        objects=mesh(
            "Server",
            "podSelector: {matchLabels: {app: api}}, port: web",
            group="policy.linkerd.io/v1beta3",
        )
        + "---\n"
        + run("linkerd", "mesh").replace(
            "app: linkerd", "linkerd.io/control-plane-component: destination"
        ),
        asked={"old": "a mesh identity, which Server shop/m demands", "site": ""}
        | {"internet": "a mesh identity, which Server shop/m demands"},
        before=world(label="linkerd.io/inject: enabled", of="annotations"),
    ),
)


@pytest.mark.parametrize("scene", SCENES, ids=lambda s: s.what)
def test_what_a_mesh_asks_stands_beside_an_open_answer(scene: Meshed) -> None:
    said = asked(scene.before + scene.objects)
    assert {name: words for name, words in said.items() if name in scene.asked} == {
        name: words and said[name] for name, words in scene.asked.items()
    }
    assert all(said[name].startswith(words) for name, words in scene.asked.items())


def asked(objects: str) -> dict[str, str]:
    """What is asked of each source, all of which the Service is open to."""
    text = f"{objects}\n---\n{dumps(service())}"
    scene = scene_of(parse(text.encode(), "a.yaml").documents)
    found = [
        v
        for v in prove(Site(scene=scene, azure=Network().read())).verdicts
        if v.service == "shop/api" and v.answer.value == "open"
    ]
    names = {v.source.partition("[")[0].rpartition("/")[2].strip("{}"): v for v in found}
    assert {"old", "site", "internet"} <= names.keys()
    return {name: v.credential for name, v in names.items()}


def test_without_a_control_plane_nothing_is_asked_for_certain_and_a_reason_says_so() -> None:
    text = world().rpartition("---")[0] + peers(STRICT).removeprefix("---\n")
    scene = scene_of(parse(f"{text}---\n{dumps(service())}".encode(), "a.yaml").documents)
    found = prove(Site(scene=scene)).of(scene.services[0])
    assert not any(v.credential for v in found)
    assert any("the control plane of the mesh is not in the input" in v.because[-1] for v in found)


def test_callers_through_a_gateway_of_the_mesh_have_its_identity() -> None:
    home = {**service("ClusterIP")}
    text = "\n---\n".join(
        (world() + peers(STRICT), *map(dumps, (home, VIRTUAL, istio("external"))))
    )
    scene = scene_of(parse(text.encode(), "a.yaml").documents)
    found = prove(Site(scene=scene, azure=Network().read())).of(scene.services[0])
    assert [(v.answer.value, v.credential) for v in found if v.source == "{internet}"] == [
        ("open", "")
    ]
