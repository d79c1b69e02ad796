"""What the layouts of the hand keep, and the best that a mesh grid can hold of it.

    python benchmarks/mesh_grid_floor.py [--poses 64]
        [--out docs/images/dual_grid_embedding.png]

For each layout: its stress, scaled at best, where all distances run along the surface
at rest; then, for grids of 16 x 16 and 32 x 32 cells with a margin of one cell,
    mixed: share of the vertices in cells that hold two vertices over 25 mm apart along
        the surface;
    floor: the mean distance from a hand's vertices to what [wan2020] Eq. (1)-(2)
        sample from the grid whose values suit them best, by least squares, mm: at rest,
        and over random poses of the mean hand, seeds 0, 1, ...;
    refined: the same after Eq. (3) and skinning;
    held: the floor of a grid whose values stay about as large as the hand (`RIDGE`),
        and it refined. Without that they swing to many metres.
`--out` draws the layouts as in the paper's Figure 3(b-d).
"""

import argparse
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from handjax.geometry import cameras, mesh_grid
from handjax.geometry.embedding import geodesic_distances, stress
from handjax.geometry.meshes import vertex_normals
from handjax.hands import poses
from handjax.hands.articulate import articulate, rest_pose, rotations_from_angles
from handjax.hands.mesh_grid import EMBEDDINGS, load_coordinates, uncut_faces
from handjax.hands.template import load_template
from handjax.methods.dual_grid import parts
from handjax.render import interpolate, rasterize

LEVEL, FAR, MARGIN = "hand_1721", 25.0, 1.0
HAND = load_template(LEVEL)
PIXELS, SPAN = 400, 230.0
HEADS = "  rest posed"
# Edge of the grid, of the window, and sigma: the paper's first.
GRIDS = ((16, 8, 0.5), (16, 12, 0.5), (16, 8, 2.0), (32, 8, 0.5), (32, 8, 2.0))
RIDGE = 1e-2
"""Price of a cell's squared distance from the hand's middle, in squared vertex errors:
among fits alike in error those are taken that a network would rather give."""


@lru_cache
def geodesics() -> np.ndarray:
    return geodesic_distances(np.asarray(HAND.vertices), np.asarray(HAND.faces))


def scaled_stress(places: np.ndarray) -> float:
    """Stress once scaled by sum(D d) / sum(d^2), which makes it least."""
    D = geodesics()
    d = np.linalg.norm(places[:, None] - places, axis=-1)
    return stress(D, np.sum(D * d) / np.sum(d**2) * places)


def cells(places: np.ndarray, edge: int) -> np.ndarray:
    """Places in the unit square, on the grid; whole numbers are centres of cells."""
    return MARGIN + places * (edge - 1 - 2 * MARGIN)


def mixed(at: np.ndarray, edge: int) -> float:
    """Share of vertices in cells that hold two of them over `FAR` mm apart."""
    column, row = np.round(at).astype(int).T
    cell = row * edge + column
    together = cell[:, None] == cell
    widest = np.max(np.where(together, geodesics(), 0.0), axis=1)
    spread = np.zeros(edge * edge)
    np.maximum.at(spread, cell, widest)
    return float(np.mean(spread[cell] > FAR))


def sampling(at: np.ndarray, edge: int, window: int, sigma: float) -> np.ndarray:
    """Eq. (1)-(2): weight of every cell in every vertex, (vertices, cells).

    The weights of a square window are products of those along both axes.
    """
    along = partial(mesh_grid.axis_weights, window=window, sigma=sigma)
    u, v = (np.asarray(along(jnp.asarray(x), edge), np.float64) for x in at.T)
    return np.einsum("nr,nc->nrc", v, u).reshape(len(at), -1)


def fitted(W: np.ndarray, hands: np.ndarray) -> list[np.ndarray]:
    """What the grid gives of hands, (hands, vertices, 3), at best and held by `RIDGE`.

    Either is U diag(kept) U' of the vertices about their middle; W = U diag(s) V'.
    """
    U, s, _ = np.linalg.svd(W, full_matrices=False)
    middle = hands.mean(axis=1, keepdims=True)
    wanted = (hands - middle).transpose(1, 0, 2).reshape(len(W), -1)
    found = []
    for kept in (s > 1e-9 * s[0], s**2 / (s**2 + RIDGE)):
        given = U @ (kept[:, None] * (U.T @ wanted))
        found.append(middle + given.reshape(len(W), -1, 3).transpose(1, 0, 2))
    return found


def random_hands(count: int) -> np.ndarray:
    """Posed vertices of the mean hand, seeds 0, 1, ..., mm."""

    def vertices(seed):
        angles = poses.sample_angles(jax.random.key(seed), HAND)
        turns = rotations_from_angles(HAND, angles)
        return articulate(HAND, rest_pose(HAND)._replace(rotations=turns)).vertices

    posed = jax.jit(lambda seeds: jax.lax.map(vertices, seeds))(jnp.arange(count))
    return np.asarray(posed, np.float64)


@jax.jit
def refined(hands):
    """Eq. (3) for each posed joint, weighted by its skinning, then skinned."""
    return jax.lax.map(lambda P: parts.refine(P, HAND).vertices, hands)


def error(found: Any, wanted: np.ndarray) -> float:
    return float(np.mean(np.linalg.norm(np.asarray(found) - wanted, axis=-1)))


def errors(W: np.ndarray, hands: np.ndarray) -> list[float]:
    """Floor at rest and posed, both refined, held at rest and posed, both refined.

    Args:
        W: weights of cells in vertices.
        hands: the first of them at rest.
    """
    out = []
    for found in fitted(W, hands):
        after = np.asarray(refined(jnp.asarray(found, jnp.float32)))
        for given in (found, after):
            out += [error(given[:1], hands[:1]), error(given[1:], hands[1:])]
    return out


def report(count: int) -> None:
    """Print the table."""
    rest = np.asarray(HAND.vertices, np.float64)[None]
    hands = np.concatenate([rest, random_hands(count)])
    skinned = error(refined(jnp.asarray(hands[1:], jnp.float32)), hands[1:])
    print(f"Eq. (3) and skinning of the true vertices, posed: {skinned:.2f} mm")
    print(f"{'':38} |     floor      refined   |      held      refined")
    print(f"layout stress grid window sigma mixed  |{' |'.join([2 * HEADS] * 2)}")
    for name in EMBEDDINGS:
        places = np.asarray(load_coordinates(LEVEL, name), np.float64)
        fit = scaled_stress(places)
        for edge, window, sigma in GRIDS:
            at = cells(places, edge)
            found = errors(sampling(at, edge, window, sigma), hands)
            row = " ".join(f"{e:6.2f}" for e in found)
            print(
                f"{name:7} {fit:.3f}  {edge}   {window:3}    {sigma:.1f} "
                f"{100 * mixed(at, edge):5.1f}% | {row}",
                flush=True,
            )


def draw(out: Path) -> None:
    """Each layout, and the hand from palm and back, in the colours of its square."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9.0, 3.0 * len(EMBEDDINGS)), layout="constrained")
    rows = figure.subplots(len(EMBEDDINGS), 3)
    for (flat, palm, back), name in zip(rows, EMBEDDINGS, strict=True):
        places = np.asarray(load_coordinates(LEVEL, name))
        uncut = np.asarray(uncut_faces(LEVEL, name))
        flat.triplot(
            *places.T, np.asarray(HAND.faces)[uncut], color="0.75", linewidth=0.3
        )
        flat.scatter(*places.T, c=coloured(places), s=2.5, linewidths=0, zorder=2)
        flat.set(xlim=(-0.03, 1.03), ylim=(1.03, -0.03), aspect="equal", ylabel=name)
        flat.set(xticks=(0, 1), yticks=(0, 1))
        for axes, turned, view in ((palm, 1.0, "palm"), (back, -1.0, "back")):
            axes.imshow(picture(places, uncut, turned))
            axes.set_title(view, y=-0.05, fontsize=9)
            axes.axis("off")
    figure.savefig(out, dpi=110)


def coloured(places: np.ndarray) -> np.ndarray:
    """A colour for every place in the unit square, none like another's."""
    u, v = np.moveaxis(places, -1, 0)
    return np.stack([u, 1.0 - v, 0.2 + 0.8 * v * (1.0 - u)], axis=-1)


def picture(places: np.ndarray, uncut: np.ndarray, turned: float) -> np.ndarray:
    """The hand at rest in the colours of its places, on white; its back if -1.

    A face across the cut shows the places of its nearest corners.
    """
    vertices = HAND.vertices * jnp.array([turned, 1.0, turned])
    middle = (vertices.min(axis=0) + vertices.max(axis=0)) / 2.0
    seen = rasterize(
        cameras.orthographic_crop(SPAN, PIXELS),
        vertices - middle,
        HAND.faces,
        height=PIXELS,
        width=PIXELS,
        far=SPAN,
    )
    corners = np.asarray(HAND.faces[seen.face])
    near = np.eye(3)[np.asarray(seen.barycentrics).argmax(axis=-1)]
    whole = uncut[np.asarray(seen.face)][..., None]
    weights = np.where(whole, np.asarray(seen.barycentrics), near)
    shown = coloured(np.einsum("hwk,hwkc->hwc", weights, places[corners]))
    normals = interpolate(seen, HAND.faces, vertex_normals(vertices, HAND.faces))
    light = 0.45 + 0.55 * np.clip(-np.asarray(normals)[..., 2:], 0.0, 1.0)
    return np.where(np.asarray(seen.face)[..., None] >= 0, shown * light, 1.0)


def main() -> None:
    """Print the table, and draw where that is wanted."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--poses", type=int, default=64, help="random hands")
    parser.add_argument("--out", type=Path, help="picture to draw")
    args = parser.parse_args()
    if args.out:
        args.out.parent.mkdir(parents=True, exist_ok=True)
        draw(args.out)
    report(args.poses)


if __name__ == "__main__":
    main()
