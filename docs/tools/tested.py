"""Which tests name a function, as their text says: nothing is imported or run."""

import ast
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[2]
MOST = 2
"""Files that are told of a function, but for those that mirror its own."""


class Tests(NamedTuple):
    """Names of the house that each test uses.

    Attributes:
        names: by file, from the root, and by test; full names.
    """

    names: dict[tuple[Path, str], set[str]]

    def of(self, name: str, source: Path) -> list[Path]:
        """The files of the tests of a function.

        They are those that mirror its own file and name it; else the two that name it
        most; else those that mirror its own, which test it through what calls it; else
        its room's.

        Args:
            name: in full.
            source: the file that it stands in, from the root.
        """
        counts = Counter(f for (f, _), names in self.names.items() if name in names)
        mirrors = self._mirrors(source.with_suffix(""))
        return (
            [file for file in mirrors if counts[file]]
            or [file for file, _ in counts.most_common(MOST)]
            or mirrors
            or self._mirrors(source.parent / "__init__")
        )

    def _mirrors(self, module: Path) -> list[Path]:
        """The files that test a module by their place in the tree."""
        folder = Path("tests", *module.parts[1:-1])
        stem = "room" if module.name == "__init__" else module.name
        wanted = re.compile(rf"test_{stem}(_\w+)?")
        beside = {f for f, _ in self.names if f.parent == folder}
        return sorted(file for file in beside if wanted.fullmatch(file.stem))


def read(folder: Path) -> Tests:
    """All tests in and beneath a folder."""
    names = {}
    for file in sorted(folder.rglob("test_*.py")):
        uses = _uses(ast.parse(file.read_text()))
        for test in filter(lambda name: name.startswith("test_"), uses):
            names[file.relative_to(ROOT), test] = _reached(test, uses)
    return Tests(names)


def module_of(file: Path) -> str:
    """The full name of a module."""
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _reached(test: str, uses: dict[str, set[str]]) -> set[str]:
    """What a test uses, itself or by functions beside it."""
    known, waiting = set(), {test}
    while waiting:
        known |= waiting
        waiting = {name for one in waiting for name in uses.get(one, ())} - known
    return known


def _uses(tree: ast.Module) -> dict[str, set[str]]:
    """The names in each function, and in each constant, of a test file."""
    imported = dict(_imported(tree.body))
    uses = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            uses[node.name] = _names(node, imported | dict(_imported(ast.walk(node))))
        elif isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            uses[node.targets[0].id] = _names(node.value, imported)
    return uses


def _imported(nodes: Iterable[ast.AST]) -> Iterator[tuple[str, str]]:
    """Short name -> full name of what is imported from somewhere."""
    for node in nodes:
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield alias.asname or alias.name, f"{node.module}.{alias.name}"


def _names(tree: ast.AST, imported: dict[str, str]) -> set[str]:
    """Names that are used: in full where they are imported, else as they stand."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and (whole := _dotted(node, imported)):
            names.add(whole)
        elif isinstance(node, ast.Name):
            names.add(imported.get(node.id, node.id))
    return names


def _dotted(node: ast.expr, imported: dict[str, str]) -> str:
    """The full name of `module.function`; empty where it is of nothing imported."""
    if isinstance(node, ast.Name):
        return imported.get(node.id, "")
    if isinstance(node, ast.Attribute):
        before = _dotted(node.value, imported)
        return before and f"{before}.{node.attr}"
    return ""
