"""Bicep: a file for each stage, `main.bicep` that calls them in order, and its parameters.

https://learn.microsoft.com/azure/azure-resource-manager/bicep/file (2026-07-09)
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence

from apim_aks.artefacts.bundle import Artefacts, environment_variable
from apim_aks.artefacts.export.bicep.expressions import Scope, expression, quoted, written
from apim_aks.artefacts.export.bicep.modules import Parameters, Whole, comment, module, parameters
from apim_aks.artefacts.export.deployments import Deployments
from apim_aks.artefacts.export.origin import (
    first_needed,
    laid_out,
    origin,
    set_readme,
    steps_by_hand,
)
from apim_aks.artefacts.export.symbols import camel, snake, split, symbols
from apim_aks.artefacts.export.typed_stages import (
    Document,
    Target,
    TypedStage,
    documents,
    typed_stages,
)
from apim_aks.facts.exports import export_defaults
from apim_aks.template_expression import Call, Part

_PLAIN = Scope("", {}, {})
_STEPS = "stepsDone"


def files(built: Artefacts) -> Mapping[str, str]:
    """`main.bicep` with its modules, and a parameters file for each deployment of them."""
    return laid_out(built, _files)


def _files(built: Artefacts, one: Deployments) -> Mapping[str, str]:
    stages = typed_stages(one.stages)
    declared = _declared(stages, one)
    named = symbols(stages, declared)
    texts = dict(_documents(stages, {t: snake(words) for t, words in named.items()}))
    whole = Whole(
        symbols={t: camel(words) for t, words in named.items()},
        versions={r.target: r.version for s in stages for r in s.resources},
        documents={d: [f"../{path}" for path in parts] for d, parts in texts.items()},
        head=origin(built, "bicep"),
    )
    given = {_parameters_file(n): _given(one, n, declared, whole.head) for n in one.each}
    return {
        "main.bicep": _main(stages, declared, whole.head),
        **given,
        "README.md": _readme(built, one, stages),
        **{f"modules/{n}": text for s in stages for n, text in module(s, whole)},
        **{p: text for d, parts in texts.items() for p, text in parts.items()},
    }


def _parameters_file(name: str) -> str:
    return f"main.{name}.bicepparam" if name else "main.bicepparam"


def _declared(stages: Sequence[TypedStage], one: Deployments) -> Parameters:
    """The parameters of the modules, and those that name the groups of modules elsewhere."""
    found = {n: p for s in stages for n, p in s.parameters.items()}
    away = [s.group for s in stages if s.group != stages[0].group]
    names = (str(g.arguments[0]) for g in away if isinstance(g, Call))
    return {**{n: one.groups[n] for n in names}, **found}


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


def _main(stages: Sequence[TypedStage], declared: Parameters, head: str) -> str:
    done: dict[str, tuple[str, ...]] = {}
    steps: tuple[str, ...] = ()
    for stage in stages:
        steps = (*steps, *stage.steps)
        done[stage.name] = steps
    parts = [comment(head), *parameters(declared), *(_asked_steps(steps) if steps else ())]
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


def _call(stage: TypedStage, home: Part, steps: Sequence[str], before: str) -> str:
    """The module of a stage, once the steps by hand before it are done."""
    group = expression(stage.group, _PLAIN)
    scope = f"\n  scope: resourceGroup({group})" if stage.group != home else ""
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


def _given(one: Deployments, name: str, declared: Parameters, head: str) -> str:
    """What the workload says, and what only the deployer knows from the environment."""
    given = one.given(name)
    values = {n: written(given[n], _PLAIN) for n in declared if n in given}
    asked = one.asked(name)
    values |= {n: f"readEnvironmentVariable({quoted(environment_variable(n))})" for n in asked}
    lines = "\n".join(f"param {name} = {text}" for name, text in values.items())
    return f"using 'main.bicep'\n\n{comment(head)}\n\n{lines}\n"


def _readme(built: Artefacts, one: Deployments, stages: Sequence[TypedStage]) -> str:
    about = ["Types, API versions, names and bodies are those of the ARM templates."]
    if one.is_named:
        about.insert(
            0,
            "One set of modules for the environments named below; what differs in each stands in "
            "`main.<environment>.bicepparam`.",
        )
    return set_readme(
        built, "bicep", "Bicep", one, about, lambda name: _deployed(built, one, name, stages)
    )


def _deployed(
    built: Artefacts, one: Deployments, name: str, stages: Sequence[TypedStage]
) -> Iterator[str]:
    yield first_needed(one, name, environment_variable, "from the environment")
    commands = _commands(stages, one.deployed(name)[0].resource_group, _parameters_file(name))
    yield "```sh\n" + "\n".join(commands) + "\n```"
    yield from steps_by_hand(built, one.each[name], name).values()


def _commands(stages: Sequence[TypedStage], group: str, file: str) -> Iterator[str]:
    """What is typed: again after each step by hand, which lets more stages in."""
    line = (
        f"az deployment group create --resource-group {shlex.quote(group)} "
        f"--template-file main.bicep --parameters {file}"
    )
    yield line
    done: list[str] = []
    for stage in stages:
        if stage.steps:
            done += stage.steps
            listed = ", ".join(f'"{step}"' for step in done)
            yield f"# now: {', '.join(stage.steps)}"
            yield f"{line} --parameters {_STEPS}='[{listed}]'"
