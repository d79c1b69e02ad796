"""What graph_cnn costs: each of its networks, and all that it predicts.

    PYTHONPATH=. python benchmarks/graph_cnn.py [--variant paper] [--batch 1]

Prints milliseconds of a call and parameters of the hourglasses, of encoder and graph
decoder, and of the pose regressor; [ge2019] Sec. 5.1 has the second and third as one.
Then of all of `predict`, with scale and root found too.
"""

import argparse
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import timing

from configs import graph_cnn as page
from handjax.experiment import assemble
from handjax.hands.template import load_template
from handjax.methods import pictures
from handjax.methods.graph_cnn import estimate

PARTS = {
    "hourglasses": ("heatmaps",),
    "encoder": ("encoder",),
    "graph decoder": ("mesh",),
    "pose regressor": ("regressor",),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--variant", default="paper", help="of configs/graph_cnn.py")
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=10)
    chosen = parser.parse_args()
    try:
        config = page.get_config(chosen.variant)
    except ValueError as wrong:
        parser.error(str(wrong))
    if config.model.pipeline != "mesh":
        parser.error(f"{chosen.variant} has no graphs to time; choose a row of a mesh")
    method, sources = assemble(config)[1:]
    room = estimate.make_room(config, load_template(config.template))
    source = sources["synthetic"](chosen.batch)
    batch = jax.jit(source.sample)(jax.random.key(0), source.held)
    params, _ = jax.jit(method.init)(jax.random.key(1), batch)
    calls = {
        name: partial(jax.jit(part), params, *given)
        for name, (part, given) in split(params, batch, room).items()
    }
    whole = jax.jit(partial(method.predict, key=jax.random.key(0), train=False))
    calls["all of predict"] = partial(whole, params, {}, batch)
    seconds = timing.fastest(calls, repeats=chosen.repeats)
    pixels = room.pixels
    print(f"{jax.default_backend()}, batch {chosen.batch}, {pixels} x {pixels} pixels")
    print(f"{'':26}{'ms':>9}{'parameters':>14}")
    for name, fastest in seconds.items():
        owners = PARTS.get(name, tuple(params))
        print(f"{name:26}{1e3 * fastest:9.1f}{count(params, owners):14,}")


def split(params: Any, batch: Any, room: estimate.Room) -> dict[str, tuple[Any, Any]]:
    """Each part as a function of parameters and of what the part before it says."""
    nets, image = room.networks, pictures.picture(batch)

    def hourglasses(params, image):
        return nets.heatmaps.apply(params["heatmaps"], image)

    def encode(params, maps, features):
        return nets.encoder.apply(params["encoder"], maps, features)

    def decode(params, latent):
        return nets.mesh.apply(params["mesh"], latent)

    def regress(params, nodes):
        return nets.regressor.apply(params["regressor"], nodes)

    maps, features = hourglasses(params, image)
    latent = encode(params, maps[-1], features)
    nodes = jnp.zeros((len(image), len(room.tree.vertices), 3))
    given = ((image,), (maps[-1], features), (latent,), (nodes,))
    ways = (hourglasses, encode, decode, regress)
    return dict(zip(PARTS, zip(ways, given, strict=True), strict=True))


def count(params: Any, owners: tuple[str, ...]) -> int:
    """Parameters of networks."""
    leaves = jax.tree.leaves([params[name] for name in owners])
    return sum(leaf.size for leaf in leaves)


if __name__ == "__main__":
    main()
