"""What dual_grid costs: the layers between its two grids, the search, the whole.

    PYTHONPATH=. python benchmarks/dual_grid.py [--variant small]

Prints, for 32 pictures, milliseconds and memory of extension and sampling beside the
same by a matrix of pixels x cells, forward and with gradient; of the nearest vertex of
points, one vertex after the other, beside distances of all pairs; and frames a second
of the networks alone and of all that `predict` gives, at batch 1 and 32.
"""

import argparse
from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import timing
from jax import Array

from configs import dual_grid as page
from handjax.experiment import assemble
from handjax.geometry import mesh_grid
from handjax.methods.dual_grid import estimate, unlabelled

BATCH, PIXELS, CHANNELS, GRID = 32, 64 * 64, 20, 16
SHARE = 0.1
"""Of the pixels, those that show the hand."""
POINTS, VERTICES = 256, 1721


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--variant", default="", help="of configs/dual_grid.py")
    chosen = parser.parse_args()
    print(f"{jax.default_backend()}, {BATCH} pictures")
    compare("extend and sample", layers(), example())
    compare("nearest vertex", searches(), surfaces())
    print("\nframes a second       batch 1  batch 32")
    rates = {size: frames(chosen.variant, size) for size in (1, BATCH)}
    for name in rates[1]:
        print(f"{name:20}{rates[1][name]:9.1f}{rates[BATCH][name]:10.1f}")


def example() -> tuple[Array, ...]:
    """Features, coordinates and which pixels count, of every picture."""
    keys = jax.random.split(jax.random.key(0), 3)
    f = jax.random.normal(keys[0], (BATCH, PIXELS, CHANNELS))
    m = (GRID - 1.0) * jax.random.uniform(keys[1], (BATCH, PIXELS, 2))
    return f, m, jax.random.bernoulli(keys[2], SHARE, (BATCH, PIXELS)).astype(float)


def layers() -> dict[str, Callable[..., Any]]:
    """A round trip from pixels to the grid and back, two ways; with gradient."""

    def rows(f, m, weights):
        extension = mesh_grid.extend(f, m, GRID, GRID, weights=weights)
        return mesh_grid.sample(mesh_grid.average(extension), m)

    def dense(f, m, weights):
        wx, wy = (mesh_grid.axis_weights(m[:, k], GRID) for k in range(2))
        w = (wy[:, :, None] * wx[:, None, :]).reshape(PIXELS, -1)
        counted = w * weights[:, None]
        total = counted.sum(0)[:, None] + mesh_grid.FEW
        return w @ ((counted.T @ f) / total)

    found = {}
    for name, way in (("row by row", rows), ("pixels x cells", dense)):
        found[name] = jax.vmap(way)
        found[f"{name}, gradient"] = partial(slope, jax.vmap(way))
    return found


def slope(function: Callable[..., Array], f: Array, m: Array, weights: Array) -> Any:
    def total(f, m):
        return jnp.sum(jnp.square(function(f, m, weights)))

    return jax.grad(total, argnums=(0, 1))(f, m)


def surfaces() -> tuple[Array, ...]:
    """Points, vertices and which of these may be the nearest, of every picture."""
    keys = jax.random.split(jax.random.key(1), 3)
    p, v = (
        60.0 * jax.random.normal(key, (BATCH, count, 3))
        for key, count in zip(keys, (POINTS, VERTICES), strict=False)
    )
    return p, v, jax.random.bernoulli(keys[2], 0.5, (BATCH, VERTICES))


def searches() -> dict[str, Callable[..., Any]]:
    """The nearest vertex of every point, two ways."""

    def pairs(p, v, chosen):
        away = [p[:, None, k] - v[:, k] for k in range(3)]
        squared = away[0] ** 2 + away[1] ** 2 + away[2] ** 2
        return jnp.argmin(jnp.where(chosen, squared, jnp.inf), axis=1)

    return {
        "vertex by vertex": jax.vmap(unlabelled.nearest_vertex),
        "all pairs": jax.vmap(pairs),
    }


def compare(
    title: str, ways: dict[str, Callable[..., Any]], given: tuple[Array, ...]
) -> None:
    programs = {
        name: jax.jit(way).lower(*given).compile() for name, way in ways.items()
    }
    calls = {name: partial(run, *given) for name, run in programs.items()}
    seconds = timing.fastest(calls, repeats=10)
    print(f"\n{title:28}{'ms':>9}{'MiB':>9}")
    for name, program in programs.items():
        memory: Any = program.memory_analysis()
        mebibytes = memory.temp_size_in_bytes / 2**20
        print(f"{name:28}{1e3 * seconds[name]:9.1f}{mebibytes:9.1f}")


def frames(variant: str, size: int) -> dict[str, float]:
    """Frames a second of the networks alone, and of all that is predicted."""
    config = page.get_config(variant)
    method, sources = assemble(config)[1:]
    source = sources["synthetic"](size)
    batch = jax.jit(source.sample)(jax.random.key(0), source.held)
    params, _ = jax.jit(method.init)(jax.random.key(1), batch)
    nets: Any = estimate.networks(config.model)
    picture = batch.views.depth[:, 0, ..., None]
    channels = config.model.features + 4
    cells = jnp.zeros((size, config.model.grid, config.model.grid, channels))

    @jax.jit
    def alone(params):
        inputs = {"segment": picture, "image": picture, "mesh": cells}
        each = [(getattr(nets, name), params[name], x) for name, x in inputs.items()]
        return [network.apply(own, x) for network, own, x in each]

    @jax.jit
    def whole(params, batch):
        key = jax.random.key(0)
        return method.predict(params, {}, batch, key=key, train=False)[0]

    calls = {
        "networks": lambda: alone(params),
        "everything": lambda: whole(params, batch),
    }
    seconds = timing.fastest(calls, repeats=10)
    return {name: size / taken for name, taken in seconds.items()}


if __name__ == "__main__":
    main()
