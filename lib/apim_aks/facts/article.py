"""The claims of the 2019 article, what holds today, and open questions."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from apim_aks.facts.rows import DATA, Row, Status, by_id, read_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim(Row):
    """A claim of the 2019 article in our words, where it is shown, and what holds today."""

    id: str
    statement: str
    where: tuple[str, ...]
    proof: str = ""
    today: str = ""
    since: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction(Row):
    """What the 2019 text says or implies, and what holds today."""

    number: int
    then: str
    today: str
    since: str
    claims: tuple[str, ...] = ()
    notebooks: tuple[str, ...]
    status: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Concern(Row):
    """A cross-cutting concern: the work in each service, and the policy that takes it over."""

    id: str
    label: str
    alone: str
    policy: str
    at_gateway: str
    caveat: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Retirement(Row):
    """Something that ends or has ended, and what to do about it."""

    what: str
    ends_on: str
    instead: str
    status: Status

    @property
    def sentence(self) -> str:
        """When it ends, and how well that is known where it is not verified."""
        doubt = "" if self.status == "verified" else f" ({self.status})"
        return f"ends in {self.ends_on}{doubt}"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenQuestion(Row):
    """Something the sources leave open or disagree on, and how the workbook treats it."""

    id: str
    question: str
    treated_as: str
    status: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class LifecycleFeature(Row):
    """A part of API Management that serves the life of an API, and the tiers that have it."""

    id: str
    label: str
    what: str
    tiers: str
    today: str = ""
    status: Status


@cache
def claims() -> tuple[Claim, ...]:
    """The claims of the article, in its order."""
    return read_rows(DATA / "claims.csv", Claim)


def claim(id: str) -> Claim:
    """The claim of this id."""
    return by_id("claim", claims(), id)


@cache
def corrections() -> tuple[Correction, ...]:
    """What has changed since the article was written."""
    return read_rows(DATA / "corrections.csv", Correction)


@cache
def concerns() -> tuple[Concern, ...]:
    """The six cross-cutting concerns."""
    return read_rows(DATA / "concerns.csv", Concern)


@cache
def retirements() -> tuple[Retirement, ...]:
    """The retirements, earliest first."""
    return read_rows(DATA / "retirements.csv", Retirement)


def support_end(what: str) -> str:
    """When something ends, in words; that nothing is known of it where no row names it."""
    row = next((r for r in retirements() if r.what == what), None)
    return row.sentence if row else "its end is not in data/retirements.csv"


def kubernetes_end(version: str) -> str:
    """When AKS ends the standard support of this version, by its major and minor number."""
    return support_end(f"Kubernetes {'.'.join(version.split('.')[:2])} in AKS")


def revision_end(revision: str) -> str:
    """When AKS ends this revision of the Istio add-on."""
    return support_end(f"Revision {revision} of the Istio add-on")


@cache
def open_questions() -> tuple[OpenQuestion, ...]:
    """What the sources leave open."""
    return read_rows(DATA / "open_questions.csv", OpenQuestion)


@cache
def api_lifecycle() -> tuple[LifecycleFeature, ...]:
    """The life-cycle features of API Management."""
    return read_rows(DATA / "api_lifecycle.csv", LifecycleFeature)
