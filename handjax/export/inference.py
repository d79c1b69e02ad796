"""A trained method as a function of plain arrays, for programs without handjax.

    inference = of_weights("wan_spheres", weights.find("wan_spheres"))
    hands = inference.run(depth=depth, centre=centre)

Right hands: a left one is seen mirrored, and what is found is mirrored back. Weights
are inside; what is random, or only a loss asks for, is not. No SVD is needed
(`alignment.without_svd`), so that the same program can be held by all formats.
"""

from collections.abc import Callable
from importlib.metadata import version
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax.extend.core import ClosedJaxpr, jaxpr_as_fun
from jax.interpreters.partial_eval import dce_jaxpr
from jaxtyping import Array, Float

from handjax.batch import FAR, Batch, Labels, Views
from handjax.data.crop import PIXELS, SIZE
from handjax.data.synthetic import modality
from handjax.experiment import assemble
from handjax.export.words import DEPTH, Tensor, described, in_colour
from handjax.geometry import alignment, cameras, transforms
from handjax.hands.skeleton import KEYPOINTS
from handjax.hands.template import load_template
from handjax.weights import Weights

Arrays = dict[str, Array]
SURFACES = ("refined", "vertices", "surface")
"""Joint sets that are a surface of the template's, the one to be had first."""


class Inference(NamedTuple):
    """A method that looks at crops.

    Attributes:
        name: of the release, or of the run's folder.
        method: one of `experiment.METHODS`.
        origin: of its weights, a line.
        template: whose surface and spheres it tells.
        inputs, outputs: what goes in and comes out, each behind a batch.
        run: (**inputs) -> {output: array}.
        radii: of the spheres, mm; None where it tells none.
    """

    name: str
    method: str
    origin: str
    template: str
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    run: Callable[..., Arrays]
    radii: list[float] | None


def of_weights(name: str, found: Weights) -> Inference:
    """The inference of a release or a run.

    Args:
        name: what to call it.
        found: its weights.
    """
    config = found.config
    method = assemble(config).method
    kinds = in_colour(config.synthetic.rgb.pixels) if _sees_colour(config) else DEPTH
    views_of = _colour_views if _sees_colour(config) else _depth_views

    def one(inputs: Arrays) -> Arrays:
        batch = Batch(views_of(inputs), None, Labels())
        prediction, _ = method.predict(
            found.params, found.state, batch, key=jax.random.key(0), train=False
        )
        return jax.tree.map(lambda x: x[0], exported(method.joints(prediction, batch)))

    specs = {x.name: jax.ShapeDtypeStruct(x.shape, jnp.float32) for x in kinds}
    with alignment.without_svd():
        plain, used, shapes = pruned(one, specs)
    template = load_template(config.template)
    outputs = described(shapes, placed="focal" in used or "centre" in used)
    return Inference(
        name=name,
        method=config.method,
        origin=found.origin,
        template=config.template,
        inputs=tuple(x for x in kinds if x.name in used),
        outputs=outputs,
        run=lambda **inputs: jax.vmap(plain)(inputs),
        radii=template.sphere_radii.tolist() if "centres" in shapes else None,
    )


def pruned(
    function: Callable[[Arrays], Arrays], specs: dict[str, Any]
) -> tuple[Callable[[Arrays], Arrays], set[str], dict[str, Any]]:
    """A function without whatever its outputs do not need.

    Args:
        function: of arrays by name, to arrays by name.
        specs: shapes and types of the inputs.

    Returns:
        the function, of those inputs alone that it needs; their names; and shapes and
        types of the outputs.
    """
    closed, shapes = jax.make_jaxpr(function, return_shape=True)(specs)
    jaxpr, used = dce_jaxpr(closed.jaxpr, [True] * len(closed.jaxpr.outvars))
    run = jaxpr_as_fun(ClosedJaxpr(jaxpr, closed.consts))
    # As JAX flattens dictionaries.
    names = [name for name, needed in zip(sorted(specs), used, strict=True) if needed]

    def plain(inputs: Arrays) -> Arrays:
        leaves = [inputs[name] for name in names]
        return jax.tree.unflatten(jax.tree.structure(shapes), run(*leaves))

    return plain, set(names), shapes


def about(inference: Inference) -> dict[str, Any]:
    """All that who runs an exported program must know, for JSON."""
    page = {
        "name": inference.name,
        "method": inference.method,
        "weights": inference.origin,
        "template": inference.template,
        "handjax": version("handjax"),
        "hands": "right; mirror the picture of a left one, and what is found",
        "inputs": [_told(x) for x in inference.inputs],
        "outputs": [_told(x) for x in inference.outputs],
        "joints": list(KEYPOINTS),
    }
    radii = inference.radii
    return page if radii is None else page | {"radii_mm": [round(r, 4) for r in radii]}


def _told(tensor: Tensor) -> dict[str, Any]:
    shape = ["batch", *tensor.shape]
    return tensor._asdict() | {"shape": shape, "dtype": "float32"}


def _sees_colour(config: Any) -> bool:
    return modality(config.synthetic) == "rgb"


def _depth_views(inputs: Arrays) -> Views:
    """A crop of depth as a batch of one; the camera's frame is the world."""
    camera = cameras.orthographic_crop(SIZE, PIXELS)
    moved = transforms.make(jnp.eye(3), -inputs["centre"])
    D = inputs["depth"]
    return Views(
        depth=D[None, None],
        image=None,
        mask=(D < FAR)[None, None],
        valid=jnp.ones((1, 1), bool),
        camera=jax.tree.map(lambda x: x[None, None], camera),
        crop_from_camera=moved[None, None],
        camera_from_world=jnp.eye(4)[None, None],
    )


def _colour_views(inputs: Arrays) -> Views:
    """A crop of a picture, likewise."""
    camera = cameras.Pinhole(inputs["focal"], inputs["principal_point"])
    eye = jnp.eye(4)[None, None]
    return Views(
        depth=None,
        image=inputs["image"][None, None],
        mask=None,
        valid=jnp.ones((1, 1), bool),
        camera=jax.tree.map(lambda x: x[None, None], camera),
        crop_from_camera=eye,
        camera_from_world=eye,
    )


def exported(sets: Arrays) -> Arrays:
    """What is exported of a method's joint sets."""
    found = {"joints": sets["keypoints21"]}
    if "laid21" in sets:
        found["vertices"] = jax.vmap(_turned)(
            sets["surface"], sets["laid21"], sets["keypoints21"]
        )
    else:
        surface = next((sets[name] for name in SURFACES if name in sets), None)
        found |= {} if surface is None else {"vertices": surface}
    if "centres41" in sets:
        found["centres"] = sets["centres41"]
    return found


def _turned(
    surface: Float[Array, "vertices 3"],
    laid: Float[Array, "21 3"],
    turned: Float[Array, "21 3"],
) -> Float[Array, "vertices 3"]:
    """A surface turned and moved as its key points are."""
    return transforms.apply(alignment.align_rigid(laid, turned), surface)
