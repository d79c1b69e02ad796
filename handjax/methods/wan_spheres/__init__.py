"""Hands as 41 spheres, from depth: Wan, Probst, Van Gool & Yao, CVPR 2019 [wan2019].

Self-supervised 3D hand pose estimation through training by fitting. A network learns
from synthetic hands first, then from depth images that nobody labelled: its spheres
must look like what every camera saw, agree between cameras, and be a hand.

What differs, and why: a stem of 4x4 patches in place of a strided convolution and
pooling, and channels that may grow as resolution falls, so that two cores can train
it; sums over pixels, points and bones are means, so that weights do not depend on
their number.

Notation, shared by every function here and by the tests:
    h, d: heat-maps and latent depth maps, (..., 41, height, width); d in units of
        `views.UNIT`.
    c, r: sphere centres in the view's crop frame and radii, mm, (41, 3) and (41,).
    D: depth of a view in its crop frame, mm, `FAR` where nothing is.

Equations:
    (1)-(2) integration of the maps     `estimate.integrate`
    (3)     labels of the maps          `labelled.map_labels`
    (4)     total                       `LOSSES`, weighed by the config's phases
    (5)     model to data               `unlabelled.model_to_data`
    (6)-(8) depth of the spheres        `unlabelled.render`
    (9)-(11) data to model              `unlabelled.data_to_model`
    (12)    multi-view consistency      `unlabelled.consistency`
    (13)    pose prior                  `priors.lower_bound`
    (14)-(15) bone lengths              `priors.bone_length`
    (16)    collision                   `priors.collision`
"""

from collections.abc import Callable
from functools import partial
from typing import Any, get_args

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from handjax.batch import Batch
from handjax.geometry import heatmaps
from handjax.hands import spheres
from handjax.hands.template import Template
from handjax.methods.method import Config, Method, Terms
from handjax.methods.views import Pairs, to_world
from handjax.methods.wan_spheres import labelled, palm, priors, unlabelled
from handjax.methods.wan_spheres.estimate import (
    Prediction,
    network,
    network_input,
    predict,
)

Term = Callable[[Prediction, Batch], Float[Array, ""]]

LABELLED = ("heatmaps", "depthmaps", "coordinates", "coordinates_l1")
"""Terms that compare with labels."""
DATA = ("model_to_data", "data_to_model")
"""Terms that compare with depth images."""
FITTING = (
    *DATA,
    "consistency",
    "prior",
    "bone_length",
    "collision",
    "heatmap_level",
)
"""Terms that need no label."""
LOSSES = {
    "supervised": LABELLED + DATA,
    "fitting": FITTING + LABELLED,
    "prior": ("prior",),
    "denoiser": ("denoiser",),
}
"""What a phase may minimise, and the terms that it may weigh."""
MOVES = {
    "supervised": "network",
    "fitting": "network",
    "prior": "prior",
    "denoiser": "denoiser",
}
"""Which part of the parameters a loss moves; the prior is frozen while it judges."""


def labelled_terms(model: Config) -> dict[str, Term]:
    """The terms of `LABELLED`."""
    return {
        "heatmaps": labelled.heatmap_error,
        "depthmaps": partial(labelled.depthmap_error, threshold=model.threshold),
        "coordinates": labelled.coordinate_error,
        "coordinates_l1": labelled.coordinate_distance,
    }


def unlabelled_terms(params: Any, model: Config, template: Template) -> dict[str, Term]:
    """The terms of `FITTING`."""
    pairs, rest = model.pairs, template.sphere_centres
    return {
        "model_to_data": partial(unlabelled.model_to_data, pairs=pairs),
        "data_to_model": partial(
            unlabelled.data_to_model, pairs=pairs, reach=model.reach
        ),
        "consistency": partial(
            unlabelled.consistency, average=model.average, beta=model.beta
        ),
        "prior": partial(
            priors.plausibility, params["prior"], config=model.prior, rest=rest
        ),
        "bone_length": partial(priors.bone_length, rest=rest, allowed=model.bone_range),
        "collision": partial(priors.collision, form=model.collision, template=template),
        "heatmap_level": unlabelled.heatmap_level,
    }


def supervised(
    params: Any, prediction: Any, batch: Any, *, model: Config, template: Template
) -> Terms:
    """Terms on views whose hands are known.

    Like every loss it gives all its terms: a jitted step computes only those that
    its phase weighs.

    Raises:
        ValueError: the phase mixes sources.
    """
    if not isinstance(batch, Batch):
        raise ValueError("the supervised loss of wan_spheres takes one source a phase")
    fits = unlabelled_terms(params, model, template)
    terms = labelled_terms(model) | {name: fits[name] for name in DATA}
    return {name: term(prediction, batch) for name, term in terms.items()}


def fitted(
    params: Any, prediction: Any, batch: Any, *, model: Config, template: Template
) -> Terms:
    """Terms on views whose hands nobody knows, and on labelled ones beside them.

    Args:
        params: the prior among them.
        prediction: of the unlabelled batch; or of it and of a labelled one.
        batch: likewise.
        model: the config's.
        template: the hand at rest.

    Raises:
        ValueError: the phase has more than two sources.

    Source: [wan2019] Eq. (4), Sec. 3.4.
    """
    if isinstance(batch, Batch):
        prediction, batch = (prediction,), (batch,)
    if len(batch) > 2:
        raise ValueError("wan_spheres fits one unlabelled source beside a labelled one")
    fits = unlabelled_terms(params, model, template)
    terms = {name: term(prediction[0], batch[0]) for name, term in fits.items()}
    if len(batch) > 1:
        known = labelled_terms(model)
        terms |= {name: term(prediction[1], batch[1]) for name, term in known.items()}
    return terms


def prior_alone(
    params: Any, prediction: Prediction, batch: Batch, *, model: Config, rest: Any
) -> Terms:
    """The pose prior on true hands: how it is trained.

    Source: [wan2019] Sec. 3.4.2.
    """
    true = prediction._replace(centres=labelled.true_centres(batch))
    learn = partial(priors.plausibility, params["prior"], config=model.prior)
    return {"prior": learn(true, batch, rest=rest)}


def denoiser_alone(params: Any, prediction: Prediction, batch: Batch) -> Terms:
    """The palm denoiser on true hands: how it is trained."""
    c = labelled.true_centres(batch)
    error = palm.denoiser_error(params["denoiser"], c, prediction.draws, batch)
    return {"denoiser": error}


def joints(prediction: Prediction, batch: Batch) -> dict[str, Array]:
    """Joint sets of the first view's estimate, in the world, mm."""
    first = jax.tree.map(lambda leaf: leaf[:, :1], batch.views)
    raw = prediction.centres[:, :1]
    mended = raw.at[:, :, : spheres.PALM].set(prediction.palm[:, :1])
    centres, denoised = (to_world(c, first)[:, 0] for c in (raw, mended))
    return {
        "nyu14": centres[:, jnp.array(spheres.NYU14)],
        "nyu14_denoised": denoised[:, jnp.array(spheres.NYU14)],
        "centres41": centres,
        "keypoints21": jax.vmap(spheres.keypoints_from_spheres)(centres),
    }


def make(config: Config, template: Template) -> Method:
    """The method as pure functions.

    Args:
        config: see `configs/wan_spheres.py`; `model` and `phases` are read.
        template: gives the spheres' radii, and the hand at rest.
    """
    _check(config)
    model = config.model
    both = {"model": model, "template": template}

    def init(key, batch):
        c = template.sphere_centres[None, None]
        z = jnp.zeros((1, 1, model.prior.latent))
        keys = jax.random.split(key, 3)
        params = {
            "network": network(model).init(keys[0], network_input(batch.views)),
            "prior": priors.vae(model.prior).init(keys[1], c.reshape(1, 1, -1), z),
            "denoiser": palm.NETWORK.init(keys[2], palm.features(c)),
        }
        return params, {}

    return Method(
        init=init,
        predict=partial(predict, config=model, radii=template.sphere_radii),
        losses={
            "supervised": partial(supervised, **both),
            "fitting": partial(fitted, **both),
            "prior": partial(prior_alone, model=model, rest=template.sphere_centres),
            "denoiser": denoiser_alone,
        },
        trainable={
            loss: lambda path, part=part: path[0] == part
            for loss, part in MOVES.items()
        },
        imagine=None,
        joints=joints,
        blind=frozenset({"prior", "denoiser"}),
    )


def _check(config: Config) -> None:
    """Refuse what no network can be built from, and terms that a phase can't have.

    Raises:
        ValueError: naming the setting and what it may be.
    """
    for phase in config.phases:
        terms = LOSSES.get(phase.loss, ())
        if phase.loss == "fitting" and len(phase.sources) < 2:
            terms = FITTING
        unknown = sorted(set(phase.weights) - set(terms))
        if terms and unknown:
            raise ValueError(
                f"phase {phase.name!r} weighs {unknown}; the terms of its loss "
                f"{phase.loss!r} are {list(terms)}"
            )
    model = config.model
    choices = {
        "normalisation": heatmaps.NORMALISATIONS,
        "pairs": get_args(Pairs),
        "average": get_args(unlabelled.Average),
        "collision": get_args(priors.Collision),
    }
    for name, known in choices.items():
        if model[name] not in known:
            raise ValueError(
                f"model.{name} is {model[name]!r}; it must be one of {known}"
            )
    _check_priors(model)
    for name in ("stacks", "blocks"):
        if model[name] < 1:
            raise ValueError(f"model.{name} is {model[name]}; it must be 1 or more")
    # Maps of 16 pixels can be halved four times.
    if not 1 <= len(model.widths) <= 5 or min(model.widths) < 2:
        raise ValueError(
            f"model.widths is {tuple(model.widths)}; it must be 1 to 5 numbers of "
            "channels, 2 or more"
        )


def _check_priors(model: Config) -> None:
    """Refuse what no prior can be built from.

    Raises:
        ValueError: naming the setting and what it may be.
    """
    prior, (low, high) = model.prior, model.bone_range
    wanted = {
        "prior.hidden": (
            prior.hidden > 0 and prior.hidden % 16 == 0,
            "16, 32, 48, ...",
        ),
        "prior.latent": (1 <= prior.latent <= 123, "1 to 123"),
        "prior.sigma": (prior.sigma > 0, "more than 0 mm"),
        "bone_range": (0 < low <= high, "two numbers, the smaller first"),
    }
    for name, (right, what) in wanted.items():
        if not right:
            raise ValueError(f"model.{name} is not right; it must be {what}")
