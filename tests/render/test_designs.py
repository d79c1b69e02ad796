"""All designs of the rasteriser find the same, and nothing that is too much is lost."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from handjax.geometry.cameras import Orthographic
from handjax.hands.template import load_template
from handjax.render import visibility
from handjax.render.designs import DESIGNS, FASTEST, bins, boxes, fragments, kernel
from handjax.render.designs import tiles as tile_lists
from handjax.render.rasterize import rasterize
from tests.render.scenes import (
    FAR,
    HEIGHT,
    ORTHOGRAPHIC,
    PINHOLE,
    WIDTH,
    Mesh,
    as_arrays,
    render,
    soup,
)

TILES = 6 * 8  # of 4 x 4 pixels
OTHERS = pytest.mark.parametrize("design", [k for k in DESIGNS if k != "fragments"])
CHUNKED = {"fragments": HEIGHT * WIDTH, "boxes": HEIGHT * WIDTH, "tiles": TILES}
CHUNKED["kernel"] = 2 * 2


@OTHERS
def test_every_design_finds_the_same_in_a_batch(design):
    meshes = [soup(seed) for seed in range(1, 4)]
    camera, vertices = as_arrays(PINHOLE, np.stack([m.vertices for m in meshes]))
    draw = partial(render, camera, faces=jnp.asarray(meshes[0].faces))
    got, expected = (
        jax.vmap(lambda v, name=name: draw(vertices=v, design=name))(vertices)
        for name in (design, "fragments")
    )
    assert len(np.unique(expected.face)) > 30
    np.testing.assert_array_equal(got.face, expected.face)
    np.testing.assert_allclose(got.depth, expected.depth, rtol=1e-6)


@pytest.mark.parametrize("design", CHUNKED)
def test_nothing_beyond_a_chunk_or_a_group_is_left_out(design, monkeypatch):
    mesh = soup(1)
    camera, vertices = as_arrays(ORTHOGRAPHIC, mesh.vertices)
    draw = partial(render, camera, vertices, jnp.asarray(mesh.faces), design=design)
    expected = draw()
    assert len(np.unique(expected.face)) > 20
    monkeypatch.setattr(fragments, "PIXELS_A_FRAGMENT", 21.0)
    monkeypatch.setattr(bins, "FACES_AN_ENTRY", 40)
    monkeypatch.setattr(tile_lists, "PIXELS_A_LIST", HEIGHT * WIDTH)
    monkeypatch.setattr(visibility, "MOST_PIECES", 17 * CHUNKED[design])
    # A picture of another width is compiled anew.
    got = draw(width=WIDTH - 1)
    np.testing.assert_array_equal(got.face, expected.face[:, :-1])
    np.testing.assert_allclose(got.depth, expected.depth[:, :-1], rtol=1e-6)


def fan(count: int) -> Mesh:
    """Faces one behind another in one tile, the hindmost first, each seen at one pixel.

    Behind all of them is one that covers the picture.
    """
    pixel = np.arange(count)
    at = np.stack([pixel % 4, pixel // 4 % 4, 300.0 - pixel], axis=-1)
    corners = at[:, None] + np.array([[-0.3, -0.2, 0], [0.3, -0.2, 0], [0, 0.4, 0]])
    wall = np.array([[[-99, -99, 350.0], [199, -99, 350], [-99, 199, 350]]])
    corners = np.concatenate([corners, wall]).reshape(-1, 3)
    return Mesh(corners, np.arange(len(corners)).reshape(-1, 3))


@pytest.mark.parametrize("design", DESIGNS)
def test_neither_a_crowded_tile_nor_a_huge_face_is_over_capacity(design):
    """All faces come twice, of which the first are seen, and none behind `far`."""
    count = 5 * tile_lists.CAPACITY
    assert min(HEIGHT, WIDTH) > boxes.SIDE
    mesh = fan(count)
    camera, vertices = as_arrays(Orthographic(np.ones(2), np.zeros(2)), mesh.vertices)
    faces = jnp.asarray(np.concatenate([mesh.faces, mesh.faces]))
    draw = partial(render, camera, vertices, faces, design=design)
    expected = np.full((HEIGHT, WIDTH), count)
    for k in range(count):
        expected[k // 4 % 4, k % 4] = k
    np.testing.assert_array_equal(draw().face, expected)
    expected[expected == count] = -1
    np.testing.assert_array_equal(draw(far=349.0).face, expected)


def test_gradients_do_not_ask_which_design_found_the_faces():
    mesh = soup(2)
    camera, vertices = as_arrays(PINHOLE, mesh.vertices)

    def slope(**options):
        draw = partial(render, camera, faces=jnp.asarray(mesh.faces), **options)
        return jax.grad(lambda v: jnp.sum(jnp.sin(draw(vertices=v).depth)))(vertices)

    expected = slope()
    assert np.any(expected != 0)
    np.testing.assert_allclose(slope(design="tiles"), expected, atol=1e-5)


def test_an_unknown_design_is_refused_by_name():
    mesh = soup(1)
    camera, vertices = as_arrays(PINHOLE, mesh.vertices)
    with pytest.raises(ValueError, match="no design 'tile': choose one of fragments, "):
        render(camera, vertices, jnp.asarray(mesh.faces), design="tile")


def test_no_backend_takes_the_kernel_that_has_never_met_a_card():
    assert "kernel" not in FASTEST.values()
    assert set(FASTEST.values()) <= set(DESIGNS)


def test_the_kernel_lowers_to_triton():
    frame = visibility.Frame(HEIGHT, WIDTH, -float("inf"), False)
    draw = jax.jit(partial(kernel.nearest_faces, frame, interpret=False))
    call = jax.export.DisabledSafetyCheck.custom_call("__gpu$xla.gpu.triton")
    lower = jax.export.export(draw, platforms=["cuda"], disabled_checks=[call])
    faces = jnp.zeros((20, 3), jnp.int32)
    lowered = lower(jnp.zeros((2, 30, 3)), faces, jnp.zeros(2))
    assert "triton" in lowered.mlir_module()


@pytest.mark.parametrize("design", ["fragments", "tiles", "kernel"])
def test_memory_goes_with_pixels_and_faces_not_with_their_product(design):
    template = load_template("hand_1721")
    (camera,) = as_arrays(ORTHOGRAPHIC)

    def slope(vertices):
        draw = partial(rasterize, camera, height=64, width=64, far=FAR, design=design)
        return jax.grad(lambda x: draw(x, template.faces).depth.sum())(vertices)

    memory = jax.jit(slope).lower(template.vertices).compile().memory_analysis()
    if memory is None:
        pytest.skip("this backend does not report its memory")
    assert memory.temp_size_in_bytes < 0.2 * 64 * 64 * len(template.faces)


def test_pictures_that_have_their_turn_are_the_same(monkeypatch):
    monkeypatch.setattr(visibility, "PIXELS_TOGETHER", 2 * 21 * WIDTH)
    meshes = [soup(seed) for seed in range(5)]
    vertices = jnp.stack([jnp.asarray(m.vertices) for m in meshes])
    faces = jnp.asarray(meshes[0].faces)
    # A height of its own, lest a program be found that was compiled before.
    draw = partial(rasterize, PINHOLE, height=21, width=WIDTH, far=FAR)
    found = jax.vmap(lambda x: draw(x, faces).face)(vertices)
    monkeypatch.undo()
    alone = jnp.stack([draw(one, faces).face for one in vertices])
    np.testing.assert_array_equal(found, alone)
    assert len(np.unique(found)) > 10
