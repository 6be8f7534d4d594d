"""Whatever stands in a field, there is an answer or a sentence, and no traceback."""

from __future__ import annotations

import copy
import random
from dataclasses import replace
from json import dumps
from typing import Any

from apim_aks.reachability.connections import connections
from apim_aks.reachability.exposure import exposure
from apim_aks.reachability.proof import surroundings
from apim_aks.reachability.reach import Reach
from apim_aks.reachability.reading import scene_of
from apim_aks.reachability.scene import Engine
from apim_aks.reachability.site import Site
from apim_aks.reachability.verdicts import callers, verdicts
from apim_aks.workload.documents import parse
from tests.support.outside_scenes import (
    HTTP_ROUTE,
    INGRESS,
    VIRTUAL,
    Network,
    gateway,
    istio,
    service,
)
from tests.support.reach_scenes import SCENES, WORLD
from tests.support.series import seeds

ODD: tuple[Any, ...] = (None, True, -1, 70000, 1.5, "", "a b", "{{ x }}", "::/0", "10.0.0.0/8")
ODD += ([], {}, [None], [[]], {"a": 1}, 10**30, "é" * 300)
KEYS = ("from", "to", "ports", "podSelector", "namespaceSelector", "ipBlock", "egress", "endPort")
NETWORKS = (None, Network(rules=[]).read())
OUTER = (service(), service("NodePort"), HTTP_ROUTE, gateway(), VIRTUAL, istio("internal"), INGRESS)
POLICIES = parse((WORLD + "".join(s.objects for s in SCENES)).encode(), "a.yaml").documents
ENTRIES = parse("\n---\n".join((WORLD, *map(dumps, OUTER))).encode(), "b.yaml").documents


@seeds(8)
def test_no_field_ends_in_a_traceback(seed: int) -> None:
    dice = random.Random(seed)
    documents = [*dice.sample(POLICIES, 8), *dice.sample(ENTRIES, 8)]
    at = dice.randrange(len(documents))
    documents[at] = replace(documents[at], data=mutated(dice, documents[at].data))
    scene, engine = scene_of(documents), dice.choice(list(Engine))
    reach = Reach(scene, engine)
    list(connections(reach))
    exposure(scene, engine)
    outside = surroundings(Site(scene=scene, azure=dice.choice(NETWORKS), engine=engine))
    for one in scene.services:
        list(verdicts(reach, one))
        list(callers(reach, one))
        list(outside.verdicts(one))


def mutated(dice: random.Random, data: Any) -> Any:
    """The data with one value in it replaced, one left out, or one more."""
    whole = node = copy.deepcopy(data)
    while True:
        key = dice.choice(list(node)) if isinstance(node, dict) else dice.randrange(len(node))
        inner = node[key]
        if isinstance(inner, (dict, list)) and inner and dice.random() < 0.7:
            node = inner
            continue
        odd = copy.deepcopy(dice.choice(ODD))
        if isinstance(node, dict) and dice.random() < 0.3:
            key = dice.choice(KEYS)
        node[key] = odd
        return whole
