"""Trained weights, by the name of a release or the folder of a run.

A release is two files in handjax/weights: NAME.npz, arrays by path, floats rounded to
bfloat16 and kept as the uint16 of the same bits (NumPy has no bfloat16, and nothing
here is pickled); and NAME.json, the config and where the weights come from.

    python -m handjax.weights export RUNDIR NAME
"""

import argparse
import io
import json
import re
import sys
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from absl import logging

from handjax.experiment import Experiment, assemble, example
from handjax.training import Checkpoints, configs
from handjax.training.checkpoints import FOLDER as CHECKPOINTS
from handjax.training.configs import Config

FOLDER = Path(__file__).parent / "weights"
LIMIT = 16 * 2**20


class MissingError(LookupError):
    """What was asked for is not there; the message says what is."""


class Weights(NamedTuple):
    """Parameters ready for `Method.predict`.

    Attributes:
        config: of the run that made them.
        params: its averaged parameters.
        state: the network's own.
        origin: a line on where they come from.
        release: the name of the release; None of a run's.
    """

    config: Config
    params: Any
    state: Any
    origin: str
    release: str | None = None


def find(name: str) -> Weights:
    """Weights of the run in a folder, or else released under this name.

    A folder that holds no run, of results say, hides no release of its name.

    Raises:
        MissingError: if it is neither.
    """
    folder = Path(name)
    hidden = name in released() and not (folder / configs.FILE).exists()
    if folder.is_dir() and not hidden:
        return from_run(name)
    return from_release(name)


def from_run(workdir: str | Path) -> Weights:
    """Averaged parameters of a run at its best checkpoint.

    Raises:
        MissingError: if the folder holds no run, or none that was saved yet.
    """
    page = Path(workdir) / configs.FILE
    if not page.exists():
        raise MissingError(
            f"no run in {str(workdir)!r}: {configs.FILE} is not there. Train one with "
            f"`python train.py --config=configs/wan_spheres.py --workdir {workdir}`."
        )
    try:
        config = configs.read(page)
        experiment = assemble(config)
    except (ValueError, AttributeError) as wrong:
        raise MissingError(f"{page} is no config of this handjax: {wrong}") from wrong
    params, state = blank(experiment)
    if not (Path(workdir) / CHECKPOINTS).is_dir():
        raise MissingError(f"the run in {str(workdir)!r} has no checkpoint yet")
    with Checkpoints(workdir, read_only=True) as saved:
        if saved.best is None:
            raise MissingError(f"the run in {str(workdir)!r} has no checkpoint yet")
        origin = f"{workdir} at step {saved.best}"
        return Weights(config, *saved.restore_model(params, state, saved.best), origin)


def blank(experiment: Experiment) -> tuple[Any, Any]:
    """Shapes of the parameters and the state of an experiment's method."""
    key = jax.eval_shape(lambda: jax.random.key(0))
    return jax.eval_shape(experiment.method.init, key, example(experiment))


def carry_over(found: Any, params: Any) -> tuple[Any, int]:
    """Parameters with those found in their place where path and shape agree.

    Args:
        found: other parameters.
        params: whose paths and shapes count.

    Returns:
        the parameters, and how many arrays were found.
    """
    flat = _flatten(found)
    taken = {
        path: flat[path]
        for path, leaf in _flatten(params).items()
        if path in flat and flat[path].shape == leaf.shape
    }
    kept = jax.tree_util.tree_map_with_path(
        lambda path, leaf: taken.get(_name(path), leaf), params
    )
    return kept, len(taken)


def released() -> list[str]:
    """Names of the weights that came with the package."""
    return sorted(path.stem for path in FOLDER.glob("*.npz"))


def from_release(name: str) -> Weights:
    """Weights that came with the package.

    Raises:
        MissingError: if there are none of this name.
    """
    pages = {path.stem for path in FOLDER.glob("*.json")}
    if name not in pages.intersection(released()):
        raise MissingError(
            f"no released weights are called {name!r}, nor is that the folder of a "
            f"run; released: {', '.join(released()) or 'none yet'}"
        )
    page = json.loads((FOLDER / f"{name}.json").read_text())
    with np.load(FOLDER / f"{name}.npz", allow_pickle=False) as stored:
        flat = {path: _widen(stored[path]) for path in stored.files}
    tree = _unflatten(flat)
    return Weights(
        configs.from_plain(page["config"]),
        tree.get("params", {}),
        tree.get("state", {}),
        f"release {name} ({page['origin']})",
        name,
    )


def save_release(workdir: str | Path, name: str) -> Path:
    """Release the weights of a run under a name; returns the file of the arrays.

    Raises:
        ValueError: if they take more than 16 MiB, or the name is not a plain word.
    """
    if not re.fullmatch(r"[a-z0-9_]+", name):
        raise ValueError(f"a release is named by a-z, 0-9 and _; got {name!r}")
    weights = from_run(workdir)
    release = assemble(weights.config).method.release
    params = release(weights.params) if release else weights.params
    flat = _flatten({"params": params, "state": weights.state})
    arrays = io.BytesIO()
    np.savez_compressed(
        arrays, allow_pickle=False, **{key: _narrow(leaf) for key, leaf in flat.items()}
    )
    size = arrays.tell()
    if size > LIMIT:
        raise ValueError(
            f"{size / 2**20:.1f} MiB; a release may take {LIMIT // 2**20} MiB"
        )
    FOLDER.mkdir(exist_ok=True)
    path = FOLDER / f"{name}.npz"
    path.write_bytes(arrays.getvalue())
    page = {
        "origin": f"{weights.config.method}, {weights.origin.split(' at ')[-1]}",
        "config": configs.plain(weights.config),
    }
    (FOLDER / f"{name}.json").write_text(json.dumps(page, indent=2) + "\n")
    return path


def main(arguments: list[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m handjax.weights")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="names of the released weights")
    export = commands.add_parser("export", help="release the weights of a run")
    export.add_argument("workdir", help="the run's folder")
    export.add_argument("name", help="what to call the release")
    chosen = parser.parse_args(arguments)
    # Orbax warns of what is meant: that it will only read.
    logging.set_verbosity(logging.ERROR)
    if chosen.command == "list":
        print("\n".join(released()))
        return 0
    try:
        path = save_release(chosen.workdir, chosen.name)
    except (MissingError, ValueError) as wrong:
        print(wrong, file=sys.stderr)
        return 2
    print(f"{path} ({path.stat().st_size / 2**20:.1f} MiB)")
    return 0


def _flatten(tree: Any) -> dict[str, Any]:
    leaves = jax.tree_util.tree_leaves_with_path(tree)
    return {_name(path): leaf for path, leaf in leaves}


def _name(path: Any) -> str:
    return jax.tree_util.keystr(path, simple=True, separator="/")


def _unflatten(flat: dict[str, Any]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for path, leaf in flat.items():
        *folders, last = path.split("/")
        place = tree
        for folder in folders:
            place = place.setdefault(folder, {})
        place[last] = leaf
    return tree


def _narrow(leaf: Any) -> np.ndarray:
    if jnp.issubdtype(leaf.dtype, jnp.floating):
        return np.asarray(leaf.astype(jnp.bfloat16)).view(np.uint16)
    return np.asarray(leaf)


def _widen(stored: np.ndarray) -> jax.Array:
    if stored.dtype == np.uint16:
        return jnp.asarray(stored.view(jnp.bfloat16), jnp.float32)
    return jnp.asarray(stored)


if __name__ == "__main__":
    sys.exit(main())
