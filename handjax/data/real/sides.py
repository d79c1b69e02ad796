"""Whether hands are the right ones that they are said to be: which way fingers bend."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Bool, Float

from handjax.hands.skeleton import FINGERS, KEYPOINTS, from_dataset

_WRIST, _INDEX, _LITTLE = (
    KEYPOINTS.index(name) for name in ("wrist", "index_mcp", "little_mcp")
)
_ROOTS = [KEYPOINTS.index(f"{finger}_mcp") for finger in FINGERS[1:]]
_TIPS = [KEYPOINTS.index(f"{finger}_tip") for finger in FINGERS[1:]]


def bending_right(
    name: str,
    joints: Float[np.ndarray, "frames joints 3"],
    valid: Bool[np.ndarray, "frames joints"],
) -> float:
    """Share of frames in which fingers bend to the side of a right hand's palm.

    Of a right hand, index x little finger, seen from the wrist, points out of the palm.
    Of random natural poses of our template it is 0.94, as many stretch a finger back.

    Args:
        name: of the joint set, one of `skeleton.DATASETS`.
        joints: in its order, mm.
        valid: which are known.

    Returns:
        NaN where no frame has wrist, knuckles and tips.
    """
    order = jax.vmap(lambda points: from_dataset(name, points)[0])
    known = np.asarray(order(jnp.asarray(np.repeat(valid[..., None], 3, -1), float)))
    needed = [_WRIST, *_ROOTS, *_TIPS]
    whole = np.all(np.abs(known[:, needed, 0] - 1.0) < 1e-3, axis=1)
    if not whole.any():
        return float("nan")
    p = np.asarray(order(jnp.asarray(joints[whole])))
    wrist = p[:, _WRIST]
    out = np.cross(p[:, _INDEX] - wrist, p[:, _LITTLE] - wrist)
    bent = np.einsum("fkx,fx->f", p[:, _TIPS] - p[:, _ROOTS], out)
    return float(np.mean(bent > 0.0))
