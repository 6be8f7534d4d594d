"""Bicep: a file for each stage, `main.bicep` that calls them in order, and its parameters.

https://learn.microsoft.com/azure/azure-resource-manager/bicep/file (2026-07-09)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from apim_aks.artefacts.arm_templates import Stage
from apim_aks.artefacts.bundle import Artefacts, environment_variable
from apim_aks.artefacts.export.bicep.expressions import Scope, quoted, written
from apim_aks.artefacts.export.bicep.modules import Whole, comment, module, parameters
from apim_aks.artefacts.export.origin import elsewhere, origin, readme, steps_by_hand
from apim_aks.artefacts.export.symbols import camel, snake, split, symbols
from apim_aks.artefacts.export.typed_stages import (
    Document,
    Target,
    TypedStage,
    documents,
    typed_stages,
)
from apim_aks.facts.exports import export_defaults

_PLAIN = Scope("", {}, {})
_STEPS = "stepsDone"


def files(built: Artefacts) -> Mapping[str, str]:
    """`main.bicep` with its parameters and modules, policies and OpenAPI documents beside them."""
    stages = typed_stages(built.stages)
    taken = {name for s in stages for name in s.parameters}
    named = symbols(stages, taken)
    texts = dict(_documents(stages, {t: snake(words) for t, words in named.items()}))
    whole = Whole(
        symbols={t: camel(words) for t, words in named.items()},
        versions={r.target: r.version for s in stages for r in s.resources},
        documents={d: [f"../{path}" for path in parts] for d, parts in texts.items()},
        head=origin(built, "bicep"),
    )
    return {
        "main.bicep": _main(stages, whole.head),
        "main.bicepparam": _given(built.stages, stages, whole.head),
        "README.md": _readme(built, stages),
        **{f"modules/{n}": text for s in stages for n, text in module(s, whole)},
        **{p: text for d, parts in texts.items() for p, text in parts.items()},
    }


def _documents(
    stages: Sequence[TypedStage], named: Mapping[Target, str]
) -> Iterator[tuple[Document, Mapping[str, str]]]:
    """Each document with its files: several where it is longer than Bicep reads of one."""
    most = export_defaults().bicep_text_characters
    for document, target in documents(stages):
        text, path = document.text, f"{document.folder}/{named[target]}"
        parts = [text[at : at + most] for at in range(0, len(text), most)] or [""]
        numbers = [f".{n}" if len(parts) > 1 else "" for n in range(1, len(parts) + 1)]
        names = (f"{path}{number}.{document.suffix}" for number in numbers)
        yield document, dict(zip(names, parts, strict=True))


def _main(stages: Sequence[TypedStage], head: str) -> str:
    declarations = {n: p for s in stages for n, p in s.parameters.items()}
    done: dict[str, tuple[str, ...]] = {}
    steps: tuple[str, ...] = ()
    for stage in stages:
        steps = (*steps, *stage.steps)
        done[stage.name] = steps
    parts = [comment(head), *parameters(declarations), *(_asked_steps(steps) if steps else ())]
    before = ""
    for stage in stages:
        parts.append(_call(stage, stages[0].group, done[stage.name], before))
        before = _symbol(stage)
    parts += (_output(s, name, done[s.name]) for s in stages for name in s.outputs)
    return "\n\n".join(parts) + "\n"


def _asked_steps(steps: Sequence[str]) -> tuple[str]:
    words = f"Steps by hand that are done, of {', '.join(steps)}; what needs others is left out"
    return (f"@description({quoted(words)})\nparam {_STEPS} array = []",)


def _symbol(stage: TypedStage) -> str:
    return camel(("stage", *split(stage.name)))


def _condition(steps: Sequence[str]) -> str:
    return " && ".join(f"contains({_STEPS}, {quoted(step)})" for step in steps)


def _call(stage: TypedStage, home: str, steps: Sequence[str], before: str) -> str:
    """The module of a stage, once the steps by hand before it are done."""
    scope = f"\n  scope: resourceGroup({quoted(stage.group)})" if stage.group != home else ""
    params = "".join(f"\n    {name}: {name}" for name in stage.parameters)
    waits = f"\n  dependsOn: [\n    {before}\n  ]" if before else ""
    condition = f"if ({_condition(steps)}) " if steps else ""
    return (
        f"{comment(stage.because)}\n"
        f"module {_symbol(stage)} {quoted(f'modules/{stage.name}.bicep')} = {condition}{{\n"
        f"  name: {quoted(stage.name)}{scope}\n  params: {{{params}\n  }}{waits}\n}}"
    )


def _output(stage: TypedStage, name: str, steps: Sequence[str]) -> str:
    value = f"{_symbol(stage)}.outputs.{name}"
    return f"output {name} string = " + (f"{_condition(steps)} ? {value} : ''" if steps else value)


def _given(built: Sequence[Stage], stages: Sequence[TypedStage], head: str) -> str:
    """What the workload says, and what only the deployer knows from the environment."""
    values = {n: written(v, _PLAIN) for s in stages for n, v in s.given.items()}
    asked = dict.fromkeys(n for s in built for n in s.asked)
    values |= {n: f"readEnvironmentVariable({quoted(environment_variable(n))})" for n in asked}
    lines = "\n".join(f"param {name} = {text}" for name, text in values.items())
    return f"using 'main.bicep'\n\n{comment(head)}\n\n{lines}\n"


def _readme(built: Artefacts, stages: Sequence[TypedStage]) -> str:
    asked = dict.fromkeys(environment_variable(n) for s in built.stages for n in s.asked)
    groups = ", ".join(dict.fromkeys(s.group for s in stages))
    only = f"Only you know {', '.join(f'`{n}`' for n in asked)}, from the environment. "
    return readme(
        built,
        "bicep",
        "Bicep",
        f"The resource groups have to be there: {groups}. "
        f"{only if asked else ''}No secret is written here.",
        "```sh\n" + "\n".join(_commands(stages)) + "\n```",
        *steps_by_hand(built).values(),
        *elsewhere(built, "bicep"),
        "Types, API versions, names and bodies are those of the ARM templates.",
    )


def _commands(stages: Sequence[TypedStage]) -> Iterator[str]:
    """What is typed: again after each step by hand, which lets more stages in."""
    line = (
        f"az deployment group create --resource-group {stages[0].group} "
        "--template-file main.bicep --parameters main.bicepparam"
    )
    yield line
    done: list[str] = []
    for stage in stages:
        if stage.steps:
            done += stage.steps
            listed = ", ".join(f'"{step}"' for step in done)
            yield f"# now: {', '.join(stage.steps)}"
            yield f"{line} --parameters {_STEPS}='[{listed}]'"
