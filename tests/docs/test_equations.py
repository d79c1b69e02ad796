"""The index of equations is up to date and whole, and points at what there is."""

import ast
import importlib
import re
from pathlib import Path

import pytest

from docs.tools import equations

ROOT = Path(__file__).parents[2]
PAGE = equations.PAGE.read_text()
NAMES = sorted(set(re.findall(r"`((?:\w+\.)+(?!py`)\w+)`", PAGE)))
FILES = sorted(set(re.findall(r"`([\w/]+\.py)`", PAGE)))
PRINTED = {"wan2019": 16, "wan2020": 13, "moon2020": 5, "ge2019": 8, "baek2019": 11}
"""How many equations each paper numbers."""


def room(paper):
    """The docstring of a paper's room."""
    file = equations.HOUSE / "methods" / equations.PAPERS[paper] / "__init__.py"
    return ast.get_docstring(ast.parse(file.read_text()))


def listed(paper):
    """(numbers, names) of each line of the table in a room's docstring."""
    lines = room(paper).partition("Equations:\n")[2].splitlines()
    for line in lines:
        if found := re.match(r"\s+((?:\(\d+\)-?)+)", line):
            yield equations.spans(found[1]), re.findall(r"`([\w.]+)`", line)


def test_tables_are_what_the_docstrings_say():
    again = equations.renewed(PAGE)
    assert again == PAGE, "run `python docs/tools/equations.py` and look"


@pytest.mark.parametrize("paper", equations.PAPERS)
def test_no_equation_is_missing(paper):
    found = {n for row in equations.rows(paper) for n in row.numbers}
    assert found == set(range(1, PRINTED[paper] + 1))


@pytest.mark.parametrize("paper", equations.PAPERS)
def test_rooms_list_the_same_equations_at_the_same_functions(paper):
    lines, rows = list(listed(paper)), equations.rows(paper)
    assert set().union(*(n for n, _ in lines)) == {n for r in rows for n in r.numbers}
    for numbers, names in lines:
        # Without a dot they are terms, as configs call them; in capitals constants.
        functions = [n for n in names if re.fullmatch(r"[a-z_]+(\.[a-z_]+)+", n)]
        at = {row.name for row in rows if numbers & set(row.numbers)}
        assert not functions or any(
            f".{name}".endswith(f".{ours}") for ours in functions for name in at
        ), f"{paper} {sorted(numbers)}: none of {functions} names it"


@pytest.mark.parametrize("paper", equations.PAPERS)
def test_every_function_of_a_table_has_tests(paper):
    table = PAGE.partition(equations.BEGIN.format(paper))[2].partition(equations.END)[0]
    lines = [line for line in table.splitlines() if line.startswith("| ")][1:]
    assert len(lines) == len(equations.rows(paper))
    assert all("/test_" in line.split(" | ")[-1] for line in lines)


@pytest.mark.parametrize("name", NAMES)
def test_every_name_of_the_index_can_be_imported(name):
    module, attribute = f"handjax.{name}".rsplit(".", 1)
    assert callable(getattr(importlib.import_module(module), attribute))


@pytest.mark.parametrize("path", FILES)
def test_every_file_of_the_index_exists(path):
    assert (ROOT / path).is_file()


def test_mentions_of_equations_are_read_with_their_spans_and_notes():
    said = "Area.\n\nSource: [wan2019] Eqs. (6)-(8), (10), as printed. Not more."
    assert equations.mentions("wan2019", said) == ({6, 7, 8, 10}, "as printed")
    assert equations.mentions("ge2019", said) == (set(), "")
    both = "Source: [ge2019] Eq. (6) and Eq. (8), whose sums are weighed, Sec. 4.3."
    assert equations.mentions("ge2019", both) == (
        {6, 8},
        "whose sums are weighed, Sec. 4.3",
    )
    assert equations.label((1, 2, 3, 5)) == "1-3, 5"
