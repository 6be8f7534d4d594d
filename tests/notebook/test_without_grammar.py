"""Reports are made without the grammar of addresses, which takes seconds to build."""

from __future__ import annotations

import importlib.util
import sys

import pytest

from apim_aks.notebook.report.without_grammar import GRAMMAR, without_grammar


def test_the_grammar_is_missing_inside_and_can_be_imported_afterwards(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(sys.modules, GRAMMAR, raising=False)
    with without_grammar(), pytest.raises(ModuleNotFoundError):
        importlib.import_module(GRAMMAR)
    assert GRAMMAR not in sys.modules
    assert importlib.util.find_spec(GRAMMAR)


def test_one_that_is_loaded_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, GRAMMAR, sys)
    with without_grammar():
        assert importlib.import_module(GRAMMAR) is sys
    assert sys.modules[GRAMMAR] is sys
