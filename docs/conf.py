"""The documentation site: `sphinx-build -W -b html docs docs/_build/html`.

The pages are those that stand beside this file; the reference is made of docstrings,
tutorials are shown as they were run (`docs/tools/notebooks.py` runs them).
"""

import sys
import tomllib
import typing
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
# jaxtyping then names its annotations as they are written; handjax is imported later.
typing.GENERATING_DOCUMENTATION = True  # type: ignore[attr-defined]

from docs.tools import crossings, docstrings, notebooks, reference  # noqa: E402

about = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
project, author = "handjax", "The handjax authors"
version = release = about["version"]
html_title = f"handjax {version}"
html_theme = "furo"
html_static_path = ["static"]
html_css_files = ["site.css"]
templates_path: list[str] = []
html_show_sphinx = False

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.napoleon",
]
# Notebooks are shown as they were run, in place of the text that they are made of.
exclude_patterns = ["_build", "tools"]
exclude_patterns += [
    f"tutorials/{name}.md"
    for name in notebooks.names()
    if (notebooks.FOLDER / f"{name}.ipynb").exists()
]

myst_heading_anchors = 3
myst_enable_extensions = ["dollarmath"]
nb_execution_mode = "off"

autosummary_generate = False
# Two rooms each have an error of one name; a docstring means that of its own.
suppress_warnings = ["ref.python"]
python_maximum_signature_line_length = 80
napoleon_numpy_docstring = False
napoleon_use_ivar = True
napoleon_attr_annotations = False  # types stand in the signature


def setup(app: Any) -> None:
    """Write the reference's pages, and bring docstrings into Sphinx's form."""
    app.add_post_transform(crossings.Crossings)
    app.connect("builder-inited", _write_reference)
    app.connect("autodoc-process-docstring", _as_rst, priority=400)
    app.connect("autodoc-skip-member", _skip)


def _write_reference(app: Any) -> None:
    reference.write(Path(app.srcdir) / "api" / "generated")


def _as_rst(*event: Any) -> None:
    *_, lines = event
    lines[:] = docstrings.as_rst(lines)


def _skip(*event: Any) -> bool | None:
    """Fields of NamedTuples stand among their attributes already."""
    _, _, _, member, *_ = event
    return True if type(member).__name__ == "_tuplegetter" else None
