from __future__ import annotations

import hashlib
import json
import tracemalloc
from pathlib import Path

import pytest

from apim_aks.workload.documents import MAX_BYTES, parse, read_file, reading, yaml_nodes
from tests.support.effort import calls
from tests.support.scenario import yaml_says


def data(text: str, name: str = "a.yaml") -> object:
    reading = parse(text.encode(), name)
    assert not reading.findings, reading.findings
    (document,) = reading.documents
    return document.data


def refusal(content: bytes | str, name: str = "a.yaml") -> str:
    reading = parse(content.encode() if isinstance(content, str) else content, name)
    assert not reading.documents
    (finding,) = reading.findings
    assert finding.refused
    return str(finding)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("yes", "yes"),
        ("on", "on"),
        ("2024-01-01", "2024-01-01"),
        ("12:30:45", "12:30:45"),
        ("0123", "0123"),
        ("0x1F", "0x1F"),
        ("1_000", "1_000"),
        (".inf", ".inf"),
        ("1e999", "1e999"),
        ("1.2.3", "1.2.3"),
        (".E5", ".E5"),
        ("-", ["x"]),
        ("1" * 5000, "1" * 5000),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("80", 80),
        ("-7", -7),
        ("1.36", 1.36),
        ("1e3", 1000.0),
        ('"80"', "80"),
        ("!!str 80", "80"),
        ("!!int 80", 80),
    ],
)
def test_scalars_mean_what_json_would_hold(written: str, meant: object) -> None:
    text = f"key: {written}\n" if written != "-" else "key:\n  - x\n"
    assert data(text) == {"key": meant}


def test_keys_are_text_and_number_keys_are_remembered() -> None:
    (document,) = parse(b"responses:\n  200: {}\n  'ok': {}\n  on: {}\n", "a.yaml").documents
    assert document.data == {"responses": {"200": {}, "ok": {}, "on": {}}}
    assert [(k.under, k.text, k.line) for k in document.number_keys] == [("responses", "200", 2)]


def test_documents_of_one_stream_know_their_lines() -> None:
    text = (
        "%YAML 1.2\n---\n# first\na: 1\n---\n\n--- # third\nb:\n  - c\n  - d: 2\n...\n---\n{e: 3}\n"
    )
    documents = parse(text.encode(), "a.yaml").documents
    assert [(d.line, d.data) for d in documents] == [
        (4, {"a": 1}),
        (8, {"b": ["c", {"d": 2}]}),
        (13, {"e": 3}),
    ]
    assert documents[1].line_of("b", 1, "d") == 10
    assert documents[1].line_of("b", 7) == 8
    assert documents[1].line_of("nothing") == 8


def test_lines_are_found_in_json_too() -> None:
    text = '\n{\n\t"a": "\\ud83d\\ude00\\/",\n\t"b": [\n\t\t{"c": 1}\n\t]\n}\n'
    (document,) = parse(text.encode(), "a.json").documents
    assert document.data == {"a": "\N{GRINNING FACE}/", "b": [{"c": 1}]}
    assert (document.line, document.line_of("b", 0, "c")) == (2, 5)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_byte_order_marks_and_line_endings_do_not_matter(encoding: str, ending: str) -> None:
    content = ending.join(("a: 1", "---", "b: |", "  x", "  y", "")).encode(encoding)
    documents = parse(content, "a.yaml").documents
    assert [(d.line, d.data) for d in documents] == [(1, {"a": 1}), (3, {"b": "x\ny\n"})]


def test_aliases_and_merge_keys_are_followed() -> None:
    text = "base: &b {x: 1, y: 2}\nmore:\n  <<: *b\n  y: 3\nsame: *b\n"
    assert data(text) == {
        "base": {"x": 1, "y": 2},
        "more": {"x": 1, "y": 3},
        "same": {"x": 1, "y": 2},
    }


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "a.yaml has nothing in it. Use a YAML or JSON document."),
        (b"# only\n---\n", "a.yaml has nothing in it. Use a YAML or JSON document."),
        (
            b"a: b\nc: d: e\n",
            f"a.yaml line 2 has text that is not YAML ({yaml_says('c: d: e')}). Use YAML or JSON.",
        ),
        (b"a:\n\t- b\n", "a.yaml line 2 has a tab used for indentation. Use spaces."),
        (
            b"a: b\nc: \xff\n",
            "a.yaml line 2 has bytes that are not UTF-8. Use text in UTF-8.",
        ),
        (
            b"a: b\n\x00",
            "a.yaml line 2 has the control character U+0000. Use text in UTF-8.",
        ),
        (
            b"a: {{ .Values.name }}\n",
            "a.yaml line 1 has a Helm template that is not rendered. "
            "Use the output of `helm template`.",
        ),
        (
            b"a: 1\n{{- if .Values.x }}\nb: 2\n{{- end }}\n---\nc: {{ .Values.y }}\n",
            None,
        ),
        (
            b"a: !Ref b\n",
            "a.yaml line 1 has the YAML tag !Ref. Use plain YAML without tags.",
        ),
        (
            b"a: !!python/object:os.system {}\n",
            "a.yaml line 1 has the YAML tag !!python/object:os.system. "
            "Use plain YAML without tags.",
        ),
        (
            b"a: *b\n",
            "a.yaml line 1 has the alias *b without a value. Use an anchor before it.",
        ),
        (
            b"a: &b [*b]\n",
            "a.yaml line 1 has the alias *b without a value. Use an anchor before it.",
        ),
        (
            b"[a]: b\n",
            "a.yaml line 1 has a mapping or list as a key. Use text as a key.",
        ),
    ],
)
def test_bad_content_is_refused_in_one_sentence(content: bytes, sentence: str | None) -> None:
    if sentence is None:
        reading = parse(content, "a.yaml")
        assert [str(f).split(". ")[0] for f in reading.findings] == [
            "a.yaml line 2 has a Helm template that is not rendered",
            "a.yaml line 6 has a Helm template that is not rendered",
        ]
    else:
        assert refusal(content) == sentence


def test_broken_json_is_called_json() -> None:
    text = '{\n  "a": 1\n  "b": 2}'
    with pytest.raises(json.JSONDecodeError) as error:
        json.loads(text)
    reason = error.value.msg.lower()
    assert refusal(text, "a.json") == (
        f"a.json line 3 has text that is not JSON ({reason}). Use JSON."
    )


def test_a_repeated_key_is_said_and_the_last_one_counts() -> None:
    for text, name in (("a: 1\na: 2\n", "a.yaml"), ('{"a": 1,\n"a": 2}', "a.json")):
        reading = parse(text.encode(), name)
        assert reading.documents[0].data == {"a": 2}
        (finding,) = reading.findings
        assert not finding.refused
        assert str(finding) == (
            f"{name} line 2 has the key 'a' a second time in one mapping. "
            "Use each key once; the last counts."
        )


def test_one_bad_document_does_not_hide_its_neighbours() -> None:
    reading = parse(b"a: 1\n---\nb: c: d\n---\ne: 2\n", "a.yaml")
    assert [d.data for d in reading.documents] == [{"a": 1}, {"e": 2}]
    assert [f.line for f in reading.findings] == [3]


def bomb(levels: int, width: int = 10) -> str:
    lines = [f"a0: &a0 [{', '.join(['x'] * width)}]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * width)}]" for i in range(1, levels)]
    return "\n".join(lines)


def test_a_yaml_bomb_is_refused_without_unfolding_it() -> None:
    tracemalloc.start()
    sentence = refusal(bomb(40))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert sentence == (
        "a.yaml line 6 has more values than can be read. Use at most 1,000,000 values."
    )
    assert calls(lambda: refusal(bomb(40))) < 10_000
    assert peak < 5_000_000


@pytest.mark.parametrize("name", ["a.yaml", "a.json"])
def test_deep_nesting_is_refused(name: str) -> None:
    for depth in (101, 200, 999, 1001, 50_000):
        for text in ("[" * depth + "]" * depth, '{"a": ' * depth + "1" + "}" * depth):
            assert refusal(text, name) == (
                f"{name} line 1 has more than 100 levels of nesting. Use less nesting."
            )


@pytest.mark.parametrize("start", ["[", "- ", "? ", "{a: ", "[{a: "])
@pytest.mark.parametrize("depth", [101, 1001, 3000])
def test_every_kind_of_nesting_is_refused_where_it_is(start: str, depth: int) -> None:
    assert refusal(f"a: 1\nb:\n  {start * depth}x") == (
        "a.yaml line 3 has more than 100 levels of nesting. Use less nesting."
    )


def test_nesting_by_indentation_is_refused_where_it_is() -> None:
    for depth in (101, 1001):
        text = "\n".join(" " * n + "a:" for n in range(depth))
        assert "more than 100 levels of nesting" in refusal(text)


def test_brackets_that_are_closed_are_no_nesting() -> None:
    assert "text that is not YAML" in refusal(f"a: [{'[], ' * 300}")


def test_nesting_through_aliases_is_counted() -> None:
    chain = "\n".join(["a0: &a0 [x]", *(f"a{i}: &a{i} [*a{i - 1}]" for i in range(1, 200))])
    assert "more than 100 levels of nesting" in refusal(chain)


def test_json_with_too_many_values_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert yaml_nodes.MAX_NODES == 1_000_000
    for module in (reading, yaml_nodes):
        monkeypatch.setattr(module, "MAX_NODES", 1_000)
    assert refusal("[" + "1," * 1_001 + "1]", "a.json").startswith(
        "a.json line 1 has more values than can be read. Use at most 1,000"
    )


def test_a_50_mb_file_is_refused_unread(tmp_path: Path) -> None:
    large = tmp_path / "large.yaml"
    with large.open("wb") as file:
        file.truncate(50_000_000)
    (finding,) = read_file(large, "large.yaml").findings
    assert str(finding) == "large.yaml has 50.0 MB. Use at most 10 MB."
    assert refusal(b"x" * (MAX_BYTES + 1)) == "a.yaml has 10.0 MB. Use at most 10 MB."


def test_missing_files_and_folders_are_refused(tmp_path: Path) -> None:
    (missing,) = read_file(tmp_path / "no.yaml", "no.yaml").findings
    assert str(missing) == (
        "no.yaml has no content that can be read (No such file or directory). Use a file."
    )
    (folder,) = read_file(tmp_path, "folder").findings
    assert str(folder) == "folder has something other than a file. Use the path of a file."


def test_unpaired_surrogates_do_not_get_in() -> None:
    assert "invalid Unicode character escape code" in refusal('{"a": "\\ud800"}')


def test_the_digest_is_the_sha256_of_the_bytes() -> None:
    expected = hashlib.sha256(b"a: 1\n").hexdigest()
    assert parse(b"a: 1\n", "a.yaml").digest == expected


def test_every_document_of_the_corpora_is_what_json_holds(corpora: Path) -> None:
    files = sorted(corpora.glob("openapi/**/*.json"))
    assert files
    for file in files:
        (document,) = read_file(file, file.name).documents
        assert document.data == json.loads(file.read_text(encoding="utf-8"))
