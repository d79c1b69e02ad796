"""Which studio this is: a version, and a hash of everything that was set by hand.

A test pins the look of some frames, so that a change of the code is noticed too; then
the version is raised.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from handjax.data import crop
from handjax.data.studio import (
    capture,
    factors,
    forearm,
    gestures,
    motion,
    people,
    rig,
    skin,
    subjects,
    tracks,
)
from handjax.hands.named_poses import NAMED
from handjax.render import sensor, stereo

VERSION = 1
ASSET = Path(__file__).parent / "assets" / "surface.npz"
SET_BY_HAND = (
    *(capture, factors, forearm, gestures, motion, people, rig, skin, subjects),
    *(tracks, crop, stereo),
)


def digest(
    chosen: tuple[str, ...] = factors.FACTORS,
    *,
    more: tuple[ModuleType, ...] = (),
    assets: tuple[Path, ...] = (),
) -> str:
    """Eight letters that change with any constant, pose or vertex of the studio.

    Args:
        chosen: the factors.
        more: modules whose constants count too.
        assets: files whose bytes do.
    """
    modules = (*SET_BY_HAND, *more)
    found: dict[str, Any] = {m.__name__: _constants(m) for m in modules}
    found["sensors"] = repr((stereo.Stereo(), sensor.KINECT))
    found["poses"] = {name: angles.tolist() for name, angles in NAMED.items()}
    found["surface"] = _hash_of(ASSET)
    found |= {path.name: _hash_of(path) for path in assets}
    found["factors"], found["version"] = sorted(chosen), VERSION
    text = json.dumps(found, sort_keys=True, default=_plain)
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def label() -> str:
    """The line that evaluation prints."""
    return f"studio {VERSION} ({digest()})"


def _hash_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _constants(module: ModuleType) -> dict[str, Any]:
    """Names in capitals that hold values, not types or functions."""
    values = (int, float, str, tuple, list, Mapping, np.ndarray)
    named = {k: v for k, v in vars(module).items() if k.lstrip("_").isupper()}
    return {name: value for name, value in named.items() if isinstance(value, values)}


def _plain(value: Any) -> Any:
    """What JSON does not know as what it does; nothing that an address is in."""
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, ModuleType):
        return value.__name__
    return value.tolist() if isinstance(value, np.ndarray) else repr(value)
