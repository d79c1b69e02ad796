"""What deep_hand_mesh has learnt: its correctives, hands that touch, its texture.

    PYTHONPATH=. python benchmarks/deep_hand_mesh_sheet.py --weights deep_hand_mesh \\
        --out sheets/
    ... --workdir runs/full --without-penetration runs/without_penetration --out sheets/
    ... --workdir runs/textured --as-long runs/as_long --out sheets/

Writes into --out, each if what it needs is given:

correctives.png   [moon2020] Figure 4: the hand in the zero pose, refined by one
    corrective after the other, and posed. Beneath it how far each moves the skin along
    its normal, red out and blue in; under the posed hand that is the pose's again.
penetration.png   Figures 6 and 7: the subject in poses that touch, the palm in front;
    its true surface, and what models with and without the penetration loss make of one
    camera's picture. What is inside another part shines through in red.
texture.png       Figure 12: how much texels vary over moments and cameras of unseen
    motions, after fine-tuning without and with the texture loss; in blue what varies
    less with it. Once more after NCC, which leaves light out.

Beside penetration.png comes a table: how deep and how much both models are inside
themselves in each of `TOUCHING`, each seen by some of the dome's cameras.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import shaded
from absl import logging
from ml_collections import ConfigDict

from handjax import visualize, weights
from handjax.batch import Batch
from handjax.data import studio
from handjax.data.studio import colour
from handjax.data.studio.motion import Motion
from handjax.data.studio.subjects import base
from handjax.evaluation import penetration as inside
from handjax.experiment import assemble
from handjax.geometry import meshes
from handjax.hands.named_poses import NAMED
from handjax.hands.template import Template, load_template
from handjax.methods.deep_hand_mesh import decoder, estimate, pose_vector, texture
from handjax.methods.deep_hand_mesh.correctives import Identity

TOUCHING = (
    "fist",
    "fist rigid",
    "thumb tuck normal",
    "thumb up normal",
    "middle finger",
    "rocker",
    "two count",
    "four count",
    "alligator closed",
    "aokay",
    "indextip",
    "ringtip",
)
OPEN, CLOSED = 264.0, 150.0
"""Edge of what a picture shows of an open hand and of a fist, mm."""
FULL = 3.0
"""Where the colours of displacements end, mm."""
IN_FRONT = 3
"""The camera that sees each pose first."""
APART = 1.0
"""Of the lines that volumes are measured along, mm."""
TARGETS, DRAW, OFTEN = 5, 4, 10
"""Cameras of a moment beside the picture's, moments at once, and how often a texel has
to be seen to be counted."""


class Model(NamedTuple):
    """A trained model, ready to look at pictures."""

    found: weights.Weights
    template: Template
    room: estimate.Room
    predict: Callable[[Batch], estimate.Prediction]


def main() -> int:
    """Draw the sheets; returns the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--weights", help="name of a release")
    which.add_argument("--workdir", help="folder of a run")
    parser.add_argument("--pose", choices=NAMED, default="fist", help="of correctives")
    parser.add_argument("--without-penetration", metavar="RUN")
    parser.add_argument(
        "--poses",
        nargs="+",
        choices=TOUCHING,
        default=("fist", "thumb tuck normal"),
        help="that are drawn; default: %(default)s",
    )
    parser.add_argument("--cameras", type=int, default=4, help="that see each pose")
    parser.add_argument("--as-long", metavar="RUN", help="fine-tuned without texture")
    parser.add_argument("--moments", type=int, default=64, help="of the texture")
    parser.add_argument("--out", type=Path, required=True, help="a folder")
    chosen = parser.parse_args()
    # Orbax warns of what is meant: that it will only read.
    logging.set_verbosity(logging.ERROR)
    find = weights.from_run if chosen.workdir else weights.from_release
    try:
        ours = ready(find(chosen.workdir or chosen.weights))
        others = {"rigid": chosen.without_penetration, "texture": chosen.as_long}
        other, long = (
            name and beside(ours, weights.find(name), term)
            for term, name in others.items()
        )
    except (weights.MissingError, ValueError) as wrong:
        print(wrong, file=sys.stderr)
        return 2
    sheets = {"correctives": partial(correctives, ours, chosen.pose)}
    if other:
        both = {"with the loss": ours, "without": other}
        sheets["penetration"] = partial(penetration, both, chosen.poses, chosen.cameras)
    if long:
        sheets["texture"] = partial(texels, (long, ours), chosen.moments)
    for name, draw in sheets.items():
        print(visualize.save_png(chosen.out / f"{name}.png", draw()))
    return 0


def ready(found: weights.Weights) -> Model:
    """A model from its weights.

    Raises:
        ValueError: they are another method's.
    """
    if found.config.method != "deep_hand_mesh":
        raise ValueError(f"{found.origin} is {found.config.method}, no deep_hand_mesh")
    method = assemble(found.config).method
    template = load_template(found.config.template)
    predict = jax.jit(partial(method.predict, key=None, train=False))
    return Model(
        found,
        template,
        estimate.make_room(found.config, template),
        lambda batch: predict(found.params, found.state, batch)[0],
    )


def beside(ours: Model, found: weights.Weights, term: str) -> Model:
    """A model that has been trained without a term that ours was trained with.

    Raises:
        ValueError: that is not so, or it saw another person, or other pictures.
    """
    other = ready(found)
    for one, wanted in ((ours, True), (other, False)):
        phase = one.found.config.phases[-1]
        if bool(phase.weights.get(term, 0.0)) != wanted:
            raise ValueError(
                f"{one.found.origin} was trained {'without' if wanted else 'with'} the "
                f"term {term!r}; wanted is a run {'with' if wanted else 'without'} it"
            )
    for name in ("studio.subject", "studio.rgb.pixels", "template", "model.texels"):
        first, second = (one.found.config for one in (ours, other))
        for part in name.split("."):
            first, second = first[part], second[part]
        if first != second:
            raise ValueError(
                f"{found.origin} has {name} {second!r}, {ours.found.origin} {first!r}: "
                "they can't be compared"
            )
    return other


def correctives(model: Model, pose: str) -> np.ndarray:
    """Figure 4."""
    t = model.template
    faces, middle = t.faces, shaded.centre(t.vertices)
    rows, headings = [[], [], []], []
    for heading, vertices, outward in refined(model, pose):
        headings.append(heading)
        draw = partial(shaded.drawn, vertices, faces, middle, OPEN)
        rows[0].append(draw("palm"))
        rows[1].append(draw("palm", colours=shaded.diverging(outward / FULL)))
        rows[2].append(draw("back", colours=shaded.diverging(outward / FULL)))
    coloured = f"along the normal: {FULL:g} mm out red, {FULL:g} mm in blue"
    captions = ("", coloured, coloured)
    return visualize.contact_sheet(rows, headings=headings, captions=captions)


def refined(model: Model, pose: str) -> list[tuple[str, Any, Any]]:
    """A heading, the surface, and how far the corrective moved it along its normal."""
    t, still = model.template, jnp.zeros(len(pose_vector.FREEDOMS))
    theta = pose_vector.from_angles(jnp.asarray(NAMED[pose]))
    refine = jax.jit(partial(estimate.refinement, room=model.room))
    whole, dM = refine(model.found.params["decoder"], theta[None])
    decode = jax.jit(partial(decoder.decode, t))
    none = jnp.zeros_like(t.vertices)
    steps = (
        ("no corrective", Identity(jnp.zeros_like(t.joints), none, None), none),
        ("skeleton", whole._replace(vertices=none, weights=None), none),
        ("identity", whole, none),
        ("pose", whole, dM[0]),
    )
    made, outward, before = [], none[:, 0], None
    normals_of = jax.jit(meshes.vertex_normals)
    for name, identity, of_pose in steps:
        vertices = decode(identity, still, of_pose).zero.vertices
        heading = name
        if before is not None:
            moved = vertices - before
            normals = normals_of(before, t.faces)
            normals /= jnp.linalg.norm(normals, axis=-1, keepdims=True)
            outward = jnp.sum(moved * normals, axis=-1)
            length = jnp.mean(jnp.linalg.norm(moved, axis=-1))
            heading = f"+ {name}: {length:.2f} mm"
        made.append((heading, vertices, outward))
        before = vertices
    posed = decode(whole, theta, dM[0]).posed.vertices
    return [*made, (f"posed: {pose}", posed, outward)]


def penetration(
    models: dict[str, Model], shown: Sequence[str], count: int
) -> np.ndarray:
    """Figures 6 and 7, and the table."""
    config = next(iter(models.values())).found.config
    stage = posing(config)
    subject, every = stage.look.subject, len(stage.cameras)
    who = (IN_FRONT + np.linspace(0, every, count, endpoint=False).astype(int)) % every
    take = partial(colour.take, pixels=config.studio.rgb.pixels, labels=("joints",))
    take, surfaces = jax.jit(take), jax.jit(colour.surfaces)
    cuts = {"true surface": Cut.of(subject.faces, base().weights)}
    for title, one in models.items():
        cuts[title] = Cut.of(one.template.faces, one.template.weights)
    print(f"{f'{count} pictures a pose':20}" + "".join(f"{x:>25}" for x in cuts))
    print(f"{'':20}" + f"{'deepest mm':>12}{'volume mm^3':>13}" * len(cuts))
    rows, captions, measured = [], [], []
    for name in TOUCHING:
        number = list(NAMED).index(name)
        batch = take(stage, jnp.full(count, number), jnp.asarray(who)[:, None])
        skins = {"true surface": surfaces(stage, jnp.asarray([number]))}
        for title, one in models.items():
            skins[title] = one.predict(batch).placed.vertices
        found = {title: cuts[title].measure(skins[title]) for title in cuts}
        measured.append([(x.deepest.mean(), x.volume.mean()) for x in found.values()])
        print(line(name, measured[-1]), flush=True)
        if name in shown:
            middle = shaded.centre(skins["true surface"][0])
            drawn = [cuts[title].draw(skins[title][0], middle) for title in cuts]
            rows.append([seen(batch), *drawn])
            each = (f"{title} {x.deepest[0]:.1f}" for title, x in found.items())
            captions.append(f"{name}, deepest in mm: {', '.join(each)}")
    print(line("mean", np.mean(measured, axis=0)))
    headings = ("picture", *cuts)
    return visualize.contact_sheet(rows, headings=headings, captions=captions)


def line(name: str, figures: Any) -> str:
    """A row of the table."""
    return f"{name:20}" + "".join(f"{d:12.2f}{v:13.0f}" for d, v in figures)


def posing(config: Any) -> colour.Stage:
    """The subject's stage, where moment after moment is a named pose, held upright."""
    stage = colour.load_stage(config.studio.subject, config.studio.amount, "test")
    angles = jnp.asarray(np.stack(list(NAMED.values())))
    upright = jnp.broadcast_to(jnp.eye(3), (len(angles), 3, 3))
    return stage._replace(
        motion=Motion(angles, upright, upright, jnp.zeros((len(angles), 3)))
    )


class Cut(NamedTuple):
    """A skin in palm and fingers."""

    faces: np.ndarray
    parts: inside.Parts

    @classmethod
    def of(cls, faces: Any, of_joints: Any) -> "Cut":
        """Of faces, and of the skinning weights of their vertices."""
        faces, of_joints = np.asarray(faces), np.asarray(of_joints)
        part = inside.parts_of_faces(of_joints, faces)
        return cls(faces, inside.cut(faces, part, len(of_joints)))

    def measure(self, vertices: Any) -> inside.Penetration:
        """How much several hands are inside themselves."""
        return inside.penetration(np.asarray(vertices), self.parts, spacing=APART)

    def draw(self, vertices: Any, middle: np.ndarray) -> np.ndarray:
        """A hand from in front of its palm; what is inside shines through."""
        x = np.asarray(vertices, np.float64)
        depth = inside.depths(x, self.parts)
        return shaded.drawn(x, self.faces, middle, CLOSED, "palm", depth=depth)


def seen(batch: Batch) -> np.ndarray:
    """The picture of the first moment."""
    image = np.asarray(batch.views.image[0, 0])
    return shaded.resized((255.0 * image + 0.5).astype(np.uint8))


def texels(models: Sequence[Model], moments: int) -> np.ndarray:
    """Figure 12, of models without and with the texture loss."""
    sigma, known = variation(models, moments)
    rows, captions = [], []
    for name, (a, b) in sigma.items():
        top = np.quantile(np.stack([a[known], b[known]]), 0.98)
        limits = {"far": np.inf, "limits": (0.0, top)}
        both = [
            visualize.depth_to_rgb(np.where(known, x, np.inf), **limits) for x in (a, b)
        ]
        change = 255.0 * shaded.diverging((b - a) / (0.5 * top))
        change = np.where(known[..., None], change, visualize.PAPER)
        rows.append([shaded.resized(x) for x in (*both, change.astype(np.uint8))])
        means = f"mean {a[known].mean():.3g} without, {b[known].mean():.3g} with"
        captions.append(f"{name}: {means}; darkest {top:.3g}")
        print(f"{name:32}{means}")
    headings = ("without the loss", "with it", "with less without")
    return visualize.contact_sheet(rows, headings=headings, captions=captions)


def variation(
    models: Sequence[Model], moments: int
) -> tuple[dict[str, list[np.ndarray]], np.ndarray]:
    """Standard deviation of texels of each model, and which are seen often enough.

    All models look at the same pictures. Channels are pooled.
    """
    config = ConfigDict(models[0].found.config.to_dict()).studio
    config.update({"split": "test", "labels": ("joints", "pictures")})
    config.rgb.targets = TARGETS
    source = studio.source(config, DRAW)
    sample = jax.jit(source.sample)
    unwraps = [jax.jit(partial(unwrapped, model=one)) for one in models]
    totals: list[Any] = [0.0] * len(models)
    for k in range(-(-moments // DRAW)):
        batch = sample(jax.random.key(k), source.held)
        for n, (one, unwrap) in enumerate(zip(models, unwraps, strict=True)):
            found = unwrap(one.predict(batch).placed.vertices, batch)
            totals[n] = totals[n] + np.asarray(found, np.float64)
    known = np.all([total[0, ..., 0] >= OFTEN for total in totals], axis=0)
    if not known.any():
        raise SystemExit(f"no texel was seen {OFTEN} times: --moments wants more")
    sigma = []
    for count, first, second in totals:
        mean, square = (x / np.maximum(count, 1.0) for x in (first, second))
        variance = np.maximum(square - mean**2, 0.0)
        sigma.append(np.sqrt(variance.reshape(*known.shape, 2, 3).mean(axis=-1)))
    of_colours = [255.0 * x[..., 0] for x in sigma]
    of_ncc = [x[..., 1] for x in sigma]
    return {"colours of 255": of_colours, "after NCC": of_ncc}, known


def unwrapped(vertices: jax.Array, batch: Batch, *, model: Model) -> jax.Array:
    """Of texels: how often they are seen, the sum of what is seen, and of its square;
    of three colours, then of these after NCC."""
    size = model.found.config.model.texels
    T, cosine = texture.unwrap(vertices, batch.targets, model.template, texels=size)
    seen = cosine > 0.0
    ncc = jax.vmap(jax.vmap(texture.ncc))(T, seen)
    both = jnp.concatenate([T, ncc], axis=-1)
    w = jnp.broadcast_to(seen[..., None], both.shape).astype(T.dtype)
    return jnp.stack([jnp.sum(w * both**k, axis=(0, 1)) for k in range(3)])


if __name__ == "__main__":
    sys.exit(main())
