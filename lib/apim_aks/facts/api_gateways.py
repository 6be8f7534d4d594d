"""API gateways that are commonly run in a cluster: how to recognise them and their routes."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache

from apim_aks.facts.rows import DATA, Row, Status, read_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiGateway(Row):
    """A product. `images` and `files` may hold `*`, `names` are parts of a name.

    A file of a ConfigMap is its configuration where its name fits and it `holds` this text.
    `routes` is where its routes stand, `advice` what becomes of them.
    """

    id: str
    product: str
    images: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    holds: str = ""
    routes: str
    advice: str
    status: Status

    def runs(self, image: str) -> bool:
        """An image, without tag, of this product: by its last part, or that with its owner."""
        parts = image.lower().partition("@")[0].split("/")
        parts[-1] = parts[-1].partition(":")[0]
        tails = ("/".join(parts[-n:]) for n in (1, 2))
        return any(fnmatchcase(t, pattern) for t in tails for pattern in self.images)

    def called(self, name: str) -> bool:
        """A name of which this product is a part."""
        return any(f"-{part}-" in f"-{name.lower()}-" for part in self.names)

    def configured(self, file: str, text: str) -> bool:
        """A file that holds its routes."""
        fits = any(fnmatchcase(file.lower(), pattern) for pattern in self.files)
        return fits and self.holds in text


@cache
def api_gateways() -> tuple[ApiGateway, ...]:
    """The products that are known."""
    return read_rows(DATA / "api_gateways.csv", ApiGateway)
