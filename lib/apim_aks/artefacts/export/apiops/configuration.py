"""What differs in an environment, in the ways that the APIOps tools know.

Properties that apiops-cli overrides stand in `configuration.<environment>.yaml`; a file that
differs beyond them, such as a policy with another issuer, is laid over the folder.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from apim_aks.artefacts.export.apiops.artifacts import Artifacts
from apim_aks.workload.documents import dump

Overrides = dict[str, list[dict[str, Any]]]


def overrides(base: Artifacts, there: Artifacts) -> Overrides:
    """The properties with another value there than in the base, or with a token, by section."""
    found: Overrides = {}
    for (section, name), properties in there.settings.items():
        known = base.settings.get((section, name))
        changed = {
            key: value
            for key, value in properties.items()
            if known is not None and (value != known.get(key) or _has_token(value))
        }
        if changed:
            found.setdefault(section, []).append({"name": name, "properties": changed})
    return found


def overlaid(base: Artifacts, there: Artifacts, paths: Mapping[str, str]) -> dict[str, str]:
    """The files that differ there, or are only there, and that no override can say.

    `paths` are the information files by section and name, joined by a slash.
    """
    said = {paths[f"{section}/{name}"] for section, name in there.settings if section}
    return {
        path: text
        for path, text in there.files.items()
        if text != base.files.get(path) and (path not in said or _more(base, path, text))
    }


def _more(base: Artifacts, path: str, text: str) -> bool:
    """The base has no such file, or one with a property that is not there: nothing unsets it."""
    before = base.files.get(path)
    if before is None:
        return True
    return bool(json.loads(before)["properties"].keys() - json.loads(text)["properties"].keys())


def written(origin: str, asked: Mapping[str, str], found: Overrides) -> str:
    """The configuration with what each token stands for; one that says nothing is a comment."""
    lines = [origin, *(f"{{#[{token}]#}}: {meaning}." for token, meaning in asked.items())]
    head = "".join(f"# {line}\n" for line in lines)
    return head + (dump(found) if found else "# Nothing differs here.\n{}\n")


def _has_token(value: Any) -> bool:
    return "{#[" in json.dumps(value)
