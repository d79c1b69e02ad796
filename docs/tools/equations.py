"""The tables of docs/equations.md, made of what docstrings and tests say.

    python docs/tools/equations.py            write them
    python docs/tools/equations.py --check    exit with 1 if they are not up to date

A docstring that names an equation, as in "Source: [wan2019] Eqs. (6)-(8), as printed.",
makes a row. Nothing is imported. What stands between the tables is written by hand.
"""

import argparse
import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from docs.tools import tested  # noqa: E402

PAGE = ROOT / "docs" / "equations.md"
HOUSE = ROOT / "handjax"
PAPERS = {
    "wan2019": "wan_spheres",
    "wan2020": "dual_grid",
    "moon2020": "deep_hand_mesh",
    "ge2019": "graph_cnn",
    "baek2019": "dense_hand_pose",
}
"""Each paper's room."""

HEAD = "| Eq. | function | what | tests |\n|---|---|---|---|"
BEGIN, END = "<!-- equations: {} -->", "<!-- end -->"

JOINED = r"(?:\s*(?:-|–|,|and)\s*(?:Eqs?\.\s+)?(?=\(\d))?"
MENTION = r"\[{}\],?\s+Eqs?\.\s+((?:\(\d+\)" + JOINED + r")+)(?:[,;]\s*)?([^\n]*)"


class Row(NamedTuple):
    """A function, and what it has of a paper.

    Attributes:
        numbers: of the equations.
        name: without "handjax.".
        file: where it stands, from the root.
        what: the first line of its docstring.
        note: what its source says besides.
    """

    numbers: tuple[int, ...]
    name: str
    file: Path
    what: str
    note: str


def mentions(paper: str, docstring: str) -> tuple[set[int], str]:
    """Equations of a paper that a docstring names, and what it says of them.

    Of "Source: [wan2019] Eqs. (6)-(8), as printed." these are 6, 7 and 8, and
    "as printed".
    """
    found = re.findall(MENTION.format(paper), " ".join(docstring.split()))
    numbers: set[int] = set()
    for listed, _ in found:
        numbers |= spans(listed)
    note = (
        re.split(r"(?<!Sec)(?<!Eq)(?<!Eqs)\.(?:\s|$)", found[-1][1])[0] if found else ""
    )
    return numbers, note


def spans(text: str) -> set[int]:
    """6, 7, 8 and 10 of "(6)-(8), (10)"."""
    pairs = re.findall(r"(\d+)\)?(?:\s*(?:-|–|to)\s*\(?(\d+))?", text)
    return {n for a, b in pairs for n in range(int(a), int(b or a) + 1)}


def documented(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Names and docstrings of the functions and classes of a module."""
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            yield node.name, ast.get_docstring(node) or ""


def rows(paper: str) -> list[Row]:
    """Every function of the house that names an equation, by its first one.

    Of one equation the paper's own room comes first.
    """
    found = []
    for file in sorted(HOUSE.rglob("*.py")):
        for name, docstring in documented(ast.parse(file.read_text())):
            numbers, note = mentions(paper, docstring)
            if numbers:
                full = f"{tested.module_of(file)}.{name}".removeprefix("handjax.")
                what = " ".join(docstring.split("\n\n")[0].split()).rstrip(".")
                own = file.relative_to(ROOT)
                found.append(Row(tuple(sorted(numbers)), full, own, what, note))
    room = f"methods.{PAPERS[paper]}."
    return sorted(found, key=lambda r: (r.numbers, not r.name.startswith(room), r.name))


def label(numbers: tuple[int, ...]) -> str:
    """ "6-8, 10" of 6, 7, 8 and 10."""
    parts: list[list[int]] = []
    for n in numbers:
        if parts and n == parts[-1][-1] + 1:
            parts[-1].append(n)
        else:
            parts.append([n])
    return ", ".join(f"{p[0]}-{p[-1]}" if len(p) > 1 else str(p[0]) for p in parts)


def line(row: Row, tests: tested.Tests) -> str:
    """A row as Markdown."""
    what = f"{row.what} ({row.note})" if row.note else row.what
    what = what.replace("|", r"\|")
    files = tests.of(f"handjax.{row.name}", row.file)
    told = ", ".join(f"[{file.name}](../{file.as_posix()})" for file in files)
    where = f"[`{row.name}`](../{row.file.as_posix()})"
    return f"| {label(row.numbers)} | {where} | {what} | {told} |"


def table(paper: str, tests: tested.Tests) -> str:
    """The rows of a paper as Markdown."""
    return "\n".join([HEAD, *(line(row, tests) for row in rows(paper))])


def renewed(page: str) -> str:
    """The page with its tables as they should be."""
    tests = tested.read(ROOT / "tests")
    for paper in PAPERS:
        begin = BEGIN.format(paper)
        before, _, rest = page.partition(begin)
        if not rest:
            raise ValueError(f"{PAGE} wants a line {begin!r} where the table belongs")
        _, _, after = rest.partition(END)
        page = f"{before}{begin}\n\n{table(paper, tests)}\n\n{END}{after}"
    return page


def main() -> int:
    """Write the page, or say whether it is up to date."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    check = parser.parse_args().check
    page = PAGE.read_text()
    right = renewed(page)
    if not check:
        PAGE.write_text(right)
    elif right != page:
        print("docs/equations.md is not up to date: python docs/tools/equations.py")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
