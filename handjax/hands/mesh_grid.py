"""Where the vertices of the hand lie on the mesh grid: layouts in the unit square.

u runs to the right along columns, v down along rows. `build.grids` made them, for
`hand_1721`; the other levels read theirs from it.
"""

from functools import lru_cache

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int

from handjax.hands.template import ASSETS, level_map, load_template

LEVEL = "hand_1721"
EMBEDDINGS = ("mds", "sheets", "atlas")
"""mds: one surface, palm and back on one another, as in [wan2020]. sheets: palm and
back beside one another, each by MDS. atlas: the texture's two charts."""


def load_coordinates(level: str, embedding: str = "mds") -> Float[Array, "vertices 2"]:
    """Mesh coordinates (u, v) of a level's vertices, in [0, 1].

    Vertices between those of `hand_1721` lie between their coordinates; across the cut
    of two sheets they take those of the nearest corner, for between the sheets there
    is no hand.

    Args:
        level: of the hand, one of `template.LEVELS`.
        embedding: one of `EMBEDDINGS`.
    """
    if embedding not in EMBEDDINGS:
        wanted = ", ".join(EMBEDDINGS)
        raise ValueError(
            f"no embedding is called {embedding!r}; choose one of {wanted}"
        )
    corners, weights = _nearest_where_cut(level, embedding)
    places = _read()[embedding][corners]
    return jnp.asarray(np.einsum("vk,vkc->vc", weights, places), jnp.float32)


def load_sides(level: str) -> Int[Array, "vertices"]:
    """The sheet that each vertex of a level lies on: 0 the palm's, 1 the back's."""
    corners, weights = _map(level)
    nearest = np.argmax(weights, axis=1)[:, None]
    own = np.take_along_axis(corners, nearest, axis=1)[:, 0]
    return jnp.asarray(_read()["side"][own], jnp.int32)


def uncut_faces(level: str, embedding: str = "mds") -> Bool[Array, "faces"]:
    """Which faces of a level lie on one sheet.

    Between the corners of the others coordinates must not be interpolated.
    """
    sides = load_sides(level)[load_template(level).faces]
    return jnp.all(sides == sides[:, :1], axis=1) | (embedding == "mds")


def _nearest_where_cut(level: str, embedding: str):
    """Corners and weights of a level's vertices, all on one sheet."""
    corners, weights = _map(level)
    side = _read()["side"][corners]
    cut = np.any(side != side[:, :1], axis=1) & (embedding != "mds")
    nearest = np.eye(3)[np.argmax(weights, axis=1)]
    return corners, np.where(cut[:, None], nearest, weights)


def _map(level: str):
    corners, weights = level_map(LEVEL, level)
    return np.asarray(corners), np.asarray(weights, np.float64)


@lru_cache
def _read() -> dict[str, np.ndarray]:
    with np.load(ASSETS / "mesh_grid.npz", allow_pickle=False) as file:
        return {key: file[key] for key in file.files}
