#!/usr/bin/env python3
"""Build the wheel and use it where there is no checkout.

    .venv/bin/python .ci/wheel.py

The wheel must hold every file of handjax/ that git knows. It is installed into an empty
environment that borrows the packages of the one that runs this, and used from an empty
folder: commands, templates, released weights, the report's page.
"""

import os
import subprocess
import sys
import sysconfig
import tempfile
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

USE = """
import sys
from pathlib import Path
import handjax
assert Path(handjax.__file__).is_relative_to(sys.prefix), handjax.__file__
import handjax.geometry
assert "flax" not in sys.modules
from importlib.metadata import version
assert version("handjax") == handjax.__version__, version("handjax")

import jax
from handjax import weights
from handjax.experiment import assemble
from handjax.hands import graph, mesh_grid
from handjax.hands.articulate import articulate, keypoints, rest_pose
from handjax.hands.template import LEVELS, load_template
for level in LEVELS:
    template = load_template(level)
    assert keypoints(articulate(template, rest_pose(template))).shape == (21, 3)
    print(level, len(template.vertices), "vertices")
assert weights.released()
for name in weights.released():
    found = weights.find(name)
    assemble(found.config)
    leaves = jax.tree.leaves(found.params)
    assert all(bool(jax.numpy.isfinite(leaf).all()) for leaf in leaves)
    print(name, sum(leaf.size for leaf in leaves), "parameters")
from handjax.data.studio import subjects
from handjax.evaluation.page import document
assert subjects.ASSET.is_file() and (document.ASSETS / "report.html").is_file()
"""


def run(*command: str, cwd: Path) -> str:
    """What a command prints; ends everything where it fails."""
    outside = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH",)}
    done = subprocess.run(command, cwd=cwd, env=outside, text=True, capture_output=True)
    if done.returncode:
        print(done.stdout, done.stderr, sep="\n", file=sys.stderr)
        sys.exit(f"failed: {' '.join(command)[:200]}")
    return done.stdout


def build(folder: Path) -> Path:
    """The wheel."""
    pip = (sys.executable, "-m", "pip", "-q")
    run(*pip, "wheel", str(ROOT), "--no-deps", "-w", str(folder), cwd=folder)
    (wheel,) = folder.glob("*.whl")
    return wheel


def check_files(wheel: Path) -> int:
    """See that nothing of handjax/ is missing; returns how many files there are."""
    known = run("git", "ls-files", "handjax", cwd=ROOT).split()
    with zipfile.ZipFile(wheel) as archive:
        held = set(archive.namelist())
    missing = sorted(set(known) - held)
    if missing or not known:
        sys.exit(f"the wheel lacks {missing}; see package-data in pyproject.toml")
    return len(known)


def install(wheel: Path, folder: Path) -> Path:
    """An environment with the wheel; returns its Python.

    It sees the packages of this one, but not what is installed here for editing.
    """
    venv.create(folder, with_pip=False)
    python = folder / "bin" / "python"
    purelib = Path(run(str(python), "-c", PURELIB, cwd=folder).strip())
    pip = (sys.executable, "-m", "pip", "-q")
    run(*pip, "install", "--no-deps", "--target", str(purelib), str(wheel), cwd=folder)
    (purelib / "borrowed.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return python


PURELIB = "import sysconfig; print(sysconfig.get_path('purelib'))"


def main() -> None:
    """Build, look, install, use."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in ("wheel", "empty"):
            (folder / part).mkdir()
        wheel = build(folder / "wheel")
        count = check_files(wheel)
        print(f"{wheel.name}: {count} files, {wheel.stat().st_size / 2**20:.1f} MB")
        python, empty = str(install(wheel, folder / "venv")), folder / "empty"
        print(run(python, "-c", USE, cwd=empty), end="")
        for command in ((), ("predict",), ("fit",), ("data",)):
            said = run(python, "-m", "handjax", *command, "--help", cwd=empty)
            assert said.startswith("usage: "), said
        print("the wheel works in an empty folder")


if __name__ == "__main__":
    main()
