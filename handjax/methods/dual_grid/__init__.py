"""A hand's mesh from one depth map: Wan, Probst, Van Gool & Yao, ECCV 2020 [wan2020].

Dual Grid Net: hand mesh vertex regression from single depth maps. One network finds
for every pixel of the image grid where it lies on the hand's surface; its features go
there, to the mesh grid, where a second network fills in what nobody saw. Vertices are
sampled from the mesh grid, and a template is laid on them part by part.

What differs, and why. Points themselves are among the features that go to the mesh
grid, and a cell has the mean of what reached it and says how much that was, where the
paper has a sum, which grows as a hand comes nearer. Of a hand's pixels no more go there
than a config has `points`, evenly chosen, and of these `icp_points` look for their
nearest vertex: near by Euclid, facing the camera but maybe hidden, and on the refined
surface unless a config says otherwise. Parts overlap as skinning weights do, where Eq.
3 sums over hard ones, and distances there are squared, as its closed form has them. All
happens in the crop's frame. Sums over pixels, points and vertices are means, so that
weights do not depend on their number. Of an estimate that is drawn anew the first view
is drawn, without an arm.

Notation, shared by every function here and by the tests:
    D: depth of a view in its crop frame, mm, `FAR` where nothing is.
    p: points that the sensor saw on the hand, in that frame, mm, (points, 3).
    m: coordinates on the mesh grid, cells, (points, 2) or of every pixel.
    J: coordinate map, where the surface at each cell of the mesh grid lies, mm.
    P: vertices sampled from J, mm; P_r after refinement.
    T: crop_from_rest of every posed joint, (17, 4, 4).

Equations:
    (1)-(2) extension and its weights   `geometry.mesh_grid.extend`, `axis_weights`
    (3)     similarity of every part    `parts.part_transforms`
    (4)     total                       `LOSSES`, weighed by the config's phases
    (5)     data term                   likewise: `icp` and `lifting`
    (6)     nearest vertex in front     `unlabelled.icp`
    (7)     lifting                     `unlabelled.lifting`
    (8)     kinematic prior             likewise: `collision`, `arap`, `offset`
    (9)     collision of joints         `unlabelled.collision`
    (10)    as rigid as possible        `unlabelled.as_rigid_as_possible`
    (11)    local transforms            `parts.local_transforms`
    (12)    offset                      `unlabelled.offset`
    (13)    multi-view consistency      `unlabelled.vertex_consistency`,
                                        `icp_across_views`, `lifting_across_views`
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from handjax.batch import Batch
from handjax.hands import mesh_grid, spheres
from handjax.hands.template import Template
from handjax.methods.dual_grid import estimate, labelled, unlabelled
from handjax.methods.dual_grid.estimate import Prediction
from handjax.methods.dual_grid.imagined import imagine
from handjax.methods.dual_grid.labelled import Layout
from handjax.methods.method import Config, Method, Terms
from handjax.methods.views import to_world

Term = Callable[[Prediction, Batch], Float[Array, ""]]

DENSE = ("mask", "correspondence", "vertices", "refined", "keypoints")
"""Terms that compare with labels of synthetic hands."""
FITTING = ("icp", "lifting", "collision", "arap", "offset")
"""Terms that need no label, of one view."""
ACROSS = ("multi_view_vertices", "multi_view_icp", "multi_view_lifting")
"""Terms that need no label but several views."""
LOSSES = {
    "segmentation": ("mask",),
    "correspondence": ("correspondence",),
    "supervised": DENSE,
    "keypoints": ("real_keypoints", *DENSE),
    "fitting": (*FITTING, *ACROSS, *DENSE),
}
"""What a phase may minimise, and the terms that it may weigh."""
MOVES = dict.fromkeys(LOSSES, estimate.Networks._fields) | {
    "segmentation": ("segment",),
    "correspondence": ("image",),
}
"""Networks that a loss moves."""
DENSE_ALONE = ("segmentation", "correspondence")
"""Losses that ask what every pixel of a synthetic frame shows."""
PIXELS = 64
"""Edge of a picture. Source: [wan2020] Sec. 3.5."""
SURFACES = ("vertices", "refined")
"""What points may pull at: vertices as sampled, or the template laid on them."""


def dense_terms(layout: Layout) -> dict[str, Term]:
    """The terms of `DENSE`."""
    return {
        "mask": labelled.mask_error,
        "correspondence": partial(labelled.correspondence_error, layout=layout),
        "vertices": labelled.vertex_error,
        "refined": labelled.refined_error,
        "keypoints": labelled.keypoint_error,
    }


def unlabelled_terms(model: Config, template: Template) -> dict[str, Term]:
    """The terms of `FITTING` and `ACROSS`."""
    both = {"model": model, "template": template}
    return {
        "icp": partial(unlabelled.icp, **both),
        "lifting": partial(unlabelled.lifting, model=model),
        "collision": unlabelled.collision,
        "arap": unlabelled.as_rigid_as_possible,
        "offset": partial(unlabelled.offset, template=template),
        "multi_view_vertices": unlabelled.vertex_consistency,
        "multi_view_icp": partial(unlabelled.icp_across_views, **both),
        "multi_view_lifting": partial(unlabelled.lifting_across_views, model=model),
    }


def labelled_alone(
    params: Any, prediction: Any, batch: Any, *, terms: dict[str, Term]
) -> Terms:
    """Terms on one source whose hands are known.

    Raises:
        ValueError: the phase mixes sources.
    """
    del params
    if not isinstance(batch, Batch):
        raise ValueError("this loss of dual_grid takes one source a phase")
    return {name: term(prediction, batch) for name, term in terms.items()}


def mixed(
    params: Any,
    prediction: Any,
    batch: Any,
    *,
    first: dict[str, Term],
    others: dict[str, Term],
) -> Terms:
    """Terms on the first source, and means of others over the labelled ones beside it.

    Beside it stand synthetic hands, and the first source's estimates drawn anew where
    the phase asks for it: every frame weighs the same.

    Source: [wan2020] Eqs. (4), (5) and (8), Sec. 4.4.
    """
    del params
    if isinstance(batch, Batch):
        prediction, batch = (prediction,), (batch,)
    terms = {name: term(prediction[0], batch[0]) for name, term in first.items()}
    for name, term in others.items():
        each = [term(*pair) for pair in zip(prediction[1:], batch[1:], strict=True)]
        counts = [len(part.views.valid) for part in batch[1:]]
        whole = sum(n * value for n, value in zip(counts, each, strict=True))
        terms |= {name: whole / sum(counts)} if each else {}
    return terms


def joints(prediction: Prediction, batch: Batch) -> dict[str, Array]:
    """Joint sets and vertices of the first view's estimate, in the world, mm."""
    first = jax.tree.map(lambda leaf: leaf[:, :1], batch.views)

    def world(points: Array) -> Array:
        return to_world(points[:, :1], first)[:, 0]

    centres = world(prediction.centres)
    return {
        "nyu14": centres[:, jnp.array(spheres.NYU14)],
        "centres41": centres,
        "keypoints21": world(prediction.keypoints),
        "vertices": world(prediction.vertices),
        "refined": world(prediction.refined),
    }


def make(config: Config, template: Template) -> Method:
    """The method as pure functions.

    Args:
        config: see `configs/dual_grid.py`; `template`, `model` and `phases` are read.
        template: the hand at rest.

    Raises:
        ValueError: naming a setting that can't be, and what it may be.
    """
    _check(config)
    model = config.model
    layout = lay_out(config, template)
    dense = dense_terms(layout)
    seen = {"model": model, "template": template, "cells": layout.cells}
    return Method(
        init=lambda key, batch: (estimate.init(key, batch, model), {}),
        predict=partial(estimate.predict, **seen),
        losses={
            **{
                loss: partial(
                    labelled_alone, terms={name: dense[name] for name in LOSSES[loss]}
                )
                for loss in (*DENSE_ALONE, "supervised")
            },
            "keypoints": partial(
                mixed, first={"real_keypoints": labelled.keypoint_error}, others=dense
            ),
            "fitting": partial(
                mixed, first=unlabelled_terms(model, template), others=dense
            ),
        },
        trainable={
            loss: lambda path, moves=moves: path[0] in moves
            for loss, moves in MOVES.items()
        },
        imagine=partial(imagine, template=template),
        joints=joints,
    )


def lay_out(config: Config, template: Template) -> Layout:
    """The template on the config's mesh grid, a margin away from its border."""
    level, model = config.template, config.model
    uv = mesh_grid.load_coordinates(level, model.embedding)
    cells = model.margin + uv * (model.grid - 1.0 - 2.0 * model.margin)
    uncut = mesh_grid.uncut_faces(level, model.embedding)
    return Layout(cells, template.faces, uncut)


def _check(config: Config) -> None:
    """Refuse what no network can be built from, and terms that a phase can't have.

    Raises:
        ValueError: naming the setting and what it may be.
    """
    for phase in config.phases:
        terms = _terms(phase)
        unknown = sorted(set(phase.weights) - set(terms))
        if terms and unknown:
            raise ValueError(
                f"phase {phase.name!r} weighs {unknown}; the terms of its loss "
                f"{phase.loss!r} are {list(terms)}"
            )
    model = config.model
    wanted = {
        "embedding": (
            model.embedding in mesh_grid.EMBEDDINGS,
            f"one of {mesh_grid.EMBEDDINGS}",
        ),
        "icp_on": (model.icp_on in SURFACES, f"one of {SURFACES}"),
        "shuffle": (model.shuffle in (2, 4), "2 or 4"),
        "grid": (model.grid >= 4 and model.grid % 4 == 0, "4, 8, 12, ..."),
        "window": (model.window >= 2 and model.window % 2 == 0, "2, 4, 6, ..."),
        "sigma": (model.sigma > 0, "more than 0"),
        "margin": (
            0 <= model.margin < (model.grid - 1) / 2,
            "0 or more cells, less than half of the grid",
        ),
        "points": (1 <= model.points <= 4096, "1 to 4096"),
        "icp_points": (1 <= model.icp_points <= model.points, "1 to model.points"),
        "features": (model.features >= 1, "1 or more"),
        "blocks": (model.blocks >= 1, "1 or more"),
    }
    small = PIXELS // model.shuffle if model.shuffle in (2, 4) else 1
    for name, edge in (("segment", small), ("image", small), ("mesh", model.grid // 2)):
        widths, most = model[f"{name}_widths"], _halvings(edge)
        right = 1 <= len(widths) <= most and min(widths) >= 2
        what = f"1 to {most} numbers of channels, 2 or more"
        wanted[f"{name}_widths"] = (right, what)
    for name, (right, what) in wanted.items():
        if not right:
            raise ValueError(f"model.{name} is {model[name]!r}; it must be {what}")


def _terms(phase: Config) -> tuple[str, ...]:
    """What a phase may weigh, by what stands beside its first source.

    Raises:
        ValueError: its loss can't be had of its sources.
    """
    whole = (*DENSE_ALONE, "supervised")
    if phase.loss in whole and tuple(phase.sources) != ("synthetic",):
        raise ValueError(
            f"phase {phase.name!r} learns {phase.loss} from {list(phase.sources)}; "
            "only the source 'synthetic' has the template's surface at every pixel"
        )
    if phase.imagine and phase.loss not in ("fitting", "keypoints"):
        raise ValueError(
            f"phase {phase.name!r} draws estimates anew, which its loss "
            f"{phase.loss!r} has no use for; set its imagine to False"
        )
    alone = len(phase.sources) < 2 and not phase.imagine
    known = LOSSES.get(phase.loss, ())
    if alone and phase.loss in ("fitting", "keypoints"):
        return tuple(name for name in known if name not in DENSE)
    return known


def _halvings(edge: int) -> int:
    """Resolutions that an hourglass may have, the first `edge` pixels wide."""
    count = 1
    while edge % 2 == 0:
        edge, count = edge // 2, count + 1
    return count
