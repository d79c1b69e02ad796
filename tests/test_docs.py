"""The index of equations points at what there is, and that points back."""

import importlib
import inspect
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parent.parent
INDEX = (ROOT / "docs" / "equations.md").read_text()
NAME = r"`((?:\w+\.)+(?!py`)\w+)`"
FUNCTIONS = sorted(set(re.findall(NAME, INDEX)))
FILES = sorted(set(re.findall(r"`([\w/]+\.py)`", INDEX)))


class Row(NamedTuple):
    """What the index says of one equation, or of a few at once."""

    paper: str
    numbers: set[int]
    functions: list[str]

    def __str__(self):
        return f"{self.paper}-{'-'.join(map(str, sorted(self.numbers)))}"


def numbers(text):
    """Those of a list with spans: 6, 7, 8 and 10 of "(6)-(8), (10)"."""
    spans = re.findall(r"(\d+)\)?(?:\s*(?:-|–|to)\s*\(?(\d+))?", text)
    return {n for a, b in spans for n in range(int(a), int(b or a) + 1)}


def rows():
    """The rows that name functions."""
    for section in re.split(r"^## ", INDEX, flags=re.MULTILINE)[1:]:
        paper, _, table = section.partition("\n")
        for first, _, where in re.findall(
            r"^\| *([^|]*\d[^|]*?) *\|(.*)\|(.*)\|$", table, re.MULTILINE
        ):
            if functions := re.findall(NAME, where):
                yield Row(paper.strip(), numbers(first), functions)


def find(name):
    module, function = f"handjax.{name}".rsplit(".", 1)
    return getattr(importlib.import_module(module), function)


def cited(paper, docstring):
    """The numbers of a paper's equations that a docstring names.

    Of "[wan2019] Eqs. (6)-(8), as printed" these are 6, 7 and 8.
    """
    joined = r"(?:\s*(?:-|–|,|and)\s*(?=\(\d))?"
    mentions = rf"\[{paper}\],?\s+Eqs?\.\s+((?:\(\d+\){joined})+)"
    found = re.findall(mentions, docstring)
    return set().union(*map(numbers, found))


ROWS = list(rows())


def test_index_names_functions_and_files():
    assert len(FUNCTIONS) >= 10
    assert FILES
    tables = "".join(re.findall(r"^\|.*$", INDEX, re.MULTILINE))
    assert [name for row in ROWS for name in row.functions] == re.findall(NAME, tables)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_of_the_index_can_be_imported(name):
    assert callable(find(name))


@pytest.mark.parametrize("path", FILES)
def test_every_file_of_the_index_exists(path):
    assert (ROOT / path).is_file()


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_every_equation_of_the_index_is_named_where_it_stands(row):
    named = set()
    for name in row.functions:
        function = find(name)
        docstring = inspect.getdoc(function) or ""
        of_module = inspect.getmodule(function).__doc__ or ""
        ours = cited(row.paper, docstring)
        assert not ours or row.numbers & ours, f"{name} names {sorted(ours)} only"
        ours |= row.numbers & cited(row.paper, of_module)
        # What is older than the paper names its own source; another function of the
        # row then names the equation.
        assert ours or "Source:" in docstring, f"{name} names no source"
        named |= ours
    assert row.numbers <= named


def test_the_renderers_example_prints_what_its_page_says():
    page = (ROOT / "docs" / "render.md").read_text()
    pattern = r"<!-- example -->\n```python\n(.*?)```\n\nprints `(.*?)\.\.\.`"
    code, said = re.search(pattern, page, re.DOTALL).groups()
    assert len(list(filter(None, code.splitlines()))) <= 15
    command = [sys.executable, "-c", code]
    shown = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert shown.returncode == 0, shown.stderr
    assert shown.stdout.startswith(said)
