"""Owners of the manifests that are applied, and failure modes of a placement."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

from apim_aks.facts.rows import DATA, Row, Status, by_id, read_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestFileRow(Row):
    """A file of manifests: what is in it in words, who owns that, and why it is there."""

    id: str
    label: str
    owner: str
    because: str
    status: Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure(Row):
    """A failure mode: what breaks, how it shows, and how to recover.

    It concerns a topology that has a component of one of `kinds` (a gateway in the cluster is a
    `self-hosted-gateway` there) with this `exposure`, is tied to
    the network by one of `modes`, has one of `certificates`, on a tier that has the feature `needs`
    and not the feature `lacks`; an empty cell asks for nothing.
    """

    id: str
    gone: Literal["zone", "certificate", "address", "name", "controller", "gateway"]
    kinds: tuple[str, ...]
    exposure: Literal["public", "private", ""] = ""
    modes: tuple[str, ...] = ()
    certificates: tuple[str, ...] = ()
    needs: str = ""
    lacks: str = ""
    what: str
    breaks: str
    seen_as: str
    way_back: str
    status: Status


@cache
def manifest_files() -> tuple[ManifestFileRow, ...]:
    """The files of manifests that are written."""
    return read_rows(DATA / "manifest_files.csv", ManifestFileRow)


def manifest_file(id: str) -> ManifestFileRow:
    """The row of this file."""
    return by_id("file of manifests", manifest_files(), id)


@cache
def failures() -> tuple[Failure, ...]:
    """The failure modes: what breaks, how it shows, and how to recover."""
    return read_rows(DATA / "failures.csv", Failure)
