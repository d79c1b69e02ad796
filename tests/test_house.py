"""The house stands as planned: arrows one way, a light ground floor, nothing unsafe."""

import ast
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

HOUSE = Path(__file__).parent.parent / "handjax"
FILES = sorted(HOUSE.rglob("*.py"))
ROOT = HOUSE.parent
BESIDE = sorted(
    [*ROOT.glob("*.py"), *ROOT.glob("configs/*.py"), *ROOT.glob("benchmarks/*.py")]
)

GROUND = {"geometry"}
ROOMS = GROUND | {"render", "hands", "networks", "batch", "losses"}
# What each package or module may import of ours, besides itself.
ARROWS = {
    "__init__": set(),
    "geometry": set(),
    "render": GROUND,
    "hands": GROUND | {"unpickle"},
    "networks": GROUND,
    "batch": GROUND,
    "files": set(),
    "unpickle": set(),
    "losses": {"geometry", "hands", "render"},
    "data": {"geometry", "hands", "render", "batch", "unpickle"},
    "methods": ROOMS | {"refine", "refinement"},
    "training": {"geometry", "losses", "methods", "batch"},
    "refine": {"geometry", "hands", "render", "losses"},
    "refinement": {"geometry", "hands", "render", "losses", "refine"},
    "evaluation": {"geometry", "hands", "batch", "files"},
}
# What stands on top may use all of these, and one another.
TOP = {"experiment", "weights", "visualize", "export", "fitting"}
TOP |= {"covered", "data_command", "mano_command", "held_out", "__main__"}
TOP |= {"calibrate_command"}
TOP |= {"predicting", "viewing"}
ARROWS |= {name: (ARROWS.keys() | TOP) - {"__init__"} for name in TOP}


def room(path: Path) -> str:
    """The package or module of the house that a file belongs to."""
    return path.relative_to(HOUSE).with_suffix("").parts[0]


def imports(path: Path) -> set[str]:
    """Full names of all that a file imports, at any depth of its code."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} imports relatively"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def name(path: Path) -> str:
    return str(path.relative_to(HOUSE))


@pytest.mark.parametrize("path", FILES, ids=name)
def test_arrows_point_one_way(path):
    ours = {n.split(".")[1] for n in imports(path) if n.startswith("handjax.")}
    assert room(path) in ARROWS, f"{room(path)} has no place in the plan of the house"
    against = ours - ARROWS[room(path)] - {room(path)}
    assert not against, f"{room(path)} must not import {sorted(against)}"


@pytest.mark.parametrize("path", FILES, ids=name)
def test_flax_stays_in_networks_and_methods_and_tensorflow_away(path):
    others = {n.split(".")[0] for n in imports(path)}
    assert "tensorflow" not in others
    assert "flax" not in others or room(path) in ("networks", "methods")


@pytest.mark.parametrize("path", [*FILES, *BESIDE], ids=lambda path: path.name)
def test_nothing_is_left_to_do_and_nothing_runs_what_it_reads(path):
    text = path.read_text()
    assert not re.search(r"\b(TODO|FIXME|XXX|HACK)\b", text)
    calls = [n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.Call)]
    called = {ast.unparse(call.func) for call in calls}
    assert not called & {"eval", "exec", "os.system", "os.popen"}
    unsafe = {"pickle", "marshal", "shelve", "dill", "joblib", "subprocess"}
    assert not {n.split(".")[0] for n in imports(path)} & unsafe
    assert "allow_pickle=True" not in text


IMPORT = """
import json, sys, time
import jax
before, start = set(sys.modules), time.process_time()
import handjax.geometry
seconds = time.process_time() - start
new = {name.split(".")[0] for name in set(sys.modules) - before}
print(json.dumps([seconds, sorted(new - set(sys.stdlib_module_names))]))
"""


def test_geometry_adds_little_to_importing_jax():
    def measure():
        command = [sys.executable, "-c", IMPORT]
        output = subprocess.run(
            command, cwd=HOUSE.parent, capture_output=True, check=True, text=True
        )
        return json.loads(output.stdout)

    # The first run may have to compile the byte code.
    _, (seconds, loaded) = measure(), measure()
    assert set(loaded) <= {"handjax", "jax", "jaxlib", "jaxtyping", "numpy"}
    assert seconds < 0.3
