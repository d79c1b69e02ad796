"""Several devices draw a batch, each pictures of its own."""

import os
import subprocess
import sys
from pathlib import Path

from tests.compiling import QUICK

ROOT = Path(__file__).parents[2]
TWO = "--xla_force_host_platform_device_count=2"
SHARED = """
from functools import partial
import jax, numpy as np
import jax.numpy as jnp
from jax.sharding import Mesh, PartitionSpec
from tests.render.scenes import PINHOLE, as_arrays, render, sphere

assert jax.local_device_count() == 2
mesh = sphere()
shifts = np.array([0.0, 5.0, -9.0, 14.0])[:, None, None]
camera, vertices = as_arrays(PINHOLE, mesh.vertices + shifts)
faces = jnp.asarray(mesh.faces)

def draw(vertices):
    picture = render(camera, vertices, faces)
    return jnp.sum(picture.depth**2), picture

drawn = jax.vmap(jax.grad(draw, has_aux=True))
apart = partial(PartitionSpec, "pictures")
shared = jax.shard_map(
    drawn, mesh=Mesh(jax.devices(), "pictures"), in_specs=apart(), out_specs=apart(),
    check_vma=False,
)
found, alone = jax.jit(shared)(vertices), jax.jit(drawn)(vertices)
assert len(found[1].depth.sharding.device_set) == 2
jax.tree.map(partial(np.testing.assert_allclose, rtol=1e-5, atol=1e-2), found, alone)
assert (found[1].face >= 0).any(axis=(1, 2)).all()
"""


def test_two_devices_draw_what_one_draws():
    environment = os.environ | {QUICK.upper(): "1", "XLA_FLAGS": TWO}
    command = [sys.executable, "-c", SHARED]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
