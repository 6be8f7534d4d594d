"""Policies as APIOps keeps them: the format `rawxml`, in which expressions are not escaped.

https://learn.microsoft.com/azure/templates/microsoft.apimanagement/service/apis/policies
"""

from __future__ import annotations

import re
from html import unescape

_ATTRIBUTE = re.compile(r'(?<==")@[({][^"]*(?=")')
_TEXT = re.compile(r"(?<=>)\s*@[({][^<]*(?=<)")


def raw(xml: str) -> str:
    """A policy document with its expressions as C#, in attributes and in texts."""
    for expressions in (_ATTRIBUTE, _TEXT):
        xml = expressions.sub(lambda found: unescape(found[0]), xml)
    return xml
