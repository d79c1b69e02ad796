"""Depth maps and the teacher of Eq. (8)."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from handjax.methods import graph_cnn, pictures
from handjax.methods.graph_cnn import TEACHER, labelled, weak
from handjax.render.rasterize import rasterize
from tests.methods.graph_cnn.conftest import PIXELS, TEMPLATE

MESH = labelled.mesh_of(TEMPLATE)


@pytest.fixture(scope="module")
def measured(batch, hands):
    """The batch with the hands' true depth at every pixel."""
    size = {"height": PIXELS, "width": PIXELS, "far": 1e4}

    def look(camera, vertices):
        return rasterize(camera, vertices, TEMPLATE.faces, **size, cull=True).depth

    camera = jax.tree.map(lambda x: x[:, 0], batch.views.camera)
    depth = jax.jit(jax.vmap(look))(camera, hands.vertices)[:, None]
    views = batch.views._replace(depth=depth, mask=depth < 1e4)
    return batch._replace(views=views)


def test_a_true_surface_has_the_depth_that_was_measured(truth, measured):
    assert weak.depth_error(truth, measured, MESH, PIXELS) < 1e-4


def test_a_surface_2_cm_too_far_costs_as_much_at_each_pixel(truth, measured):
    far = truth._replace(vertices=truth.vertices + jnp.array([0.0, 0.0, 20.0]))
    _, there = weak.reference(measured, PIXELS)
    both = there & (weak.drawn(far.vertices, measured, MESH, PIXELS) < weak.FAR)
    wanted = 1.5 * both.sum() / (2 * len(TEMPLATE.vertices))
    got = weak.depth_error(far, measured, MESH, PIXELS)
    assert both.sum() > 100
    assert got == pytest.approx(float(wanted), rel=0.1)

    def cost(z):
        moved = truth.vertices + z * jnp.array([0.0, 0.0, 1.0])
        seen = truth._replace(vertices=moved)
        return weak.depth_error(seen, measured, MESH, PIXELS)

    assert jax.grad(cost)(20.0) > 0.0 > jax.grad(cost)(-20.0)


def test_pixels_of_an_arm_are_not_compared(truth, measured):
    views = measured.views
    nothing = views._replace(mask=jnp.zeros_like(views.mask))
    far = truth._replace(vertices=truth.vertices + 20.0)
    blind = measured._replace(views=nothing)
    assert weak.depth_error(far, blind, MESH, PIXELS) == 0.0


def test_depth_is_asked_for_by_its_name(truth, batch):
    with pytest.raises(ValueError, match="'depth' and 'mask'"):
        weak.depth_error(truth, batch, MESH, PIXELS)


def test_depth_without_a_mask_is_refused_since_it_holds_what_lies_behind(
    truth, measured
):
    bare = measured._replace(views=measured.views._replace(mask=None))
    with pytest.raises(ValueError, match="'depth' and 'mask'"):
        weak.depth_error(truth, bare, MESH, PIXELS)


def test_a_picture_without_a_mask_among_others_is_left_out(truth, measured):
    views = measured.views._replace(mask_valid=jnp.array([[True], [False]]))
    _, there = weak.reference(measured._replace(views=views), PIXELS)
    assert there[0].any()
    assert not there[1].any()


def test_the_small_picture_has_its_pixels_where_the_large_one_is_read(measured):
    """A plane that leans: depth tells where a pixel looks."""
    corners = jnp.array(
        [[-500.0, -500.0, 500.0], [500.0, -500.0, 700.0], [500.0, 500.0, 900.0]]
    )
    other = jnp.array([-500.0, 500.0, 700.0])
    vertices = jnp.concatenate([corners, other[None]])
    faces = jnp.array([[0, 1, 2], [0, 2, 3], [0, 2, 1], [0, 3, 2]])
    camera = jax.tree.map(lambda x: x[0, 0], measured.views.camera)
    size = {"height": PIXELS, "width": PIXELS, "far": 1e4}
    large = rasterize(camera, vertices, faces, **size).depth
    mesh = labelled.Mesh(faces, MESH.edges)
    both = jnp.stack([vertices, vertices])
    small = weak.drawn(both, measured, mesh, PIXELS)[0]
    seen = (small < weak.FAR) & (large[1::2, 1::2] < weak.FAR)
    assert seen.sum() > 500
    np.testing.assert_allclose(small[seen], large[1::2, 1::2][seen], rtol=1e-5)


def test_a_teacher_without_depth_teaches_edges_and_smoothness(
    method, params, truth, batch
):
    terms = jax.eval_shape(method.losses["weak"], params, truth, batch)
    assert set(terms) == {"heatmaps", "joints", "pseudo_edges", "pseudo_laplacian"}


def test_the_teacher_does_not_move(method, room, params, measured):
    known = pictures.true_heatmaps(
        measured.labels.keypoints2d[:, 0], PIXELS, PIXELS // 4, 1.0
    )

    def cost(teacher):
        return jnp.sum(weak.pseudo_truth(teacher, measured, known, room) ** 2)

    slopes = jax.jit(jax.grad(cost))(params[TEACHER])
    assert all(np.all(slope == 0.0) for slope in jax.tree.leaves(slopes))


def moved(params):
    names = ("encoder", "heatmaps")
    return params | {n: jax.tree.map(lambda x: x + 1.0, params[n]) for n in names}


def test_fine_tuning_begins_with_a_copy_of_what_was_learnt(method, params):
    begun = method.begin("hourglass", moved(params))
    for name in ("encoder", "heatmaps"):
        same = jax.tree.map(np.array_equal, begun[TEACHER][name], begun[name])
        assert all(jax.tree.leaves(same))
    assert method.begin("supervised", params) is params


@pytest.mark.parametrize("teacher", ["tuned", "pretrained"])
def test_who_teaches_a_weak_phase_is_chosen(teacher, config, params):
    chosen = config.copy_and_resolve_references()
    chosen.model.teacher = teacher
    made = graph_cnn.make(chosen, TEMPLATE)
    tuned = moved(made.begin("hourglass", params))
    begun = made.begin("weak", tuned)
    wanted = tuned if teacher == "tuned" else params
    for name in ("encoder", "heatmaps"):
        same = jax.tree.map(np.array_equal, begun[TEACHER][name], wanted[name])
        assert all(jax.tree.leaves(same)), name
    assert jax.tree.structure(begun) == jax.tree.structure(params)


def test_another_teacher_is_refused_and_old_runs_had_the_papers(config, params):
    old = config.copy_and_resolve_references().unlock()
    old.model.teacher = "aunt"
    with pytest.raises(ValueError, match="teacher is 'aunt'"):
        graph_cnn.make(old, TEMPLATE)
    del old.model["teacher"]
    made = graph_cnn.make(old, TEMPLATE)
    begun = made.begin("hourglass", params)
    assert made.begin("weak", begun) is begun


def test_a_weak_phase_alone_makes_the_copy_itself(config, params):
    alone = config.copy_and_resolve_references()
    with alone.unlocked():
        alone.phases = alone.phases[-1:]
    begun = graph_cnn.make(alone, TEMPLATE).begin("weak", moved(params))
    same = jax.tree.map(np.array_equal, begun[TEACHER]["encoder"], begun["encoder"])
    assert all(jax.tree.leaves(same))


def test_a_trained_model_brings_all_that_fine_tuning_needs(method, params):
    trained = {name: part for name, part in params.items() if name != TEACHER}
    begun = method.begin("hourglass", trained)
    assert jax.tree.structure(begun) == jax.tree.structure(params)


def test_a_release_predicts_without_the_teacher(method, params, batch):
    released = method.release(params)
    assert set(released) == set(params) - {TEACHER}
    predict = jax.jit(lambda p: method.predict(p, {}, batch, key=None, train=False)[0])
    both = jax.tree.map(np.array_equal, predict(released), predict(params))
    assert all(jax.tree.leaves(both))
