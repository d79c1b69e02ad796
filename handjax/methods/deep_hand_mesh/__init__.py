"""One person's hand, without a mesh to learn from: Moon, Shiratori & Lee [moon2020].

DeepHandMesh: a weakly-supervised deep encoder-decoder framework for high-fidelity hand
mesh modeling, ECCV 2020. A picture gives 28 angles; an identity's code, which is fixed,
and the angles give correctives of a template; skinned, it is compared with joints and
with the depth that several cameras measured.

What differs, and why. No global rotation is estimated, as in the paper: a hand is laid
on the TRUE wrist and finger roots, in training and in the test, and errors are to be
read so. Finger roots are four, without the thumb's, which a pose moves; so it is the
same to lay a hand after skinning, as here, or before, as printed. Angles turn about the
template's anatomical axes, which the paper's artists had in their rig.

Norms are of groups, or frozen, where a ResNet has those of batches. Small encoders keep
all pixels of the last features, begin by themselves with the subject's angles, learn
from how a hand is turned too, and see pictures at half their resolution, which vary in
training. So they do of others' hands in Sec. 8.4, where L_pose alone is printed: the
turn weighs 1 there, and outside `:paper` features learn from it. In `:paper` an output
of 1 of a corrective is 1 mm, and Adam learns at a rate that falls by steps; elsewhere
it is 10 mm, and AdamW has a warm-up and a cosine, clipped gradients and an average of
the parameters.

Spheres of fingers alone keep apart, and each pair counts once: those of the palm's
bones, which Eq. 2 has too, begin in one wrist and never do. Eq. 2 takes posed bones,
where the zero pose is printed. Of Eqs. 3-4 the tips are four, and the palm has the
thumb's ball, as in the released code. Penetration is summed, as printed, where that
code, which the printed weights are from, has means; what the Laplacian of a true
surface costs goes with the template's resolution. Phases weigh them accordingly: see
`configs/deep_hand_mesh.py`.

Depth is a mean over pixels that both have, texture over texels and views, where sums
are printed or nothing. Faces that turn their back are not drawn: of a closed surface
none is seen. A patch that hardly varies is not blown up; the blur has three texels; a
target texture is a weighted mean, where the paper has Poisson reconstruction. A
skinning weight that is 0 has no corrective at all, so that `hand_12553` needs 6 million
numbers for it, not 55. Terms are in mm, the Laplacian and the sizes of correctives in
mm^2.

Notation, shared by every function here and by the tests:
    beta: identity code, (32,).
    theta: hand pose vector, radians, (28,).
    S: offset of every joint from its parent, mm, (22, 3); S* refined.
    M: vertices in the zero pose, mm; M* refined.
    dS, dM, dW: correctives of skeleton, vertices and skinning weights.
    T: posed_from_rest of every posed joint, (17, 4, 4).
    c, r: centres and radii of spheres along bones, mm.
    D: depth of a view, mm; delta is where both drawing and camera have the hand.

Equations:
    (1)      skinning of the refined template   `decoder.skin`, `decoder.refine`
    L_pose   joints                             `supervision.pose_error`
    L_depth  depth of several views             `supervision.depth_error`
    (2)      fingers against fingers            `penetration.rigid`
    (3)-(4)  tips against the palm              `penetration.non_rigid`
    L_lap    Laplacian                          `losses.laplacian`
    (5)      texture                            `texture.texture_error`
    Sec. 4.1 freedoms of the pose               `pose_vector.FREEDOMS`
    Sec. 5.1 correctives                        `correctives.networks`
    Sec. 5.2 rigid alignment                    `decoder.world_from_model`
    Sec. 13  skinning weights                   `correctives.refined_weights`
    Sec. 15  size of the correctives            `smoothness.size`
    Sec. 16  pictures in the found texture      `portrait.portrait`
"""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array

from handjax.batch import Batch
from handjax.hands.template import Template
from handjax.methods.deep_hand_mesh import checks, encoder, terms, texture
from handjax.methods.deep_hand_mesh.estimate import (
    Prediction,
    Room,
    fold,
    init,
    make_room,
    predict,
)
from handjax.methods.deep_hand_mesh.terms import Surface
from handjax.methods.method import Config, Method, Terms
from handjax.networks.resnet import is_statistic

OF_SURFACE = ("depth", "rigid", "non_rigid", "laplacian")
"""L_depth, L_penet and L_lap."""
SIZES = ("skeleton_size", "identity_size", "pose_size")
WEAK = ("pose", "turn", *OF_SURFACE, *SIZES)
OF_ENCODER = ("pose", "turn")
LOSSES = {
    "angles": OF_ENCODER,
    "weak": WEAK,
    "texture": (*WEAK, "texture"),
    "general": OF_ENCODER,
}
"""What a phase may minimise, and the terms that it may weigh."""
ALL, SEEING = ("encoder", "decoder"), ("encoder",)
MOVES = {"angles": SEEING, "weak": ALL, "texture": ALL, "general": SEEING}
"""Networks that a loss moves. Source: [moon2020] Sec. 6, 11 and 8.4; before these the
encoder may learn the subject's angles as it later learns those of others."""
NEWBORN = 84
"""Of the encoder that a phase on hands of others begins with."""


def make(config: Config, template: Template) -> Method:
    """The method as pure functions.

    Args:
        config: see `configs/deep_hand_mesh.py`; `studio.subject`, `model` and `phases`
            are read.
        template: the hand at rest.

    Raises:
        ValueError: naming a setting that can't be, and what it may be.

    Source: [moon2020] Sec. 6, whose sum is weighed by the phases.
    """
    checks.check(config, LOSSES)
    room, surface = make_room(config, template), terms.surface_of(template)
    file = config.model.pretrained
    textured = any(phase.loss == "texture" for phase in config.phases)
    texels = config.model.texels if textured else 0
    terms_of = partial(_terms, surface=surface, template=template)
    return Method(
        init=partial(_init, room=room, texels=texels),
        predict=partial(predict, room=room),
        losses={loss: partial(terms_of, names=names) for loss, names in LOSSES.items()},
        trainable={
            loss: lambda path, moves=moves: path[0] in moves and not is_statistic(path)
            for loss, moves in MOVES.items()
        },
        imagine=None,
        joints=joints,
        begin=partial(
            _begin,
            room=room,
            model=config.model,
            pixels=config.synthetic.rgb.pixels,
        ),
        given=partial(_given, room=room, file=file) if file else None,
        release=partial(_release, room=room),
    )


def joints(prediction: Prediction, batch: Batch) -> dict[str, Array]:
    """Key points in the world, mm: laid on the TRUE roots as in the paper, and turned
    as the network says; and the surface, laid likewise."""
    del batch
    return {
        "laid21": prediction.laid,
        "keypoints21": prediction.turned,
        "surface": prediction.placed.vertices,
    }


def _init(
    key: Any, batch: Batch, *, room: Room, texels: int
) -> tuple[dict[str, Any], dict]:
    params = init(key, batch, room)
    return params | ({"texture": _blank(texels)} if texels else {}), {}


def _begin(
    loss: str,
    params: Any,
    *,
    room: Room,
    model: Config,
    pixels: int,
    shown: Batch | None = None,
) -> dict[str, Any]:
    """What a phase begins with: fine-tuning with the texture of a neutral pose, and
    learning from others' hands with an encoder that has seen none."""
    if room.folded:
        params = fold(params, room)
    if loss == "general":
        edge = pixels // room.shrink
        blank = jnp.zeros((1, edge, edge, 3))
        fresh = room.encoder.init(jax.random.key(NEWBORN), blank)
        return params | {"encoder": fresh}
    if loss != "texture":
        return params
    if shown is None:
        return {"texture": _blank(model.texels)} | params
    assert shown.targets is not None
    found, _ = predict(params, {}, shown, key=None, train=False, room=room)
    colours, known = texture.target(
        found.placed.vertices,
        shown.targets,
        room.template,
        texels=model.texels,
        finer=model.finer,
    )
    kept = {"colours": colours, "known": known.astype(colours.dtype)}
    return params | {"texture": kept}


def _given(params: Any, *, room: Room, file: str) -> tuple[Any, str]:
    """Parameters with the residual network of a file."""
    resnet = encoder.with_pretrained(params["encoder"], room.encoder, file)
    return params | {"encoder": resnet}, f"model.pretrained: the encoder's, from {file}"


def _release(params: Any, *, room: Room) -> Any:
    """What is worth releasing: the identity as constants, and no texture."""
    kept = {name: params[name] for name in ALL}
    return fold(kept, room)


def _blank(texels: int) -> dict[str, Array]:
    """A texture that nobody has seen yet."""
    return {
        "colours": jnp.zeros((texels, texels, 3)),
        "known": jnp.zeros((texels, texels)),
    }


def _terms(
    params: Any,
    prediction: Prediction,
    batch: Batch,
    *,
    names: tuple[str, ...],
    surface: Surface,
    template: Template,
) -> Terms:
    """The terms of a loss.

    Raises:
        ValueError: the phase mixes sources, or its source lacks what a term needs.
    """
    if not isinstance(batch, Batch):
        raise ValueError(
            f"a phase of deep_hand_mesh draws from one source, not {len(batch)}; name "
            "one in its `sources`"
        )
    of_subject = "depth" in names
    known = terms.of_joints(prediction, batch, own=of_subject)
    if of_subject:
        known |= terms.of_surface(prediction, batch, surface)
        known |= terms.of_correctives(prediction)
    if "texture" in names:
        known |= terms.of_texture(params, prediction, batch, template)
    return {name: known[name] for name in names}
