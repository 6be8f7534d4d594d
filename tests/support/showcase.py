"""What the README opens with: the picture of what comes first, and five lines on it.

`make golden` writes both anew; tests/test_readme.py compares.
"""

from __future__ import annotations

from collections.abc import Iterator

from apim_aks.decision.design import Design, Placement, design
from apim_aks.decision.not_compared import not_compared
from apim_aks.decision.outcome import (
    firmness,
    ruled_out_sentence,
    share_sentence,
    verdict_sentence,
)
from apim_aks.decision.stated import not_stated
from apim_aks.listing import counted
from apim_aks.page.diagram import Picture, picture
from apim_aks.workload.file import read_workload
from tests.support.places import REPOSITORY

README = REPOSITORY / "README.md"
PICTURE = REPOSITORY / "docs" / "contoso-retail.svg"
BEGIN, END = "<!-- made by make golden -->\n", "<!-- up to here -->\n"


def shown() -> Design:
    """The design that the README shows."""
    return design(read_workload("contoso-retail"))


def drawn(made: Design) -> Picture:
    """The picture of what comes first."""
    return picture(_first(made).topology)


def opening(made: Design) -> str:
    """The picture's place and the five lines."""
    first = _first(made)
    lines = "\n".join(f"- {line}" for line in _lines(made))
    return f"![{first.option.title}]({PICTURE.relative_to(REPOSITORY).as_posix()})\n\n{lines}\n"


def _first(made: Design) -> Placement:
    return made.placement(made.ranking.standings[0].option)


def _lines(made: Design) -> Iterator[str]:
    criteria = f"{len(made.placements[0].measures)} criteria"
    yield f"**{verdict_sentence(made)}**"
    yield firmness(made)
    yield " ".join(filter(None, (share_sentence(made), not_stated(made))))
    yield " ".join(ruled_out_sentence(made, out) for out in made.ranking.ruled_out)
    yield (
        f"{counted(len(made.placements), 'option')} on {criteria}, counted on "
        f"{counted(len(made.mapping.published), 'Service')} and "
        f"{counted(len(made.mapping.operations), 'operation')}. "
        f"Named and not compared: {'; '.join(not_compared())}."
    )


def written(text: str, made: Design) -> str:
    """The README with its opening as it is today."""
    before, rest = text.split(BEGIN)
    return f"{before}{BEGIN}{opening(made)}{END}{rest.split(END)[1]}"


if __name__ == "__main__":
    made = shown()
    text = README.read_text(encoding="utf-8")
    README.write_text(written(text, made), encoding="utf-8", newline="\n")
    PICTURE.write_text(drawn(made).svg, encoding="utf-8", newline="\n")
