"""Whether heat-maps see one hand in a picture, or two and nobody said which is meant.

A picture is looked at once as it is, for right hands, and once mirrored, for left ones;
both may see the same hand, and each may see another.
"""

import numpy as np
from jaxtyping import Float

from handjax.data.given.frames import FrameError
from handjax.predicting import pyramid
from handjax.predicting.pyramid import Peaks

Places = dict[str, list[Peaks]]


def refuse(
    places: Places, width: int, before: Float[np.ndarray, "21 2"] | None
) -> Places:
    """For each side that sees the hand, where.

    Args:
        places: by side, the best first; of "left" in the mirrored picture.
        width: of the picture, pixels.
        before: the key points of the frame before, pixels. Of several hands the one is
            meant that is there.

    Raises:
        FrameError: no hand is believed, or two are, apart from one another.
    """
    pyramid.require(max((each[0] for each in places.values()), key=_score))
    seen = [
        (side, one, back(one, width) if side == "left" else one)
        for side, each in places.items()
        for one in each
        if one.score >= pyramid.THRESHOLD
    ]
    if before is not None:
        there = Peaks(pyramid.around(before), 1.0, before, 1.0)
        seen = [one for one in seen if not pyramid.apart(one[2], there)] or seen
    best = max((one for _, _, one in seen), key=_score)
    for _, _, one in seen:
        if pyramid.apart(one, best):
            raise FrameError(
                f"two hands, around {_place(best)} and {_place(one)} pixels: say "
                "which, by --box x,y,w,h"
            )
    kept: Places = {}
    for side, own, _ in sorted(seen, key=lambda one: -_score(one[2])):
        kept.setdefault(side, [own])
    return {side: kept[side] for side in places if side in kept}


def back(seen: Peaks, width: int) -> Peaks:
    """What was seen in the mirrored picture, in the picture."""
    left, top, edge = seen.box
    uv = seen.uv * [-1.0, 1.0] + [width - 1.0, 0.0]
    return seen._replace(box=(width - left - edge, top, edge), uv=uv)


def _score(seen: Peaks) -> float:
    return seen.score


def _place(seen: Peaks) -> str:
    u, v = seen.uv.mean(axis=0)
    return f"({u:.0f}, {v:.0f})"
