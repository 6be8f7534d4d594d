"""Nothing of the reader's is lost: whole files, lists of what is ours, replaced folders."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from apim_aks.errors import InputError
from apim_aks.notebook.report.protected import refuse_protected
from apim_aks.own_files import (
    listed,
    replaced,
    restore,
    save_all,
    save_listed,
    set_aside,
    strangers,
)
from apim_aks.own_files.lock import Held, locked
from apim_aks.own_files.writing import is_file_system, refusal, write_new, write_whole
from tests.own_files.killed import write
from tests.support.series import SEED

KILLS = 0 if SEED else 6
"""How many steps of each run are killed at; 0 is all of them."""

ROOT = hasattr(os, "geteuid") and os.geteuid() == 0


def contents(folder: Path) -> dict[str, str]:
    files = (p for p in folder.rglob("*") if p.is_file())
    return {p.relative_to(folder).as_posix(): p.read_text(encoding="utf-8") for p in files}


def is_whole(folder: Path, *content: str) -> bool:
    """The folder is one report, all of it, with one of these contents."""
    found = contents(folder)
    names = {"files.json", "index.html", "design.json", "pages/one.html"}
    texts = {text for name, text in found.items() if name != "files.json"}
    return set(found) == names and len(texts) == 1 and texts <= set(content)


def run(
    target: Path, content: str, keep: str, swap: str, at: int
) -> subprocess.CompletedProcess[str]:
    script = str(Path(__file__).with_name("killed.py"))
    arguments = [sys.executable, script, str(target), content, keep, swap, str(at)]
    return subprocess.run(arguments, capture_output=True, text=True, timeout=120)


@pytest.mark.series
@pytest.mark.parametrize("swap", ["yes", "no"], ids=["exchange", "two-steps"])
@pytest.mark.parametrize("before", ["nothing", "report", "kept"])
def test_killed_at_any_step_the_old_or_the_new_folder_is_left(
    before: str, swap: str, tmp_path: Path
) -> None:
    keep = "yes" if before == "kept" else "no"

    def prepared(name: str) -> Path:
        target = tmp_path / name / "out"
        target.parent.mkdir()
        if before != "nothing":
            write(target, "old")
        return target

    counted = run(prepared("counted"), "new", keep, swap, 0)
    assert counted.returncode == 0, counted.stderr
    steps = int(counted.stdout)
    chosen = range(1, steps + 1) if not KILLS else range(1, steps + 1, max(1, steps // KILLS))
    for at in chosen:
        target = prepared(f"killed-{at}")
        done = run(target, "new", keep, swap, at)
        assert done.returncode != 0, f"not killed at step {at} of {steps}"
        restore(target, print)
        kept = target.with_name("out.before-1")
        if before == "nothing":
            assert not target.exists() or is_whole(target, "new"), at
        elif kept.exists():
            assert is_whole(kept, "old"), at
            assert is_whole(target, "new"), at
        else:
            assert is_whole(target, "old", "new"), at
        assert {p.name for p in target.parent.iterdir()} <= {"out", "out.before-1"}, at
        write(target, "newest")
        assert is_whole(target, "newest"), at


def test_a_list_names_every_file_with_its_digest(tmp_path: Path) -> None:
    write(tmp_path / "out", "one")
    held = json.loads((tmp_path / "out" / "files.json").read_text(encoding="utf-8"))
    assert held["written_by"] == "apim-aks"
    assert sorted(held["files"]) == ["design.json", "index.html", "pages/one.html"]
    assert all(len(digest) == 64 for digest in held["files"].values())


def spoiled(folder: Path) -> dict[str, Path]:
    """Ways in which somebody's work comes into a report, by what the refusal has to name."""
    (folder / "pages" / "one.html").write_text("mine", encoding="utf-8")
    (folder / "notes.md").write_text("mine", encoding="utf-8")
    (folder / ".index.html.swp").write_text("mine", encoding="utf-8")
    (folder / "pictures").mkdir()
    (folder / "pages" / "empty").mkdir()
    return {
        name: folder / name.rstrip("/").removesuffix(" (changed)")
        for name in (
            "pages/one.html (changed)",
            "notes.md",
            ".index.html.swp",
            "pictures/",
            "pages/empty/",
        )
    }


def test_what_is_not_listed_or_was_changed_stops_the_run_and_is_named(tmp_path: Path) -> None:
    target = tmp_path / "out"
    write(target, "old")
    ways = spoiled(target)
    before = contents(target)
    with pytest.raises(InputError) as raised:
        write(target, "new")
    assert all(name in str(raised.value) for name in ways)
    assert "another --out, or --keep-old" in str(raised.value)
    assert contents(target) == before
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_the_list_of_what_is_in_the_way_is_bounded(tmp_path: Path) -> None:
    write(tmp_path / "out", "old")
    for number in range(40):
        (tmp_path / "out" / f"{number:02}.txt").touch()
    with pytest.raises(InputError, match=r"09\.txt and 30 more\. Nothing was changed"):
        write(tmp_path / "out", "new")


def test_what_came_while_the_run_was_going_stops_it_too(tmp_path: Path) -> None:
    target = tmp_path / "out"
    write(target, "old")
    with pytest.raises(InputError, match=r"notes\.md"), replaced(target, print) as folder:
        (folder / "index.html").write_text("new", encoding="utf-8")
        (target / "notes.md").write_text("mine", encoding="utf-8")
    assert (target / "index.html").read_text(encoding="utf-8") == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_keep_old_renames_the_folder_first(tmp_path: Path) -> None:
    target = tmp_path / "out"
    for number in (1, 2):
        write(target, f"old {number}")
        (target / "notes.md").write_text(f"mine {number}", encoding="utf-8")
        write(target, "new", keep_old=True)
        kept = contents(tmp_path / f"out.before-{number}")
        assert (kept["index.html"], kept["notes.md"]) == (f"old {number}", f"mine {number}")
        assert is_whole(target, "new")
        set_aside(target, tmp_path / "done")


def test_a_report_without_a_list_is_somebody_elses(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "design.json").write_text("{}", encoding="utf-8")
    with pytest.raises(InputError, match=r"it has no files\.json of a report\): design\.js"):
        write(tmp_path / "out", "new")
    write(tmp_path / "out", "new", keep_old=True)
    assert (tmp_path / "out.before-1" / "design.json").read_text(encoding="utf-8") == "{}"


def test_what_programs_leave_behind_is_nobodys(tmp_path: Path) -> None:
    target = tmp_path / "out"
    write(target, "old")
    (target / "pages" / ".ipynb_checkpoints").mkdir()
    (target / "pages" / ".ipynb_checkpoints" / "a.ipynb").touch()
    (target / ".DS_Store").touch()
    (target / "pages" / "Thumbs.db").touch()
    write(target, "new")
    assert is_whole(target, "new")


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    write(tmp_path / "out", "new")
    assert is_whole(tmp_path / "out", "new")


@pytest.mark.parametrize(
    "listing",
    [
        "",
        "[]",
        "nonsense",
        '{"written_by": "somebody", "files": {"index.html": "0"}}',
        '{"written_by": "apim-aks", "files": ["index.html"]}',
        '{"written_by": "apim-aks", "files": {"../letter.txt": "x", "/etc/hostname": "x"}}',
    ],
)
def test_an_edited_list_never_widens_what_is_removed(listing: str, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear", encoding="utf-8")
    write(tmp_path / "out", "old")
    (tmp_path / "out" / "files.json").write_text(listing, encoding="utf-8")
    with pytest.raises(InputError, match="Nothing was changed"):
        write(tmp_path / "out", "new")
    assert (tmp_path / "out" / "index.html").read_text(encoding="utf-8") == "old"
    assert (tmp_path / "letter.txt").read_text(encoding="utf-8") == "dear"


def test_links_are_never_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "one.html").write_text("old", encoding="utf-8")
    target = tmp_path / "out"
    write(target, "old")
    (target / "pages" / "one.html").unlink()
    (target / "pages").rmdir()
    (target / "pages").symlink_to(outside)
    assert list(strangers(target)) == ["pages"]
    write(target, "new", keep_old=True)
    assert (outside / "one.html").read_text(encoding="utf-8") == "old"


def test_a_report_that_was_moved_is_replaced_where_it_is(tmp_path: Path) -> None:
    write(tmp_path / "out", "old")
    (tmp_path / "out").rename(tmp_path / "moved")
    write(tmp_path / "moved", "new")
    assert is_whole(tmp_path / "moved", "new")


def test_a_file_in_place_of_the_folder_is_said(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match="this is a file. Name a folder"):
        write(tmp_path / "out", "new")
    assert (tmp_path / "out").read_text(encoding="utf-8") == "mine"


@pytest.mark.skipif(ROOT, reason="root may read all")
def test_a_folder_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    write(tmp_path / "out", "old")
    (tmp_path / "out" / "pages").chmod(0)
    with pytest.raises(InputError, match=r"pages/ \(cannot be read\)"):
        write(tmp_path / "out", "new")
    (tmp_path / "out" / "pages").chmod(0o755)


def test_two_runs_into_one_folder_are_kept_apart(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from apim_aks.own_files import replaced\n"
        "with replaced(Path(sys.argv[1]), print) as folder:\n"
        "    (folder / 'a').touch(); print('ready', flush=True); sys.stdin.read()"
    )
    arguments = [sys.executable, "-c", code, str(tmp_path / "out")]
    with subprocess.Popen(arguments, stdin=-1, stdout=-1, text=True) as first:
        assert first.stdin
        assert first.stdout
        assert first.stdout.readline() == "ready\n"
        with pytest.raises(InputError, match="another run is writing this folder"):
            write(tmp_path / "out", "new")
        first.stdin.close()
        assert first.wait(60) == 0
    assert sorted(contents(tmp_path / "out")) == ["a", "files.json"]
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_a_lock_is_free_again_when_its_file_was_left(tmp_path: Path) -> None:
    (tmp_path / "lock").touch()
    with locked(tmp_path / "lock"), pytest.raises(Held), locked(tmp_path / "lock"):
        pass
    assert not (tmp_path / "lock").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="no limit of a file's size there")
def test_a_full_disk_is_a_sentence_and_the_earlier_report_stays(tmp_path: Path) -> None:
    write(tmp_path / "out", "old")
    code = (
        "import resource, signal, sys; from pathlib import Path\n"
        "from apim_aks.own_files import replaced; from apim_aks.errors import InputError\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))\n"
        "try:\n"
        "    with replaced(Path(sys.argv[1]), print) as folder:\n"
        "        (folder / 'large').write_bytes(bytes(100_000))\n"
        "except InputError as error:\n"
        "    print(error)"
    )
    arguments = [sys.executable, "-c", code, str(tmp_path / "out")]
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=60)
    assert "the file system refused (File too large)" in done.stdout, done.stderr
    assert is_whole(tmp_path / "out", "old")
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


@pytest.mark.skipif(not ROOT or sys.platform != "linux", reason="mounting needs root")
def test_a_mount_in_the_report_is_somebody_elses(tmp_path: Path) -> None:
    write(tmp_path / "out", "old")
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(tmp_path / "out" / "pages")]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        (tmp_path / "out" / "pages" / "one.html").write_text("old", encoding="utf-8")
        with pytest.raises(InputError, match=r"pages/ \(another file system\)"):
            write(tmp_path / "out", "new")
        with pytest.raises(InputError, match="mounted file system"):
            write(tmp_path / "out" / "pages", "new")
    finally:
        subprocess.run(["umount", str(tmp_path / "out" / "pages")], check=True)


@pytest.mark.parametrize("way", ["folder", "file", "bare", "below"])
def test_a_repository_is_never_taken(way: str, tmp_path: Path) -> None:
    target = tmp_path / "out"
    write(target, "old")
    at = target / "pages" if way == "below" else target
    if way == "bare":
        (at / "HEAD").touch()
        (at / "objects").mkdir()
        (at / "refs").mkdir()
    elif way == "file":
        (at / ".git").write_text("gitdir: elsewhere", encoding="utf-8")
    else:
        (at / ".git").mkdir()
    with pytest.raises(InputError, match="is or contains a repository|lies in the repository"):
        refuse_protected(target, ())


def test_inside_the_data_of_a_repository_nothing_is_taken(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    with pytest.raises(InputError, match="lies in the repository data"):
        refuse_protected(tmp_path / ".git" / "report", ())
    refuse_protected(tmp_path / "reports", ())


def test_what_holds_an_input_is_never_taken(tmp_path: Path) -> None:
    (tmp_path / "shop" / "api").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    document = tmp_path / "shop" / "api" / "orders.yaml"
    (tmp_path / "elsewhere" / "real.yaml").touch()
    document.symlink_to(tmp_path / "elsewhere" / "real.yaml")
    (tmp_path / "also").symlink_to(tmp_path / "shop")
    for taken in ("shop", "shop/api", "elsewhere", "also", "also/api"):
        with pytest.raises(InputError, match=r"contains orders\.yaml"):
            refuse_protected(tmp_path / taken, (document,))
    refuse_protected(tmp_path / "shop" / "report", (document,))


def test_the_current_and_the_home_folder_are_never_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    for taken in (tmp_path / "here", tmp_path, Path(tmp_path.anchor)):
        with pytest.raises(InputError, match="the current folder"):
            refuse_protected(taken, ())
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "people" / "me")
    (tmp_path / "people" / "me").mkdir(parents=True)
    with pytest.raises(InputError, match="your home folder"):
        refuse_protected(tmp_path / "people", ())


def test_a_file_is_written_whole_and_keeps_its_mode(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    write_whole(file, "one\n")
    file.chmod(0o640)
    write_whole(file, "two\n")
    assert file.read_bytes() == b"two\n"
    assert os.name == "nt" or file.stat().st_mode & 0o777 == 0o640
    assert [p.name for p in tmp_path.iterdir()] == ["a.txt"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no named pipes")
def test_what_is_no_ordinary_file_is_not_replaced(tmp_path: Path) -> None:
    """Such as a device: root may rename over one."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(OSError, match="no ordinary file"):
        write_whole(pipe, "one\n")
    assert pipe.is_fifo() and [*tmp_path.iterdir()] == [pipe]


def test_a_new_file_never_replaces_one(tmp_path: Path) -> None:
    write_new(tmp_path / "a.txt", "one")
    with pytest.raises(FileExistsError):
        write_new(tmp_path / "a.txt", "two")
    assert contents(tmp_path) == {"a.txt": "one"}


def test_leftovers_of_a_killed_run_go_with_the_next(tmp_path: Path) -> None:
    old, young = tmp_path / ".a.txt.00000000.apim-aks", tmp_path / ".a.txt.11111111.apim-aks"
    for file in (old, young):
        file.touch()
    os.utime(old, (1, 1))
    write_whole(tmp_path / "a.txt", "one")
    assert sorted(p.name for p in tmp_path.iterdir()) == [young.name, "a.txt"]


def test_a_result_replaces_an_earlier_one_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "mine.svg").write_text("mine", encoding="utf-8")
    save_listed(tmp_path, "a/one.svg", "1")
    save_listed(tmp_path, "a/one.svg", "2")
    assert listed(tmp_path) is not None
    (tmp_path / "a" / "one.svg").write_text("mine", encoding="utf-8")
    for name in ("mine.svg", "a/one.svg"):
        with pytest.raises(
            InputError, match="did not write this file, or somebody changed it since"
        ):
            save_listed(tmp_path, name, "3")
        assert (tmp_path / name).read_text(encoding="utf-8") == "mine"
    assert set(contents(tmp_path)) == {"mine.svg", "a/one.svg", "files.json"}


def test_only_a_file_system_refuses(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as raised:
        (tmp_path / "no" / "file").read_bytes()
    assert is_file_system(raised.value)
    assert refusal(raised.value).startswith(f"{tmp_path / 'no' / 'file'}: the file system refused")
    assert not is_file_system(ConnectionRefusedError(111, "refused"))
    assert not is_file_system(TimeoutError("slow"))
    assert not is_file_system(ValueError("bug"))


def test_files_that_are_no_longer_made_are_removed_unless_somebody_changed_them(
    tmp_path: Path,
) -> None:
    save_all(tmp_path, "a", {"a/one": "1", "two": "2"})
    save_all(tmp_path, "a", {"two": "22"})
    assert contents(tmp_path).keys() == {"two", "files.json"}
    (tmp_path / "two").write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match="somebody changed it"):
        save_all(tmp_path, "a", {"three": "3"})
    assert contents(tmp_path).keys() == {"two", "files.json"}


def test_a_changed_file_stays_where_nothing_new_belongs_there(tmp_path: Path) -> None:
    save_all(tmp_path, "a", {"values": "<ID>", "base": "1", "more": "1"})
    (tmp_path / "values").write_text("id: 7", encoding="utf-8")
    for text in ("2", "3"):
        assert save_all(tmp_path, "a", {"values": "<ID>", "base": text}) == ("values",)
        assert contents(tmp_path) | {"files.json": ""} == {
            "values": "id: 7",
            "base": text,
            "files.json": "",
        }
    (tmp_path / "base").write_text("mine", encoding="utf-8")
    with pytest.raises(InputError, match=r"values, .*base: the workbook did not write these"):
        save_all(tmp_path, "a", {"values": "<ID> <NEW>", "base": "4"})
    assert contents(tmp_path)["values"] == "id: 7"


def test_nothing_is_written_through_a_link_in_the_folder(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a").symlink_to(tmp_path / "outside")
    with pytest.raises(InputError, match="this is a link"):
        save_all(tmp_path / "in", "a", {"first": "1", "a/b/one": "1"})
    assert not any((tmp_path / "outside").iterdir())
    assert not (tmp_path / "in" / "first").exists()


def test_a_folder_with_files_of_another_kind_is_left_alone(tmp_path: Path) -> None:
    save_listed(tmp_path, "index.html", "a report")
    with pytest.raises(InputError, match="has files of another command"):
        save_all(tmp_path, "export bicep", {"main.bicep": ""})
    save_all(tmp_path / "infra", "export bicep", {"main.bicep": ""})
    with pytest.raises(InputError, match="has files of export bicep. Use another folder"):
        save_all(tmp_path / "infra", "export arm", {"README.md": ""})
    assert contents(tmp_path / "infra").keys() == {"main.bicep", "files.json"}


def test_what_a_killed_run_wrote_is_ours_for_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save_all(tmp_path, "a", {"one": "1", "two": "2"})
    with monkeypatch.context() as killed:
        killed.setattr("apim_aks.own_files.saving.write_listing", stopped)
        for text in ("11", "111"):
            with pytest.raises(KeyboardInterrupt):
                save_all(tmp_path, "a", {"one": text, "three": "3"})
    save_all(tmp_path, "a", {"one": "1111"})
    assert {p.name: p.read_text() for p in tmp_path.iterdir() if p.name != "files.json"} == {
        "one": "1111"
    }
    (tmp_path / "one").write_text("mine")
    with pytest.raises(InputError, match="somebody changed it"):
        save_all(tmp_path, "a", {"one": "1"})


def stopped(*_: object) -> None:
    raise KeyboardInterrupt
