"""Hands as 41 spheres, from depth: Wan, Probst, Van Gool & Yao, CVPR 2019 [wan2019].

Self-supervised 3D hand pose estimation through training by fitting. This room holds
the paper's first half: the network, its training on synthetic hands, the rendering of
spheres and the two data terms.

What differs, and why: a stem of 4x4 patches in place of a strided convolution and
pooling, and channels that may grow as resolution falls, so that two cores can train
it; sums over pixels are means, so that weights do not depend on the picture's size.

Notation, shared by every function here and by the tests:
    h, d: heat-maps and latent depth maps, (..., 41, height, width); d in units of
        `UNIT`.
    c, r: sphere centres in the view's crop frame and radii, mm, (41, 3) and (41,).
    D: depth of a view in its crop frame, mm, `FAR` where nothing is.

Equations:
    (1)-(2) integration of the maps     `integrate`
    (3)     labels of the maps          `map_labels`
    (4)     total                       `TERMS`, weighed by the config's phases
    (5)     model to data               `model_to_data`
    (6)-(8) depth of the spheres        `render`
    (9)-(11) data to model              `data_to_model`
"""

from collections.abc import Callable
from functools import partial
from typing import Any, Literal, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Bool, Float

from handjax.batch import FAR, Batch, Views
from handjax.geometry import cameras, heatmaps, transforms
from handjax.geometry import spheres as balls
from handjax.hands import spheres
from handjax.hands.template import Template
from handjax.methods.method import Config, Method, Terms
from handjax.networks.hourglass import StackedHourglass

SPHERES = 41
UNIT = 100.0
"""Depths enter and leave the network in units of this many mm."""
STRIDE = 4
"""Pixels of the picture per pixel of a heat-map."""
CODE_THRESHOLD = 0.05
"""Where a heat-map's label counts as lit in the released code; as printed, above 0."""
CODE_REACH = 50.0
"""Points pull spheres from no farther in the released code, mm; as printed, from
anywhere."""


class Prediction(NamedTuple):
    """What the network says about each view on its own, in the view's crop frame.

    Attributes:
        heatmaps: h of every stack.
        depths: d of every stack.
        stack_centres: c of every stack, mm.
        centres: c of the last stack, mm.
        radii: r, mm.
    """

    heatmaps: Float[Array, "batch view stack 41 h w"]
    depths: Float[Array, "batch view stack 41 h w"]
    stack_centres: Float[Array, "batch view stack 41 3"]
    centres: Float[Array, "batch view 41 3"]
    radii: Float[Array, "41"]


def _network(config: Config) -> StackedHourglass:
    return StackedHourglass(
        maps=2 * SPHERES,
        widths=tuple(config.widths),
        stacks=config.stacks,
        blocks=config.blocks,
        dtype=jnp.dtype(config.dtype),
    )


def _seen(
    views: Views,
) -> tuple[Float[Array, "batch view height width"], cameras.Orthographic]:
    """D and camera of every view.

    Raises:
        ValueError: the views are not orthographic depth.
    """
    if views.depth is None or not isinstance(views.camera, cameras.Orthographic):
        raise ValueError(
            "wan_spheres reads orthographic depth, but these views have depth: "
            f"{views.depth is not None}, {type(views.camera).__name__} cameras; "
            "`data.crop.views_from_frame` makes them from a depth frame"
        )
    # A view that does not exist may hold anything; NaN would reach the gradient even
    # of a term that leaves the view out.
    here = views.valid[..., None, None]
    return jnp.where(here, views.depth, FAR), views.camera


def _network_input(views: Views) -> Float[Array, "images height width 1"]:
    D, _ = _seen(views)
    return D.reshape(-1, *D.shape[2:], 1) / UNIT


def _map_camera(camera: cameras.Orthographic) -> cameras.Camera:
    """The crop's camera at the resolution of the heat-maps."""
    return cameras.crop(camera, jnp.zeros(2), jnp.full(2, 1.0 / STRIDE))


def integrate(
    h: Float[Array, "h w"],
    d: Float[Array, "h w"],
    camera: cameras.Orthographic,
    *,
    beta: float,
    normalisation: Literal["softmax", "relu"],
) -> Float[Array, "3"]:
    """A sphere's centre from its two maps.

    Source: [wan2019] Eqs. (1)-(2).
    """
    uv = heatmaps.soft_argmax(h, beta=beta)
    z = heatmaps.integrate_depth(h, d, beta=beta, normalisation=normalisation)
    return cameras.unproject(_map_camera(camera), uv, UNIT * z)


def _predict(
    params, state, batch: Batch, *, key, train, config: Config, radii
) -> tuple[Prediction, Any]:
    """Maps and centres of every view; neither random nor different in training."""
    del key, train
    D, camera = _seen(batch.views)
    stacks: Any = _network(config).apply(params, _network_input(batch.views))
    maps = jnp.stack([jnp.moveaxis(maps, -1, 1) for maps in stacks], axis=1)
    h, d = jnp.split(maps.reshape(*D.shape[:2], *maps.shape[1:]), 2, axis=3)
    one = partial(integrate, beta=config.beta, normalisation=config.normalisation)
    over_maps = jax.vmap(jax.vmap(one, (0, 0, None)), (0, 0, None))
    centres = _over_views(over_maps)(h, d, camera)
    return Prediction(h, d, centres, centres[:, :, -1], radii), state


# Terms. Each takes the prediction and the batch, and is a mean over whatever it sums
# in the paper.


def heatmap_error(prediction: Prediction, batch: Batch) -> Float[Array, ""]:
    """Squared error of the heat-maps, of every stack."""
    label, _ = map_labels(prediction, batch)
    return _mean_of_views(jnp.square(prediction.heatmaps - label), batch.views.valid)


def depthmap_error(
    prediction: Prediction, batch: Batch, *, threshold: float = CODE_THRESHOLD
) -> Float[Array, ""]:
    """Squared error of the latent depth maps, of every stack, in `UNIT`s squared."""
    _, label = map_labels(prediction, batch, threshold=threshold)
    return _mean_of_views(jnp.square(prediction.depths - label), batch.views.valid)


def coordinate_error(prediction: Prediction, batch: Batch) -> Float[Array, ""]:
    """Squared error of the integrated coordinates, in `UNIT`s squared.

    The first of the two kinds of supervision in Sec. 3.3, as printed.
    """
    error = (prediction.stack_centres - true_centres(batch)) / UNIT
    return _mean_of_views(jnp.square(error), batch.views.valid)


def coordinate_distance(prediction: Prediction, batch: Batch) -> Float[Array, ""]:
    """Absolute error of the integrated coordinates, in `UNIT`s."""
    error = (prediction.stack_centres - true_centres(batch)) / UNIT
    return _mean_of_views(jnp.abs(error), batch.views.valid)


def true_centres(batch: Batch) -> Float[Array, "batch view 1 41 3"]:
    """Centres in every view's crop frame, mm.

    Raises:
        ValueError: the batch does not say.
    """
    c = batch.labels.centres
    if c is None:
        raise ValueError("this phase's terms need labels with sphere centres")
    over_batch = jax.vmap(jax.vmap(transforms.apply, (0, None)))
    return over_batch(_crop_from_world(batch.views), c)[:, :, None]


def map_labels(
    prediction: Prediction, batch: Batch, *, threshold: float = CODE_THRESHOLD
) -> tuple[Float[Array, "batch view 1 41 h w"], Float[Array, "batch view 1 41 h w"]]:
    """Gaussians around the projected centres, and their depths where these are lit.

    Args:
        prediction: for the size of its maps.
        batch: with labels.
        threshold: lit is what is above; 0 as printed, where a Gaussian is everywhere.

    Source: [wan2019] Eq. (3).
    """
    height, width = prediction.heatmaps.shape[-2:]

    def label(c, camera):
        uv = cameras.project(_map_camera(camera), c)
        bump = jax.vmap(lambda uv: heatmaps.gaussian(uv, height, width, 1.0))(uv)
        lit = jax.vmap(partial(heatmaps.depth_label, threshold=threshold))
        return bump[None], lit(bump, c[:, 2] / UNIT)[None]

    return _over_views(label)(true_centres(batch)[:, :, 0], _seen(batch.views)[1])


def render(
    c: Float[Array, "41 3"],
    r: Float[Array, "41"],
    camera: cameras.Orthographic,
    height: int,
    width: int,
) -> Float[Array, "height width"]:
    """G: depth of the spheres along the view's rays.

    Source: [wan2019] Eqs. (6)-(8).
    """
    x, y = cameras.orthographic_axes(camera, height, width)
    return balls.ray_cast(x, y, c, r, FAR)


def model_to_data(prediction: Prediction, batch: Batch) -> Float[Array, ""]:
    """Absolute difference between the spheres' depth and the view's, mm.

        L_m2d = mean |G(c) - D|

    As printed; the released code squares the difference.

    Source: [wan2019] Eq. (5).
    """
    D, camera = _seen(batch.views)
    one = partial(render, height=D.shape[-2], width=D.shape[-1])
    over_views = jax.vmap(jax.vmap(one, (0, None, 0)), (0, None, 0))
    drawn = over_views(prediction.centres, prediction.radii, camera)
    return _mean_of_views(jnp.abs(drawn - D), batch.views.valid)


def data_to_model(
    prediction: Prediction, batch: Batch, *, reach: float = CODE_REACH
) -> Float[Array, ""]:
    """Distance from the points seen to the nearest sphere's surface, mm.

        L_d2m = mean_p min(d(p), reach)

    Args:
        prediction: the spheres.
        batch: the views.
        reach: infinite as printed. The released code's bound keeps what a sensor sees
            beside the hand from dragging spheres to it.

    Source: [wan2019] Eqs. (9)-(11).
    """

    def distances(D, camera, c):
        points = cameras.unproject(camera, cameras.pixel_grid(*D.shape), D)
        near = balls.point_to_spheres(points.reshape(-1, 3), c, prediction.radii)
        return jnp.where(D.reshape(-1) < FAR, jnp.minimum(near, reach), 0.0)

    D, camera = _seen(batch.views)
    distance = _over_views(distances)(D, camera, prediction.centres)
    seen = jnp.sum(D < FAR, axis=(-2, -1))
    mean = jnp.sum(distance, axis=-1) / jnp.maximum(seen, 1)
    return _mean_of_views(mean, batch.views.valid)


TERMS: dict[str, Callable[..., Float[Array, ""]]] = {
    "heatmaps": heatmap_error,
    "depthmaps": depthmap_error,
    "coordinates": coordinate_error,
    "coordinates_l1": coordinate_distance,
    "model_to_data": model_to_data,
    "data_to_model": data_to_model,
}


def supervised(
    prediction: Any, batch: Any, frozen: Any, *, terms: Any = TERMS
) -> Terms:
    """Every term, on views whose hands are known.

    A jitted step computes only those that its phase weighs.

    Raises:
        ValueError: the phase mixes sources.
    """
    del frozen
    if not isinstance(batch, Batch):
        raise ValueError("the supervised loss of wan_spheres takes one source a phase")
    return {name: term(prediction, batch) for name, term in terms.items()}


def _joints(prediction: Prediction, batch: Batch) -> dict[str, Array]:
    """Joint sets of the first view's estimate, in the world, mm."""
    world_from_crop = jax.vmap(transforms.invert)(_crop_from_world(batch.views)[:, 0])
    centres = jax.vmap(transforms.apply)(world_from_crop, prediction.centres[:, 0])
    return {
        "nyu14": centres[:, jnp.array(spheres.NYU14)],
        "centres41": centres,
        "keypoints21": jax.vmap(spheres.keypoints_from_spheres)(centres),
    }


def make(config: Config, template: Template) -> Method:
    """The method as pure functions.

    Args:
        config: see `configs/wan_spheres.py`; `model` and `phases` are read.
        template: gives the spheres' radii.
    """
    for phase in config.phases:
        unknown = sorted(set(phase.weights) - set(TERMS))
        if unknown:
            raise ValueError(
                f"phase {phase.name!r} weighs {unknown}; the terms are {list(TERMS)}"
            )
    _check(config.model)
    network = _network(config.model)
    terms = TERMS | {
        "depthmaps": partial(depthmap_error, threshold=config.model.threshold),
        "data_to_model": partial(data_to_model, reach=config.model.reach),
    }

    def init(key, batch):
        return network.init(key, _network_input(batch.views)), {}

    return Method(
        init=init,
        predict=partial(_predict, config=config.model, radii=template.sphere_radii),
        losses={"supervised": partial(supervised, terms=terms)},
        trainable={"supervised": lambda path: True},
        imagine=None,
        joints=_joints,
    )


def _check(model: Config) -> None:
    """Refuse what no network can be built from.

    Raises:
        ValueError: naming the setting and what it may be.
    """
    if model.normalisation not in heatmaps.NORMALISATIONS:
        raise ValueError(
            f"model.normalisation is {model.normalisation!r}; it must be one of "
            f"{heatmaps.NORMALISATIONS}"
        )
    for name in ("stacks", "blocks"):
        if model[name] < 1:
            raise ValueError(f"model.{name} is {model[name]}; it must be 1 or more")
    # Maps of 16 pixels can be halved four times.
    if not 1 <= len(model.widths) <= 5 or min(model.widths) < 2:
        raise ValueError(
            f"model.widths is {tuple(model.widths)}; it must be 1 to 5 numbers of "
            "channels, 2 or more"
        )


def _crop_from_world(views: Views) -> Float[Array, "batch view 4 4"]:
    """Of every view; views that do not exist stand nowhere in particular."""
    rigs = views.crop_from_camera, views.camera_from_world
    composed = _over_views(transforms.compose)(*rigs)
    return jnp.where(views.valid[..., None, None], composed, jnp.eye(4))


def _over_views(function: Callable) -> Callable:
    """One example's function for (batch, view, ...)."""
    return jax.vmap(jax.vmap(function))


def _mean_of_views(
    values: Float[Array, "batch view *rest"], valid: Bool[Array, "batch view"]
) -> Float[Array, ""]:
    """Mean over the views that exist; 0 without any."""
    here = valid.reshape(*valid.shape, *[1] * (values.ndim - valid.ndim))
    each = jnp.where(here, values, 0.0).reshape(*valid.shape, -1).mean(axis=-1)
    return jnp.sum(each) / jnp.maximum(jnp.sum(valid), 1)
