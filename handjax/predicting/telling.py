"""What `predict` says: of all frames, and of each."""

from typing import Any

import numpy as np

from handjax.data.given import cameras
from handjax.data.given.cameras import Lens
from handjax.geometry.cameras import Pinhole
from handjax.predicting import confidence
from handjax.predicting.inputs import Clip, Frame
from handjax.predicting.methods import Seer
from handjax.predicting.outputs import Row


def introduction(
    clips: list[Clip], first: Frame, lens: Lens, camera: Pinhole, seer: Seer
) -> list[str]:
    """What was understood, a line each."""
    height, width = first.pixels.shape[:2]
    counts = [clip.count for clip in clips]
    many = "?" if None in counts else sum(count or 0 for count in counts)
    kind = "depth" if first.is_depth else "colour"
    lines = [
        f"frames    {many}, {kind}, {width} x {height} pixels",
        f"camera    {cameras.told(lens, camera)}",
        "axes      x right, y down, z forward, mm; in .glb y up, z back, metres",
        f"method    {seer.name}, {seer.origin}; compiles first",
        f"confidence  {_meaning(seer)}",
    ]
    return lines if first.is_depth else [*lines, f"scale     {_scale(lens)}"]


def _scale(lens: Lens) -> str:
    """What mm mean that come of a picture in colour."""
    usual = (
        "a picture does not tell a large hand far away from a small one near by: mm "
    )
    usual += "suppose a hand of the usual size"
    if lens.numbers is not None:
        return f"{usual}; for more, use a depth camera"
    return (
        f"{usual} and a view of {cameras.VIEW:.0f} degrees, so depth is relative; give "
        "--camera fx,fy,cx,cy for true directions, and depth frames for true mm"
    )


def about(
    lens: Lens, camera: Pinhole, seer: Seer, first: Frame, smoothed: bool
) -> dict[str, Any]:
    """Fields of joints.json that are of all frames."""
    height, width = first.pixels.shape[:2]
    return {
        "method": seer.name,
        "weights": seer.origin,
        "confidence_means": _meaning(seer),
        "metric": first.is_depth,
        "camera": {
            "fx_fy": np.asarray(camera.focal, float).tolist(),
            "cx_cy": np.asarray(camera.centre, float).tolist(),
            "width": width,
            "height": height,
            "given": lens.numbers is not None,
        },
        "smoothed": smoothed,
    }


def _meaning(seer: Seer) -> str:
    """What a confidence is the probability of."""
    known = seer.calibration
    return confidence.RAW if known is None else f"the probability that {known.event}"


def line(row: Row) -> str:
    """A frame's line."""
    sure = f"raw score {row.score:.2f}"
    if row.confidence is not None:
        sure = f"confidence {row.confidence:.2f}"
    x, y, z = row.joints_mm[0]
    more = ""
    if row.others:
        what = "thing" if row.others == 1 else "things"
        more = f"; {row.others} more {what} as large as a hand, farther away"
    return (
        f"{row.frame}  {row.side}  {sure}  wrist ({x:.0f}, {y:.0f}, {z:.0f}) mm{more}"
    )
