"""What the site is made of: docstrings turned into its form, a page for each module."""

import ast
import importlib
import inspect
import re
from pathlib import Path

from docs.tools import docstrings, reference

ROOT = Path(__file__).parents[2]
SAID = """Depth of `x`s, |x| * 2 as global_ has it.

    z = sqrt(|x|^2)

Notation, shared by all:
    c, r: centres,
        and radii, mm.

Args:
    x: where, `mm`.

Returns:
    The depth: mm.

Source: [wan2019] Eq. (6)."""


def test_docstrings_become_restructured_text():
    expected = r"""Depth of ``x``\ s, \|x\| \* 2 as global\_ has it.

::

    z = sqrt(|x|^2)

Notation, shared by all:

``c, r``
    centres,
    and radii, mm.

Args:
    x: where, ``mm``.

:returns: The depth: mm.

Source: [wan2019] Eq. (6).
"""
    assert "\n".join(docstrings.as_rst(SAID.splitlines())) == expected


def words(text):
    """In their order, without what marks them up."""
    return re.findall(r"[a-z0-9]+", text.lower())


def test_no_word_of_the_houses_docstrings_is_lost():
    kinds = (ast.Module, ast.FunctionDef, ast.ClassDef)
    for file in reference.HOUSE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            said = (isinstance(node, kinds) and ast.get_docstring(node)) or ""
            told = "\n".join(docstrings.as_rst(said.splitlines()))
            assert words(told) == words(said), file


def test_every_module_of_the_rooms_has_a_page(tmp_path):
    reference.write(tmp_path)
    pages = {path.stem for path in tmp_path.glob("*.rst")}
    files = (ROOT / "handjax" / "geometry").glob("[a-z]*.py")
    assert {f"handjax.geometry.{file.stem}" for file in files} <= pages
    index = (ROOT / "docs" / "api" / "index.md").read_text()
    assert all(f"generated/handjax.{room}\n" in index for room in reference.ROOMS)


def test_pages_of_modules_that_are_no_more_go(tmp_path):
    stale = tmp_path / "handjax.nothing.rst"
    stale.write_text("gone")
    reference.write(tmp_path)
    assert not stale.exists()


def test_a_page_names_what_its_module_holds():
    page = dict(reference._pages())["handjax.geometry.spheres"]
    module = importlib.import_module("handjax.geometry.spheres")
    own = {
        name
        for name, thing in vars(module).items()
        if inspect.isfunction(thing) and not name.startswith("_")
    }
    own = {n for n in own if vars(module)[n].__module__ == module.__name__}
    assert own
    assert all(f".. autofunction:: {name}\n" in page for name in own)
