"""Files of the structure of MANO's, filled with random numbers, as Python 2 wrote them.

A model is a dictionary by the names of the released files; `pickled` writes it as these
are: chumpy's expression for shapedirs, a sparse matrix for J_regressor.
"""

from typing import Any

import jax
import numpy as np
from scipy import sparse

from handjax.hands.mano import TIPS
from handjax.hands.skeleton import MANO_POSED, POSED
from handjax.hands.template import load_template
from tests.data.python_2 import Made, python_2

PARENTS = (2**32 - 1, 0, 1, 2, 0, 4, 5, 0, 7, 8, 0, 10, 11, 0, 13, 14)
MIRROR = np.array([-1.0, 1.0, 1.0])
OURS = [0, *MANO_POSED]
FILE_FROM_HOUSE = np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])
WRIST = np.array([0.09566994, 0.00638343, 0.0061863])
"""Where the wrist of MANO's right hand is, metres, by what others print of it."""
ONE: Any = {"constant_values": 1.0}

Model = dict[str, Any]


def random_model(seed: int = 0) -> Model:
    """A right hand as far as files go: fingers along -x, long hands are broad."""
    rng = np.random.default_rng(seed)
    vertices = rng.normal(0.0, 0.05, (778, 3))
    regressor = rng.random((16, 778)) * (rng.random((16, 778)) < 0.02)
    regressor /= regressor.sum(axis=1, keepdims=True)
    wrist, middle = regressor[[0, 4]] @ vertices[:, 0]
    vertices[:, 0] *= np.sign(wrist - middle)
    shapes = rng.normal(0.0, 0.003, (778, 3, 10))
    growth = np.einsum("va,vas->as", vertices - vertices.mean(axis=0), shapes)
    shapes[:, 0] *= np.sign(growth[0] @ growth[2])
    weights = rng.random((778, 16)) ** 8
    return {
        "v_template": vertices,
        "shapedirs": shapes,
        "posedirs": rng.normal(0.0, 0.002, (778, 3, 135)),
        "J_regressor": regressor,
        "J": regressor @ vertices,
        "weights": weights / weights.sum(axis=1, keepdims=True),
        "f": rng.integers(0, 778, (1538, 3)).astype(np.uint32),
        "kintree_table": np.array([PARENTS, range(16)], np.uint32),
        "hands_components": np.linalg.qr(rng.normal(size=(45, 45)))[0],
        "hands_mean": rng.normal(0.0, 0.3, 45),
        "hands_coeffs": rng.normal(size=(4, 45)),
        "bs_style": "lbs",
        "bs_type": "lrotmin",
    }


def left_of(model: Model, *, wrong: bool = False) -> Model:
    """The left hand to a right one.

    Args:
        model: of the right hand.
        wrong: whether shape directions stay those of the right hand, as they did before
            version 1.2.
    """
    signs = np.tile(np.outer(MIRROR, MIRROR).ravel(), 15)
    shapes = model["shapedirs"]
    turn = np.tile(-MIRROR, 15)
    return model | {
        "v_template": model["v_template"] * MIRROR,
        "shapedirs": shapes if wrong else shapes * MIRROR[:, None],
        "posedirs": model["posedirs"] * MIRROR[:, None] * signs,
        "J": model["J"] * MIRROR,
        "f": model["f"][:, ::-1],
        "hands_components": model["hands_components"] * turn,
        "hands_mean": model["hands_mean"] * turn,
    }


def pickled(model: Model, **changed: Any) -> bytes:
    """The bytes of a released file."""
    stored = model | {
        "shapedirs": picked(model["shapedirs"]),
        "J_regressor": compressed(model["J_regressor"]),
    }
    return python_2(stored | changed)


def held(array: np.ndarray) -> Made:
    """An array that chumpy holds."""
    state = {"_dirty_vars": set(), "_itr": None, "_depends_on_deps": {}, "x": array}
    return Made("chumpy.ch.Ch", state)


def picked(array: np.ndarray) -> Made:
    """The first half of an array's last axis, picked from the whole by chumpy."""
    more = np.concatenate([array, np.full_like(array, np.nan)], axis=-1)
    places = np.arange(more.size).reshape(more.shape)[..., : array.shape[-1]]
    return Made(
        "chumpy.reordering.Select",
        {
            "_dirty_vars": {"idxs", "preferred_shape", "a"},
            "_itr": None,
            "_depends_on_deps": {},
            "a": held(more),
            "idxs": places.ravel(),
            "preferred_shape": array.shape,
        },
    )


def compressed(matrix: np.ndarray, kind: str = "csc", module: str = "csc") -> Made:
    """A sparse matrix of SciPy's of old, by columns or by rows."""
    made = sparse.csc_matrix(matrix) if kind == "csc" else sparse.csr_matrix(matrix)
    state = {
        "_shape": matrix.shape,
        "maxprint": 50,
        "data": made.data,
        "indices": made.indices,
        "indptr": made.indptr,
    }
    return Made(f"scipy.sparse.{module}.{kind}_matrix", state)


def human_model() -> Model:
    """Our own hand in a file of MANO's: 778 vertices of hand_790, without correctives.

    The regressor gives the joints of every shape; the thumb's carpal joint, which MANO
    lacks, leaves its skin to the wrist.
    """
    hand: Any = jax.tree.map(lambda x: np.asarray(x, float), load_template("hand_790"))
    order, faces = _thinned(hand)
    points = np.concatenate([hand.vertices[None], hand.shape_vertices[:10]])[:, order]
    joints = np.concatenate([hand.joints[None], hand.shape_joints[:10]])[:, OURS]
    points, joints = (x @ FILE_FROM_HOUSE.T / 1000.0 for x in (points, joints))
    points[0], joints[0] = points[0] + WRIST, joints[0] + WRIST
    # Rows of the regressor sum to one, so that it commutes with every motion.
    known, wanted = (
        np.pad(x.swapaxes(0, 1).reshape(x.shape[1], -1), ((0, 0), (0, 1)), **ONE)
        for x in (points, joints)
    )
    weights = hand.weights[order][:, OURS]
    weights[:, 0] += hand.weights[order, POSED.index("thumb_carpal")]
    return random_model() | {
        "v_template": points[0],
        "shapedirs": np.moveaxis(points[1:], 0, -1),
        "posedirs": np.zeros((778, 3, 135)),
        "J_regressor": wanted @ np.linalg.pinv(known),
        "J": joints[0],
        "weights": weights,
        "f": faces,
        "hands_mean": np.zeros(45),
    }


def _thinned(hand: Any) -> tuple[np.ndarray, np.ndarray]:
    """Which vertices stay, tips where MANO has them, and the faces that are left."""
    faces, onto = hand.faces.astype(int), np.arange(len(hand.vertices))
    tips = [np.argmin(np.linalg.norm(hand.vertices - x, axis=-1)) for x in hand.joints]
    touched = {*tips}
    for a, b, _ in faces:
        around = {*faces[np.any(faces == b, axis=1)].ravel()}
        if len(np.unique(onto)) > 778 and not around & touched:
            onto[b], touched = a, touched | around
    order = np.zeros(778, int)
    order[list(TIPS)] = tips[len(POSED) :]
    others = np.setdiff1d(np.unique(onto), tips[len(POSED) :])
    order[np.setdiff1d(np.arange(778), TIPS)] = others
    place = np.zeros(len(onto), int)
    place[order] = np.arange(778)
    left = place[onto[faces]]
    whole = np.all(left != np.roll(left, 1, axis=1), axis=1)
    return order, left[whole].astype(np.uint32)
