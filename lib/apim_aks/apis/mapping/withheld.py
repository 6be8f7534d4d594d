"""What rules for the same host keep from a Service today, and an operation would pass on to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from apim_aks.apis.mapping.model import About, Note
from apim_aks.apis.mapping.resources import segments
from apim_aks.workload.route import PathMatch, Route


def opened(service: str, routes: Sequence[Route], reached: Iterable[str]) -> Iterator[Note]:
    """A note for each path that callers cannot reach today and an operation would accept."""
    own = {(r.host, r.taken.prefix) for r in routes}
    templates = tuple(reached)
    for host, match in dict.fromkeys((r.host, m) for r in routes for m in r.withheld):
        if (host, match.prefix) not in own and any(_taken(t, match) for t in templates):
            sentence = (
                f"calls to {host}{match.prefix or '/'} do not reach it today: another rule answers "
                "them, or leads to no Service of the input; an operation would pass them on, so "
                "refuse them in its policy"
            )
            yield Note(About.ROUTE, service, sentence)


def _taken(template: str, match: PathMatch) -> bool:
    """A template of callers' paths takes a call that this match takes."""
    parts, withheld = segments(template), segments(match.prefix)
    for part, other in zip(parts, withheld, strict=False):
        if part == "*" or part.startswith("{*"):
            return True
        if "{" not in part and part.lower() != other.lower():
            return False
    rest = parts[len(withheld) :]
    ends = not rest or rest[0] == "*" or rest[0].startswith("{*")
    return len(parts) >= len(withheld) and (ends or not match.exact)
