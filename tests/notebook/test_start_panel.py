"""Notebook 00: a workload is picked or made, its questions are answered, every notebook follows."""

from __future__ import annotations

import html
import os
import shutil
from pathlib import Path

import ipywidgets
import pytest
import yaml

from apim_aks.errors import InputError
from apim_aks.notebook import chosen, journey, stated
from apim_aks.notebook.chosen import FILE, choose
from apim_aks.notebook.journey import chapters
from apim_aks.notebook.widgets import start_panel
from apim_aks.notebook.widgets.start_panel import dropped, offered
from apim_aks.workload.file import read_workload, save
from apim_aks.workload.file.questions import questions, stands
from apim_aks.workload.file.source import BUNDLED
from tests.support.designs import bundled


def controls(panel: ipywidgets.Widget, kind: type) -> dict[str, ipywidgets.Widget]:
    found = {panel.description: panel} if isinstance(panel, kind) else {}
    for child in getattr(panel, "children", ()):
        found |= controls(child, kind)
    return found


def words(panel: ipywidgets.Widget) -> str:
    own = [str(panel.value)] if isinstance(panel, ipywidgets.HTML) else []
    return " ".join([*own, *(words(child) for child in getattr(panel, "children", ()))])


def press(panel: ipywidgets.Widget, label: str) -> None:
    controls(panel, ipywidgets.Button)[label].click()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where JupyterLab was started: a folder of manifests beside the notebooks."""
    shutil.copytree(BUNDLED / "contoso-orders" / "manifests", tmp_path / "shop" / "manifests")
    (tmp_path / "notebooks").mkdir()
    monkeypatch.chdir(tmp_path / "notebooks")
    return tmp_path


@pytest.fixture
def panel(home: Path) -> ipywidgets.Widget:
    return start_panel(bundled("contoso-orders"), "contoso-orders")


def test_a_choice_is_that_of_every_notebook_and_a_parameter_wins(home: Path) -> None:
    assert chosen() == "contoso-retail"
    choose("contoso-orders")
    assert (chosen(), chosen("contoso-retail")) == ("contoso-orders", "contoso-retail")
    os.chdir(home)  # a notebook that papermill runs from above
    assert chosen() == "contoso-orders"
    (home / FILE).write_text("gone/workload.yaml\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"gone/workload\.yaml.* is not there any more"):
        chosen()


def test_a_folder_gets_a_file_in_which_nothing_counts_as_said(
    home: Path, panel: ipywidgets.Widget
) -> None:
    controls(panel, ipywidgets.Text)["Folder with manifests"].value = "shop"
    press(panel, "Use this folder")
    assert controls(panel, ipywidgets.Dropdown)["Workload"].value == "shop/workload.yaml"
    assert chosen() == str(home / "shop" / "workload.yaml") and "shop/workload.yaml" in offered()
    assert f"0 of {sum(q.when is None for q in questions())} questions answered" in words(panel)


def test_each_question_says_what_holds_until_it_is_answered(
    home: Path, panel: ipywidgets.Widget
) -> None:
    controls(panel, ipywidgets.Text)["Folder with manifests"].value = "shop"
    press(panel, "Use this folder")
    for question in questions():
        assert stands(question, None) in html.unescape(words(panel))
    boxes = controls(panel, ipywidgets.Checkbox)
    assert [where for where, box in boxes.items() if box.value] == ["on the internet"]
    boxes["on premises"].value = True
    assert "Without an answer: on the internet." not in words(panel)
    press(panel, "Save the answers")
    assert yaml.safe_load(Path(chosen()).read_text())["consumers"] == ["internet", "on-premises"]


def test_answers_are_written_into_a_copy_and_read_again(
    home: Path, panel: ipywidgets.Widget
) -> None:
    controls(panel, ipywidgets.Dropdown)["Private gateway"].value = True
    controls(panel, ipywidgets.Text)["Load"].value = "many"
    press(panel, "Save the answers")
    assert "An answer is not usable" in words(panel)
    controls(panel, ipywidgets.Text)["Load"].value = "250"
    press(panel, "Save the answers")
    assert "comes with the workbook and is not changed" in words(panel)
    controls(panel, ipywidgets.Text)["Copy to"].value = "mine"
    press(panel, "Save the answers")
    assert "Saved 2 answers to mine/workload.yaml" in words(panel)
    again = read_workload(chosen())
    assert (again.name, again.traffic.requests_per_second) == ("contoso-orders", 250)
    assert again.requirements.private_gateway
    fresh = start_panel(bundled("contoso-orders"), chosen())
    assert controls(fresh, ipywidgets.Dropdown)["Private gateway"].value is True
    assert controls(fresh, ipywidgets.Text)["Load"].value == "250"


def test_a_further_question_is_shown_when_it_is_asked(panel: ipywidgets.Widget) -> None:
    def seen(label: str) -> bool:
        (whole,) = [
            box
            for box in panel.children[2].children
            if isinstance(box, ipywidgets.VBox) and label in controls(box, ipywidgets.Text)
        ]
        return whole.layout.display != "none"

    assert not seen("Name of the hub")
    controls(panel, ipywidgets.Dropdown)["Network of the gateway"].value = "hub"
    assert seen("Name of the hub") and not seen("Address of the firewall")


def test_files_that_are_dropped_in_become_a_folder_of_their_own(home: Path) -> None:
    files = {f.name: f.read_bytes() for f in (BUNDLED / "contoso-orders/manifests").iterdir()}
    folder = dropped(files, "my-workload")
    assert {f.name for f in folder.iterdir()} == set(files)


@pytest.mark.parametrize(
    ("name", "folder"),
    [("run.sh", "mine"), ("../a.yaml", "mine"), ("a.yaml", "../mine"), ("a.yaml", ""), ("", "x")],
)
def test_what_is_no_manifest_or_leads_elsewhere_is_not_taken(
    home: Path, name: str, folder: str
) -> None:
    with pytest.raises(InputError):
        dropped({name: b"a: 1"} if name else {}, folder)
    assert not (home / "mine").exists() and not (home.parent / "mine").exists()


def test_every_notebook_is_on_the_map_with_what_the_file_says_of_it(home: Path) -> None:
    shutil.copytree(BUNDLED / "contoso-orders", home / "mine")
    file = home / "mine" / "workload.yaml"
    save(file, {"decision": {"option": "ingress-mtls"}, "publish": ["getorder"]})
    shown = journey(str(file)).text
    assert all(f'href="{name}"' in shown and title in shown for name, title in chapters())
    assert "recorded: ingress-mtls" in shown and "your own: publish" in shown
    assert "2 of 14 questions answered" in shown


def test_what_was_not_stated_says_what_is_taken(home: Path) -> None:
    text = stated("contoso-orders").text
    said = yaml.safe_load((BUNDLED / "contoso-orders" / "workload.yaml").read_text("utf-8"))
    assert "requirements" not in said
    assert "not stated" in text and "taken: no limit" in text and "westeurope" in text
