"""The hands of a page that was written, read back out of its file."""

import base64
import binascii
import json
import re
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Int

from handjax.evaluation.page.pack import COARSE, COARSE_UNKNOWN

DATA = re.compile(r'<script id="data" type="application/json">(.*?)</script>', re.S)


class PageError(ValueError):
    """A file that is none of ours, or without hands."""


class Stored(NamedTuple):
    """What a page holds of its frames.

    Attributes:
        joints: their names.
        bones: pairs of places in `joints`.
        methods: names of those whose joints are there.
        frames: names of the frames that are there.
        truth: from the middle of the frame's true joints, mm; NaN where unknown.
        predicted: of each method, likewise.
        overlays: joints over the picture, as the content of a PNG file, by place among
            `frames`.
    """

    joints: tuple[str, ...]
    bones: tuple[tuple[int, int], ...]
    methods: tuple[str, ...]
    frames: tuple[str, ...]
    truth: Float[np.ndarray, "frames joints 3"]
    predicted: Float[np.ndarray, "methods frames joints 3"]
    overlays: dict[int, bytes]


def read_page(path: Path) -> Stored:
    """The hands of a report.html.

    Raises:
        PageError: it is no page of ours, or holds no joints.
        OSError: it can't be read.
    """
    found = DATA.search(path.read_text(encoding="utf-8", errors="replace"))
    if found is None:
        raise PageError(f"{path} is no page that evaluate.py wrote")
    try:
        page = json.loads(found[1])
        if not page["poses"]:
            raise PageError(f"{path} holds no joints: its labels had none to compare")
        return _stored(page)
    except (ValueError, TypeError, LookupError, binascii.Error) as wrong:
        if isinstance(wrong, PageError):
            raise
        raise PageError(
            f"{path} can't be understood ({wrong}); is it whole?"
        ) from wrong


def _stored(page: dict[str, Any]) -> Stored:
    poses, joints = page["poses"], tuple(map(str, page["joints"]))
    kept = np.frombuffer(base64.b64decode(poses["frames"]), "<u4").astype(int)
    methods = [str(page["methods"][place]["name"]) for place in poses["methods"]]
    steps = np.frombuffer(base64.b64decode(poses["values"]), "<i2")
    steps = steps.reshape(len(kept), 1 + len(methods), len(joints), 3)
    sets = np.where(steps == COARSE_UNKNOWN, np.nan, COARSE * steps)
    bones = tuple((int(a), int(b)) for a, b in page["bones"])
    if any(not 0 <= end < len(joints) for bone in bones for end in bone):
        raise PageError("a bone leads to no joint")
    return Stored(
        joints=joints,
        bones=bones,
        methods=tuple(methods),
        frames=_names(page, kept),
        truth=sets[:, 0],
        predicted=np.moveaxis(sets[:, 1:], 1, 0),
        overlays=_overlays(page, kept),
    )


def _names(page: dict[str, Any], kept: Int[np.ndarray, "kept"]) -> tuple[str, ...]:
    """Of the frames, by number where they have none."""
    names = {int(one["frame"]): str(one["name"]) for one in page["examples"]}
    names |= {k: str(name) for k, name in enumerate(page["names"]) if name}
    return tuple(names.get(k, f"frame {k + 1}") for k in kept.tolist())


def _overlays(page: dict[str, Any], kept: Int[np.ndarray, "kept"]) -> dict[int, bytes]:
    place = {frame: k for k, frame in enumerate(kept.tolist())}
    return {
        place[one["frame"]]: base64.b64decode(one["overlay"])
        for one in page["examples"]
        if one["overlay"] and one["frame"] in place
    }
