"""The manifests as Kustomize bases, one for each phase, with an overlay for each environment.

Placeholders are values of the overlay, in one file with what each means. What closes the entries
of today is a base of its own, which no other refers to, and so is what is deleted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from apim_aks.artefacts.bundle import Artefacts
from apim_aks.artefacts.export.kustomize.charts import chart_files, chart_words
from apim_aks.artefacts.export.kustomize.patches import Differences, Key, differences
from apim_aks.artefacts.export.kustomize.placing import VALUES, replacements
from apim_aks.artefacts.export.kustomize.placing import key as value_key
from apim_aks.artefacts.export.origin import origin, readme
from apim_aks.artefacts.manifests import (
    MANAGER,
    Action,
    ManifestFile,
    Phase,
    Placeholder,
    placeholders,
)
from apim_aks.artefacts.manifests.file import Object
from apim_aks.workload.documents import dump, dump_all

Json = dict[str, Any]
FORMAT = "kustomize"
ENTRY, ROUTES, CLOSE, DELETE = "entry", "routes", "close", "close-delete"
DEPLOY = "deploy"
STEPS: Mapping[str, str] = {
    ENTRY: "What is new in the cluster: entry, certificates, addresses. It takes nothing away.",
    ROUTES: "Routes, and policies that only admit.",
    CLOSE: "Closes what serves callers today. Only after everybody has moved, by a person: "
    "no pipeline applies it by itself, and `apim-aks close` also keeps what can be taken back.",
    DELETE: "Deletes what bypassed the gateway, with the step before.",
}
"""The steps in their order."""

_CHECKED = (
    "Check first that the entry refuses a call without a certificate (`apim-aks verify`), since "
    "the routes open it."
)


def step_of(file: ManifestFile) -> str:
    """The step that a file belongs to."""
    if file.action is Action.DELETE:
        return DELETE
    if file.phase is Phase.CLOSE:
        return CLOSE
    return ROUTES if file.gated else ENTRY


def steps(files: Iterable[ManifestFile]) -> Mapping[str, tuple[ManifestFile, ...]]:
    """The files of each step that has any, in the order in which they are applied."""
    every = tuple(files)
    found = {step: tuple(f for f in every if step_of(f) == step) for step in STEPS}
    return {step: own for step, own in found.items() if own}


def deployed(found: Iterable[str]) -> tuple[str, ...]:
    """Of these steps those that `deploy` applies."""
    return tuple(s for s in found if s in (ENTRY, ROUTES))


def files(built: Artefacts) -> Mapping[str, str]:
    """Bases, overlays, and a README with the commands in order."""
    head = f"# {origin(built, FORMAT)}\n"
    base = steps(built.manifests)
    made = dict(_base(base))
    for name, there in built.everywhere.items():
        own = _overlay(base, steps(there.manifests))
        made |= {f"overlays/{name}/{path}": text for path, text in own.items()}
    made |= chart_files(built)
    headed = {path: head + text for path, text in made.items()}
    return headed | {"README.md": _readme(built)}


def _base(found: Mapping[str, Sequence[ManifestFile]]) -> Iterator[tuple[str, str]]:
    for step, own in found.items():
        for file in own:
            yield f"base/{step}/{file.name}", f"{_head(file)}---\n{dump_all(file.objects)}"
        yield f"base/{step}/kustomization.yaml", _kustomization(resources=[f.name for f in own])


def _head(file: ManifestFile) -> str:
    lines = [file.because]
    if file.action is Action.PATCH:
        lines.append("Only the fields that change: apply it server-side; others own the rest.")
    lines += [f"Warning: {file.warning}"] if file.warning else []
    lines += [f"By hand: {step}" for step in file.by_hand]
    lines += [f"Before: {way.words}" for way in file.ways_back if way.keep]
    return "".join(f"# {' '.join(line.split())}\n" for line in lines)


def _overlay(
    base: Mapping[str, Sequence[ManifestFile]], there: Mapping[str, Sequence[ManifestFile]]
) -> dict[str, str]:
    """The files of an environment: what differs step by step, and the values of all of them."""
    asked = placeholders(f for own in there.values() for f in own)
    made: dict[str, str] = {}
    for step, own in there.items():
        if found := differences(_objects(base.get(step, ())), _objects(own)):
            made |= {f"{step}/differences/{n}": t for n, t in _differences(found).items()}
    apart = {path.partition("/")[0] for path in made}
    for overlay, held in _held(there).items():
        made[f"{overlay}/kustomization.yaml"] = _kustomization(
            resources=[f"../../../base/{s}" for s in held if s in base],
            components=[
                *(f"../{s}/differences" for s in held if s in apart),
                *(["../values"] if asked else []),
            ],
        )
    if asked:
        every = tuple(o for own in there.values() for o in _objects(own))
        made["values/values.yaml"] = _values(asked)
        made["values/kustomization.yaml"] = _component(
            resources=["values.yaml"], replacements=[replacements(p.text, every) for p in asked]
        )
    return made


def _held(found: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The steps that each overlay holds: one for each, and one for all that `deploy` applies."""
    each = {step: (step,) for step in found}
    both = deployed(each)
    return each | ({DEPLOY: both} if both else {})


def _objects(own: Iterable[ManifestFile]) -> tuple[Object, ...]:
    return tuple(o for file in own for o in file.objects)


def _differences(found: Differences) -> dict[str, str]:
    patches = [
        {"target": _target(key), "patch": dump(list(operations))}
        for key, operations in found.changed.items()
    ]
    patches += [{"patch": dump(_deletion(key))} for key in found.gone]
    added = {"added.yaml": dump_all(found.added)} if found.added else {}
    return added | {"kustomization.yaml": _component(resources=list(added), patches=patches)}


def _target(key: Key) -> Json:
    version, kind, namespace, name = key
    group, _, version = version.rpartition("/")
    named = {"group": group, "version": version, "kind": kind, "namespace": namespace}
    return {k: v for k, v in named.items() if v} | {"name": name}


def _deletion(key: Key) -> Json:
    version, kind, namespace, name = key
    where = {"name": name} | ({"namespace": namespace} if namespace else {})
    return {"$patch": "delete", "apiVersion": version, "kind": kind, "metadata": where}


def _values(asked: Sequence[Placeholder]) -> str:
    """The values of an environment, which Kustomize reads and does not apply."""
    head = dump(
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {
                "name": VALUES,
                "annotations": {"config.kubernetes.io/local-config": "true"},
            },
        }
    )
    lines = (f"  # {p.meaning} ({p.from_stage}).\n  {value_key(p.text)}: {p.text}\n" for p in asked)
    return f"{head}data:\n{''.join(lines)}"


def _kustomization(**fields: Sequence[Any]) -> str:
    kind = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization"}
    ordered = {"sortOptions": {"order": "fifo"}}
    return dump(kind | {k: v for k, v in fields.items() if v} | ordered)


def _component(**fields: Sequence[Any]) -> str:
    kind = {"apiVersion": "kustomize.config.k8s.io/v1alpha1", "kind": "Component"}
    return dump(kind | {k: v for k, v in fields.items() if v})


def _readme(built: Artefacts) -> str:
    paragraphs = [
        "The manifests of the option: a base for each step, and an overlay for each environment. "
        "A step is applied whole, in this order, and field owners are kept: nothing is forced.",
        chart_words(built),
    ]
    for name, there in built.everywhere.items():
        paragraphs += [f"## {name}", *_applied(name, there)]
    return readme(built, FORMAT, "Kustomize", *paragraphs, "## How these files were made")


def _applied(name: str, there: Artefacts) -> Iterator[str]:
    """What is filled in and applied in an environment, in order."""
    if asked := placeholders(there.manifests):
        listed = "\n".join(f"- `{p.text}`: {p.meaning} ({p.from_stage})." for p in asked)
        yield (
            f"Fill in first, in `overlays/{name}/values/values.yaml`; until then the API server "
            f"refuses what needs them:\n\n{listed}"
        )
    own = steps(there.manifests)
    if not own:
        yield "Nothing is applied to the cluster: this option leaves it as it is."
    for step in own:
        checked = _CHECKED if step == ROUTES and there.drawn.choices.mutual_tls else ""
        words = " ".join(filter(None, (STEPS[step], checked)))
        yield f"{words}\n\n```sh\n{command(step, name)}\n```"
    if len(both := deployed(own)) > 1:
        yield f"`overlays/{name}/{DEPLOY}` holds the steps {' and '.join(both)} together."


def command(step: str, environment: str) -> str:
    """How a step of an environment is applied by hand."""
    folder = f"overlays/{environment}/{step}"
    if step == DELETE:
        return f"kubectl delete --ignore-not-found -k {folder}"
    return f"kubectl apply --server-side --field-manager={MANAGER} --validate=strict -k {folder}"
