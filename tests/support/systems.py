"""What other people's systems become without a word of ours, as a document.

Each is copied, gets the workload.yaml that `init` writes, and is mapped. `make golden` writes
docs/systems.md anew where the systems lie beside the repository; test_systems.py compares.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from apim_aks.apis.draft import write_workload_file
from apim_aks.apis.mapping import Api, Mapping, map_services, nothing_published, port_choice
from apim_aks.errors import InputError
from apim_aks.listing import counted
from apim_aks.workload.file import read_workload
from apim_aks.workload.model import Workload
from tests.support.markdown import table
from tests.support.places import CORPORA, REPOSITORY

FILE = REPOSITORY / "docs" / "systems.md"
FOLDER = "microservices"
_HEAD = """# Systems that we did not write, and what becomes of them

Made by `make golden` where the systems lie beside the repository. Each folder was given to
`python -m apim_aks init` and then to `map`, and nobody wrote a word into its workload.yaml. The
last column is our judgement, as architects who know these systems: what we would still change by
hand before a report is shown to anybody. What may open a way is named as in data/openings.csv."""

REMAINS = {
    "agic-examples": "nothing: of unrelated examples, two front doors at `/` get a path each",
    "aks-store-demo": "nothing for the three APIs; `namespace: pets` if Istio's gateway stays",
    "bookinfo": "nothing: the product page stays a page, its four operations are the API",
    "drone-delivery": "nothing: both public routes are APIs, all that is internal stays inside; "
    "the class of its Ingresses is a value that was invented when the charts were rendered",
    "eshop": "the manifests: eShop's repository has none, Aspire deploys it",
    "ingress-nginx": "nothing: two front doors become two paths, and who called which host is said",
    "live-cluster-objects": "nothing for the one Service; hand-made endpoints are to be looked at",
    "online-boutique": "nothing: all of it is gRPC behind one web page, and no API is right",
    "opentelemetry-demo": "decide on Envoy (frontend-proxy): `publish` says whether shipping is "
    "for consumers at all",
    "retail-store": "nothing: four described APIs; the charts have no Service for recommendations",
    "sock-shop": "strike `queue-master`, which reads a queue: nothing in the manifests says so",
}
"""What an architect would still change by hand; the only words here that no code finds."""


@dataclass(frozen=True, slots=True)
class Drafted:
    """A system as it is read with the file of `init`; without Services only what `init` said."""

    name: str
    said: str = ""
    workload: Workload | None = None
    mapping: Mapping | None = None


def drafted(source: Path) -> Drafted:
    """A system, copied, with its first workload.yaml, read and mapped."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(shutil.copytree(source, Path(folder) / source.name))
        try:
            workload = read_workload(write_workload_file(copy))
        except InputError as error:
            return Drafted(source.name, str(error).replace(f"{copy.as_posix()}: ", ""))
    found = map_services(workload)
    said = "" if found.apis else nothing_published(workload, found)
    return Drafted(source.name, said, workload, found)


def systems(corpora: Path = CORPORA) -> tuple[Drafted, ...]:
    """All systems in the order of their names."""
    return tuple(drafted(corpora / FOLDER / name) for name in sorted(REMAINS))


def _row(one: Drafted) -> tuple[str, ...]:
    workload, found = one.workload, one.mapping
    if workload is None or found is None:
        return (one.name, "0", "0", "–", "–", "–", one.said, REMAINS[one.name])
    ports = {port_choice(workload.service(id)).number for id in found.published}
    candidates = sum(d.candidate for d in found.decisions)
    asked = f", all to be chosen from ({candidates})" if candidates else ""
    return (
        one.name,
        str(len(workload.services)),
        f"{len(found.published)}{asked}",
        "<br>".join(f"`{_path(api)}`" for api in found.apis) or "none",
        ", ".join(map(str, sorted(ports))) or "–",
        str(len(workload.graph.calls)),
        "; ".join(_not_understood(workload, found)) or "nothing",
        REMAINS[one.name],
    )


def _path(api: Api) -> str:
    return f"/{api.place}"


def _not_understood(workload: Workload, found: Mapping) -> Iterator[str]:
    """What is named in place of being read or used, by kind."""
    kinds = Counter(o.cause for o in workload.openings)
    yield from (f"{count} × {cause}" for cause, count in sorted(kinds.items()))
    for what, count in (
        ("finding", len(workload.findings) + len(found.findings)),
        ("setting of a route that no row knows", sum(b.becomes == "unknown" for b in found.today)),
        ("setting of a route that is lost unless you act", _lost(found)),
        ("value that a Secret holds", len(workload.graph.unread)),
        ("document of no Service", len(workload.unpaired)),
    ):
        if count:
            yield f"{count} × {what}"


def _lost(found: Mapping) -> int:
    return sum(b.becomes == "lost" for b in found.today)


def _paths(found: Iterable[Drafted]) -> Iterator[tuple[str, ...]]:
    for one in found:
        for api in one.mapping.apis if one.mapping else ():
            operation = api.operations[0]
            called = operation.called
            hosts = ", ".join(h for h in called.hosts if h) if called else ""
            yield (
                one.name,
                api.id,
                f"`{operation.service}` port {operation.port}",
                f"`{hosts}{called.path}`" if called else "none is known",
                f"`{api.path_of(operation)}`",
                f"`{operation.backend_path}`",
                counted(len(api.operations), "operation"),
            )


def document(found: tuple[Drafted, ...]) -> str:
    """The whole document."""
    heads = ("system", "Services", "published", "APIs", "ports", "calls found")
    untouched = sum(words.startswith("nothing") for words in REMAINS.values())
    parts = (
        _HEAD,
        f"Nothing is left to change by hand in {untouched} of {len(REMAINS)}.",
        table((*heads, "not understood, or named", "left to the architect"), map(_row, found)),
        "## Paths before and after\n\nOf each API the first operation. Where no route leads to a "
        "Service today,\nthe path that its callers ask for is not known.",
        table(
            ("system", "API", "Service", "called today", "called then", "back end", "in all"),
            _paths(found),
        ),
        "## Where nothing is published\n\n"
        + "\n".join(f"- {one.name}: {one.said}" for one in found if one.said),
    )
    return "\n\n".join(parts) + "\n"


if __name__ == "__main__":
    if (CORPORA / FOLDER).is_dir():
        FILE.write_text(document(systems()), encoding="utf-8", newline="\n")
    else:
        sys.stderr.write(f"{FILE.name} is as it was: {CORPORA / FOLDER} is not there.\n")
