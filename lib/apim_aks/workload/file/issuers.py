"""What a Service expects in a token, and issuers whose metadata have to be named."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase

from apim_aks.facts.services import IssuerRow, issuers
from apim_aks.workload.documents import shortened
from apim_aks.workload.file.source import Source
from apim_aks.workload.finding import Finding
from apim_aks.workload.model import TokenValidation


def token_validation(
    source: Source, service: str, given: dict[str, str]
) -> tuple[TokenValidation, tuple[Finding, ...]]:
    """What the file says of this Service, and the finding where the metadata cannot be derived."""
    token = TokenValidation(**given)
    row = None if token.metadata else _elsewhere(token.issuer)
    if row is None:
        return token, ()
    found = f"the issuer {shortened(token.issuer)!r} without metadata: {row.because}"
    expected = f"metadata with the address of its OpenID metadata, such as {row.metadata}"
    where = ("services_authenticate", service, "issuer")
    return token, (source.finding(where, found, expected),)


def _elsewhere(issuer: str) -> IssuerRow | None:
    """Why the metadata of this issuer are not below its own address; None where they are."""
    host = re.split(r"[/:?]", issuer.removeprefix("https://"), maxsplit=1)[0].lower()
    return next((row for row in issuers() if fnmatchcase(host, row.pattern)), None)
