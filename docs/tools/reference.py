"""The pages of the API reference: one a module, written before Sphinx reads them.

They hold no text: all of it comes from the docstrings, by autodoc.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

from docs.tools import docstrings

ROOT = Path(__file__).parents[2]
HOUSE = ROOT / "handjax"
ROOMS = (
    *("geometry", "hands", "render", "networks", "methods", "refinement"),
    *("evaluation", "data", "training", "predicting", "export"),
    *("batch", "losses", "refine", "fitting", "experiment", "weights", "visualize"),
)
"""Packages and modules of the house that have pages."""
WITHOUT = ("hands.build", "data.studio.build")
"""What made the assets, once, and is not called again."""
OPTIONS = {
    "autofunction": (),
    "autoclass": ("   :members:", "   :member-order: bysource"),
    "autodata": ("   :no-value:",),
}


def write(folder: Path) -> None:
    """Write all pages, and take away those of modules that are no more.

    A page that is as it was keeps its time, so that Sphinx need not read it again.
    """
    folder.mkdir(parents=True, exist_ok=True)
    pages = {f"{name}.rst": text for name, text in _pages()}
    for stale in {path.name for path in folder.glob("*.rst")} - pages.keys():
        (folder / stale).unlink()
    for name, text in pages.items():
        file = folder / name
        if not file.exists() or file.read_text() != text:
            file.write_text(text)


def modules() -> list[str]:
    """Full names of the modules that have pages."""
    found = []
    for file in sorted(HOUSE.rglob("*.py")):
        parts = file.relative_to(HOUSE).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        left_out = any(f"{name}.".startswith(f"{one}.") for one in WITHOUT)
        if parts[0] in ROOMS and parts[-1] != "__main__" and not left_out:
            found.append(f"handjax.{name}")
    return sorted(found)


def _pages() -> Iterator[tuple[str, str]]:
    """Names of pages and what they hold.

    Packages stand in the tree of pages; a package lists its modules, so that the tree,
    which every page carries, is short.
    """
    known = modules()
    for name in known:
        inner = [one for one in known if one.rpartition(".")[0] == name]
        around = name.rpartition(".")[0]
        lines = [] if around == "handjax" else [":orphan:", ""]
        lines += [name, "=" * len(name), "", f".. automodule:: {name}", ""]
        if inner:
            lines += [*(f"- :doc:`{one}`: {_first(one)}" for one in inner), ""]
        if around != "handjax":
            lines += [f"In :doc:`{around}`.", ""]
        yield name, "\n".join([*lines, *_members(_tree(name))]) + "\n"


def _members(tree: ast.Module) -> Iterator[str]:
    """A summary of a module's functions and classes, and all that it says of them."""
    told = list(_documented(tree))
    summed = [name for kind, name in told if kind != "autodata"]
    if summed:
        yield from (".. autosummary::", "   :nosignatures:", "")
        yield from (f"   {name}" for name in summed)
        yield ""
    for kind, name in told:
        yield from (f".. {kind}:: {name}", *OPTIONS[kind], "")


def _documented(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """What is public in a module and has a docstring: (directive, name), in order."""
    for node, after in zip(tree.body, [*tree.body[1:], None], strict=True):
        names = {"": ""}
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            kind = "autoclass" if isinstance(node, ast.ClassDef) else "autofunction"
            names = {kind: node.name} if ast.get_docstring(node) else names
        elif isinstance(node, (ast.Assign, ast.AnnAssign)) and _is_text(after):
            target = node.target if isinstance(node, ast.AnnAssign) else node.targets[0]
            names = {"autodata": ast.unparse(target)}
        for kind, name in names.items():
            if name.isidentifier() and not name.startswith("_"):
                yield kind, name


def _is_text(node: ast.stmt | None) -> bool:
    """Whether a statement is a docstring."""
    value = node.value if isinstance(node, ast.Expr) else None
    return isinstance(value, ast.Constant) and isinstance(value.value, str)


def _first(module: str) -> str:
    """The first line of a module's docstring."""
    docstring = ast.get_docstring(_tree(module)) or ""
    return docstrings.inline(" ".join(docstring.split("\n\n")[0].split()))


def _tree(module: str) -> ast.Module:
    """A module's source, parsed."""
    file = ROOT.joinpath(*module.split(".")).with_suffix(".py")
    if not file.exists():
        file = file.with_suffix("") / "__init__.py"
    return ast.parse(file.read_text())
