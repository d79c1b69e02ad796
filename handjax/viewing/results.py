"""Folders that `predict` and `evaluate.py` wrote, frame by frame.

What is in them may come from anywhere: nothing is believed that was not looked at.
"""

import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float
from PIL import Image

from handjax.data.given.frames import FrameError
from handjax.evaluation.page.unpack import PageError, Stored, read_page
from handjax.geometry.cameras import Pinhole
from handjax.hands import skeleton
from handjax.hands.skeleton import KEYPOINTS
from handjax.viewing.scene import BONES
from handjax.viewing.state import PLACE, RIGHT
from handjax.visualize.surface import Picture

JOINTS, PAGE = "joints.json", "report.html"
SIDES = ("right", "left")


class Frame(NamedTuple):
    """One frame's hand, in the frame of its camera, mm; NaN where unknown.

    Attributes:
        name: of the frame.
        side: of the hand.
        note: what else is known, a line.
        joints: as they were predicted.
        keypoints: those of the 21 that they give.
        truth: as they are, None where nobody knows.
    """

    name: str
    side: str
    note: str
    joints: Float[np.ndarray, "joints 3"]
    keypoints: Float[np.ndarray, "21 3"]
    truth: Float[np.ndarray, "joints 3"] | None


class Results(NamedTuple):
    """A folder's frames.

    Attributes:
        title: what they are, a line of ours.
        methods: whose predictions there are.
        names: of the joints.
        bones: pairs of places in `names`.
        count: of frames.
        frame: (place, method) -> what was found there.
        picture: place -> a picture of it, None where there is none.
        camera: that took the frames, None where nobody knows.
        size: their width and height, pixels, likewise.
    """

    title: str
    methods: tuple[str, ...]
    names: tuple[str, ...]
    bones: tuple[tuple[int, int], ...]
    count: int
    frame: Callable[[int, int], Frame]
    picture: Callable[[int], Picture | None]
    camera: Pinhole | None
    size: tuple[int, int] | None


def open_folder(folder: Path) -> Results:
    """The results in a folder.

    Raises:
        FrameError: it is not there, or holds none.
    """
    if not folder.is_dir():
        what = "is a file" if folder.exists() else "is not there"
        raise FrameError(
            f"{folder} {what}; give the --out folder of predict or evaluate.py"
        )
    if (folder / JOINTS).is_file():
        return _predicted(folder)
    if (folder / PAGE).is_file():
        return _evaluated(folder)
    if (folder / "errors.npz").is_file():
        raise FrameError(
            f"{folder} holds errors but no hands: evaluate.py writes hands for real "
            f"datasets ({PAGE}) only"
        )
    raise FrameError(
        f"{folder} holds no results: neither {JOINTS}, which predict writes, nor "
        f"{PAGE}, which evaluate.py writes for real datasets"
    )


def _predicted(folder: Path) -> Results:
    path = folder / JOINTS
    try:
        page = json.loads(path.read_text())
        names, rows = page["names"], page["frames"]
        if names != list(KEYPOINTS) or not rows:
            raise ValueError("it wants the 21 key points of one frame or more")
        frames = [_row(row) for row in rows]
        camera, size = _camera(page["camera"])
        method = str(page["method"])
    except OSError as wrong:
        raise FrameError(f"{path} can't be read: {wrong.strerror}") from wrong
    except (ValueError, TypeError, LookupError) as wrong:
        said = f"it has no {wrong}" if isinstance(wrong, KeyError) else wrong
        raise FrameError(
            f"{path} is not what predict writes ({said}); run it again"
        ) from wrong

    def picture(place: int) -> Picture | None:
        # A name is of a file; it must not lead out of the folder.
        name = Path(frames[place].name).name
        return _read_picture(folder / "overlays" / f"{name}.png")

    return Results(
        "predicted",
        (method,),
        KEYPOINTS,
        BONES,
        len(frames),
        lambda place, method: frames[place],
        picture,
        camera,
        size,
    )


def _row(row: dict[str, Any]) -> Frame:
    joints = np.array(row["joints_mm"], np.float64)
    if joints.shape != (len(KEYPOINTS), 3) or not np.isfinite(joints).all():
        raise ValueError(f"joints_mm wants (21, 3) finite numbers, got {joints.shape}")
    if row["side"] not in SIDES:
        raise ValueError(f"side wants right or left, got {row['side']!r}")
    name = "score" if row["confidence"] is None else "confidence"
    note = f"{row['side']} hand, {name} {float(row[name]):.2f}"
    return Frame(str(row["frame"]), row["side"], note, joints, joints, None)


def _camera(found: dict[str, Any]) -> tuple[Pinhole, tuple[int, int]]:
    numbers = np.array([*found["fx_fy"], *found["cx_cy"]], np.float64)
    size = int(found["width"]), int(found["height"])
    good = len(numbers) == 4 and np.isfinite(numbers).all() and numbers[:2].min() > 0.0
    if not good or min(size) < 1:
        raise ValueError("its camera wants positive fx_fy, cx_cy, width and height")
    return Pinhole(jnp.asarray(numbers[:2]), jnp.asarray(numbers[2:])), size


def _evaluated(folder: Path) -> Results:
    try:
        stored = read_page(folder / PAGE)
    except PageError as wrong:
        raise FrameError(str(wrong)) from wrong
    except OSError as wrong:
        raise FrameError(f"{folder / PAGE} can't be read: {wrong.strerror}") from wrong
    if not stored.methods or not stored.frames:
        raise FrameError(f"{folder / PAGE} holds no predictions to show")
    meant = meaning(stored.joints)

    def picture(place: int) -> Picture | None:
        content = stored.overlays.get(place)
        return None if content is None else _read_picture(io.BytesIO(content))

    return Results(
        "evaluated",
        stored.methods,
        stored.joints,
        stored.bones,
        len(stored.frames),
        lambda place, method: _compared(stored, place, method, meant),
        picture,
        None,
        None,
    )


def _compared(stored: Stored, place: int, method: int, meant: Sequence[int]) -> Frame:
    """A frame of a page, moved to where the page's camera sees it."""
    middle = np.array([0.0, 0.0, PLACE[2]])
    joints = stored.predicted[method, place] + middle
    truth = stored.truth[place] + middle
    error = np.linalg.norm(joints - truth, axis=-1)
    note = "no joint is known"
    if np.isfinite(error).any():
        mean, worst = np.nanmean(error), int(np.nanargmax(error))
        note = f"mean error {mean:.1f} mm, worst {error[worst]:.1f} mm"
    keypoints = np.full((len(KEYPOINTS), 3), np.nan)
    for k, row in enumerate(meant):
        if row >= 0:
            keypoints[k] = joints[row]
    return Frame(stored.frames[place], RIGHT, note, joints, keypoints, truth)


def meaning(names: Sequence[str]) -> list[int]:
    """Which of some joints each of the 21 key points is, -1 for none."""
    of_sets = (
        known.keypoints
        for known in skeleton.DATASETS.values()
        if known.joints == tuple(names)
    )
    meant = next(of_sets, tuple(names))
    return [meant.index(name) if name in meant else -1 for name in KEYPOINTS]


def _read_picture(source: Path | io.BytesIO) -> Picture | None:
    """A picture, None where it is not there or can't be read."""
    try:
        with Image.open(source) as image:
            return np.asarray(image.convert("RGB"))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return None
