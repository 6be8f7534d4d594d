"""The reference of workload.yaml and the command line, made from what the program itself reads.

`make golden` writes docs/reference.md anew; tests/test_reference.py compares.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from typing import Any

from apim_aks import __main__ as command_line
from apim_aks.cli.examples import EXAMPLES, PROGRAM
from apim_aks.errors import EXIT_CODES
from apim_aks.facts import DATA
from apim_aks.workload.file import workload_schema
from apim_aks.workload.file.questions import Question, questions
from tests.support.markdown import table
from tests.support.places import REPOSITORY

FILE = REPOSITORY / "docs" / "reference.md"
_HEAD = """# Reference

Made by `make golden` from the schema of workload.yaml and the arguments of the commands, so that it
is what they are.

- [workload.yaml](#workloadyaml): every key.
- [Questions](#questions): what `init --ask` and notebook 00 ask.
- [Files](#files): what is written as JSON, and its schemas.
- [The command line](#the-command-line): every command, its arguments and examples."""
_FILE = """## workload.yaml

Only `name` and `manifests` or `render` have to be there. A dot goes one level deeper, `*` stands
for a name of yours, `[]` for each entry of a list. No secret and no subscription or tenant
id belongs in it."""
_QUESTIONS = """## Questions

What `init --ask` and notebook 00 ask, those first that change the answer most often. An answer is
the key in workload.yaml; where nobody knows, the key is left out and the last column holds."""
_FILES = """## Files

Every file that is written as JSON has a schema in `data/schemas`, which is installed with the
package. `schema_version` changes when a file of an earlier version could no longer be read."""
_COMMANDS = """## The command line

`apim-aks` is the same as `python -m apim_aks`. Results go to standard output, messages to
standard error."""
_SECTION = "#/properties/"
"""Where the schema refers to a section of the file, which has its rows already."""
_SHARED = ("debug", "quiet", "help")


def document() -> str:
    """The whole document."""
    schema = workload_schema()
    rows = _keys(schema, schema, "")
    parts = (
        _HEAD,
        _FILE,
        table(("key", "value", "meaning"), rows),
        _QUESTIONS,
        table(("key", "question", "why it matters", "not stated"), map(_asked, questions())),
        _FILES,
        table(("schema", "id", "what it describes"), _schemas()),
        _COMMANDS,
        f"{EXIT_CODES}\n\nEvery command has `--debug` (show the traceback of a bug) and `--quiet` "
        "(results, and what decides\nthe exit code, alone).",
        *(_command(name, parser) for name, parser in parsers().items()),
    )
    return "\n\n".join(parts) + "\n"


def _schemas() -> Iterator[tuple[str, str, str]]:
    for file in sorted((DATA / "schemas").glob("*.json")):
        held = json.loads(file.read_text(encoding="utf-8"))
        yield f"`data/schemas/{file.name}`", f"`{held['$id']}`", _cell(held["description"])


def _asked(question: Question) -> tuple[str, str, str, str]:
    further = f" (after {question.when[0]}: {question.when[1]})" if question.when else ""
    holds = _cell(question.otherwise) or "the answer before it stays open"
    key = ".".join(question.key)
    return f"`{key}`", _cell(question.text + further), _cell(question.why), holds


def parsers() -> dict[str, argparse.ArgumentParser]:
    """Each command with its arguments."""
    actions = command_line._parser(PROGRAM)._actions
    return dict(next(a.choices for a in actions if isinstance(a.choices, dict)))


def _keys(schema: Any, node: Any, prefix: str) -> Iterator[tuple[str, str, str]]:
    for key, given in node.get("properties", {}).items():
        found = _referred(schema, given)
        meaning = given.get("description") or found.get("description", "")
        yield f"`{prefix}{key}`", _value(schema, found), _cell(meaning)
        if given.get("$ref", "").startswith(_SECTION):
            continue
        yield from _keys(schema, found, f"{prefix}{key}.")
        for more, mark in (("additionalProperties", ".*."), ("items", "[].")):
            if isinstance(found.get(more), dict):
                yield from _keys(schema, _referred(schema, found[more]), f"{prefix}{key}{mark}")


def _referred(schema: Any, node: Any) -> Any:
    if "$ref" not in node:
        return node
    kind, name = node["$ref"].split("/")[1:]
    return {**schema[kind][name], **node}


def _value(schema: Any, node: Any) -> str:
    if "enum" in node:
        return ", ".join(f"`{value}`" for value in node["enum"])
    if "expected" in node:
        return _cell(node["expected"])
    types = [node["type"]] if isinstance(node.get("type"), str) else node.get("type", [])
    if "array" in types and "items" in node:
        return f"list: {_value(schema, _referred(schema, node['items']))}"
    return " or ".join(_WORDS[t] for t in types)


_WORDS = {
    "string": "text",
    "object": "mapping",
    "array": "list",
    "boolean": "`true` or `false`",
    "integer": "whole number",
    "number": "number",
    "null": "nothing",
}


def _command(name: str, parser: argparse.ArgumentParser) -> str:
    typed = "\n".join(f"{PROGRAM} {line:<54} # {what}" for line, what in EXAMPLES[name])
    rows = [_argument(a) for a in parser._actions if a.dest not in _SHARED]
    return (
        f"### {name}\n\n{parser.description}\n\n```sh\n{typed}\n```\n\n"
        f"{table(('argument', 'meaning'), rows)}"
    )


def _argument(action: argparse.Action) -> tuple[str, str]:
    value = action.metavar or ("" if action.nargs == 0 else action.dest.upper())
    name = " ".join(filter(None, (*action.option_strings[-1:], str(value))))
    choices = f"one of {', '.join(map(str, action.choices))}" if action.choices else ""
    return f"`{name}`", _cell("; ".join(filter(None, (action.help, choices))))


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("{", "\\{")


if __name__ == "__main__":
    FILE.write_text(document(), encoding="utf-8", newline="\n")
