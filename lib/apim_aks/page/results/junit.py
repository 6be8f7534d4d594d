"""Every check as JUnit XML, which pipelines count: passed, failed, or skipped with the reason."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import groupby
from operator import attrgetter
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from apim_aks.page.results.outcome import Case, Outcome
from apim_aks.topology.check import State

_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 does not have (https://www.w3.org/TR/xml/#charsets)."""


def junit(outcome: Outcome) -> str:
    """One suite for each option, or for the command, in the order in which checks were made."""
    root = Element("testsuites", name=_text(f"apim-aks {outcome.command}"))
    _count(root, outcome.cases)
    for suite, cases in groupby(outcome.cases, attrgetter("suite")):
        held = tuple(cases)
        within = SubElement(root, "testsuite", name=_text(suite))
        _count(within, held)
        for case in held:
            _add(within, case)
    indent(root)
    text: str = tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'


def _count(element: Element, cases: Iterable[Case]) -> None:
    states = [case.state for case in cases]
    element.set("tests", str(len(states)))
    element.set("failures", str(states.count(State.FAIL)))
    element.set("errors", "0")
    element.set("skipped", str(states.count(State.NOT_RUN)))


def _add(suite: Element, case: Case) -> None:
    made = SubElement(suite, "testcase", classname=_text(case.suite), name=_text(case.name))
    if case.state is State.NOT_RUN:
        SubElement(made, "skipped", message=_text(case.observed))
    if case.state is State.FAIL:
        failure = SubElement(made, "failure", message=_text(case.observed))
        failure.set("type", _text(case.severity or "must"))
        failure.text = _text("\n".join(filter(None, (f"Expected: {case.expected}", case.how))))


def _text(text: str) -> str:
    return _NO_XML.sub("�", text)
