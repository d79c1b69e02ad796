"""How much shapes of known overlap are inside each other, and how much hands are."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import trimesh

from handjax.evaluation import penetration as inside
from handjax.hands import articulate
from handjax.hands.named_poses import NAMED
from handjax.hands.template import load_template


def pair(first, second):
    """Two shapes as one skin of two parts."""
    vertices = np.concatenate([first.vertices, second.vertices])
    faces = np.concatenate([first.faces, second.faces + len(first.vertices)])
    part = np.repeat([0, 1], [len(first.faces), len(second.faces)])
    return vertices, inside.cut(faces, part, len(vertices))


def moved(shape, by):
    return shape.copy().apply_translation(by)


def test_two_spheres_are_as_deep_as_they_overlap_and_share_a_lens():
    ball = trimesh.creation.icosphere(4, 10.0)
    found = inside.penetration(*batched(pair(ball, moved(ball, [14.0, 0.0, 0.0]))))
    # A vertex of each is on the line between the centres.
    assert found.deepest[0] == pytest.approx(6.0, abs=0.02)
    lens = np.pi * (4 * 10 + 14) * (2 * 10 - 14) ** 2 / 12
    assert found.volume[0] == pytest.approx(lens, rel=0.01)


def test_corners_of_a_box_in_another_are_as_deep_as_its_face():
    box, small = (trimesh.creation.box([side] * 3) for side in (20.0, 10.0))
    x, parts = pair(box, moved(small, [12.0, 0.0, 0.0]))
    depths = inside.depths(x, parts)
    # Four corners at x = 7, and the face of the large box is at 10.
    np.testing.assert_allclose(depths[depths > 0], [3.0] * 4)
    assert inside.volume(x, parts) == pytest.approx(300.0, rel=0.01)
    coarse = inside.volume(x, parts, spacing=2.0)
    assert coarse == pytest.approx(300.0, rel=0.1)
    assert coarse != inside.volume(x, parts)


def test_shapes_apart_and_shapes_that_touch_are_not_inside_each_other():
    box = trimesh.creation.box([20.0] * 3)
    for gap in (20.0, 21.0):
        x, parts = pair(box, moved(box, [gap, 3.0, 0.0]))
        np.testing.assert_array_equal(inside.depths(x, parts), 0.0)
        assert inside.volume(x, parts) == pytest.approx(0.0, abs=1e-9)


def test_frames_are_measured_one_by_one_and_a_broken_one_is_infinitely_bad():
    box, small = (trimesh.creation.box([side] * 3) for side in (20.0, 10.0))
    x, parts = pair(box, moved(small, [12.0, 0.0, 0.0]))
    away, broken = x.copy(), x.copy()
    away[8:] += 50.0
    broken[3, 1] = np.nan
    found = inside.penetration(np.stack([x, away, broken]), parts, spacing=1.0)
    np.testing.assert_allclose(found.deepest, [3.0, 0.0, np.inf])
    np.testing.assert_allclose(found.mean, [3.0, 0.0, np.inf])
    assert list(found.volume[1:]) == [0.0, np.inf]


def test_frames_of_another_skin_and_lines_without_distance_are_refused():
    ball = trimesh.creation.icosphere(0, 10.0)
    x, parts = pair(ball, moved(ball, [14.0, 0.0, 0.0]))
    with pytest.raises(ValueError, match=r"\(frames, 24, 3\); they are \(1, 23, 3\)"):
        inside.penetration(x[None, 1:], parts)
    with pytest.raises(ValueError, match="above 0 mm"):
        inside.penetration(x[None], parts, spacing=0.0)


def test_a_part_without_faces_is_nowhere():
    box = trimesh.creation.box([20.0] * 3)
    x, faces = np.asarray(box.vertices), np.asarray(box.faces)
    parts = inside.cut(faces, np.full(len(faces), 2), len(x))
    np.testing.assert_array_equal(inside.depths(x, parts), 0.0)
    assert inside.volume(x, parts, spacing=2.0) == 0.0


def batched(shape):
    vertices, parts = shape
    return vertices[None], parts


@pytest.fixture(scope="module")
def hand():
    return load_template("hand_790")


@pytest.fixture(scope="module")
def parts(hand):
    faces = np.asarray(hand.faces)
    part = inside.parts_of_faces(np.asarray(hand.weights), faces)
    return inside.cut(faces, part, len(hand.vertices))


@pytest.fixture(scope="module")
def posed(hand):
    """Surfaces of poses by name."""

    @jax.jit
    @jax.vmap
    def surface(angles):
        turns = articulate.rotations_from_angles(hand, angles)
        pose = articulate.rest_pose(hand)._replace(rotations=turns)
        return articulate.articulate(hand, pose).vertices

    names = ("indextip", "fist", "thumb tuck rigid")
    found = surface(jnp.stack([jnp.asarray(NAMED[name]) for name in names]))
    return dict(zip(names, np.asarray(found, np.float64), strict=True))


def test_a_hand_is_cut_into_a_palm_and_five_fingers_that_are_closed(hand, parts):
    assert len(parts.skins) == 6
    tips = np.asarray(hand.joints)[-5:]
    nearest = [np.linalg.norm(hand.vertices - tip, axis=-1).argmin() for tip in tips]
    np.testing.assert_array_equal(parts.owners[nearest], [1, 2, 3, 4, 5])
    assert len(parts.rims) == 5
    volumes = []
    for triangles in inside._triangles(np.asarray(hand.vertices, float), parts):
        a, b, c = np.moveaxis(triangles, 1, 0)
        np.testing.assert_allclose(np.cross(b - a, c - a).sum(0), 0.0, atol=1e-6)
        volumes.append(np.sum(a * np.cross(b, c)) / 6)
    whole = trimesh.Trimesh(hand.vertices, hand.faces, process=False).volume
    assert min(volumes) > 5e3
    assert sum(volumes) == pytest.approx(whole, rel=1e-5)


def test_a_hand_at_rest_is_not_inside_itself(hand, parts):
    x = np.asarray(hand.vertices, np.float64)
    np.testing.assert_array_equal(inside.depths(x, parts), 0.0)
    assert inside.volume(x, parts, spacing=1.0) == pytest.approx(0.0, abs=1e-6)


def test_a_finger_that_is_bent_through_the_palm_is_deeper_than_one_that_meets_it(
    posed, parts
):
    two = np.stack([posed["fist"], posed["thumb tuck rigid"]])
    found = inside.penetration(two, parts, spacing=1.0)
    assert 0.5 < found.deepest[0] < 5.0 < found.deepest[1]
    assert 50.0 < found.volume[0] < 0.5 * found.volume[1]
    assert (found.mean < found.deepest).all()


def windings(points, triangles):
    """w of the whole skin by its solid angle (Van Oosterom & Strackee 1983)."""
    found = []
    for point in points:
        a, b, c = np.moveaxis(triangles - point, 1, 0)
        la, lb, lc = (np.linalg.norm(x, axis=-1) for x in (a, b, c))
        dots = [np.sum(x * y, axis=-1) for x, y in ((a, b), (a, c), (b, c))]
        low = la * lb * lc + dots[0] * lc + dots[1] * lb + dots[2] * la
        high = np.sum(a * np.cross(b, c), axis=-1)
        found.append(np.arctan2(high, low).sum() / (2 * np.pi))
    return np.rint(found)


def test_what_is_inside_two_parts_the_whole_skin_goes_round_twice(hand, parts, posed):
    x, faces = posed["indextip"], np.asarray(hand.faces)
    depth = inside.depths(x, parts)
    skin = trimesh.Trimesh(x, faces, process=False)
    twice = windings(x - 0.01 * skin.vertex_normals, x[faces]) > 1
    clear = parts.owners >= 0
    np.testing.assert_array_equal((depth > 0)[clear], twice[clear])
    assert twice.sum() > 5
    # Points at random, in a box around where the skin is inside itself.
    low, high = x[twice].min(axis=0) - 2.0, x[twice].max(axis=0) + 2.0
    points = np.random.default_rng(0).uniform(low, high, (2000, 3))
    share = (windings(points, x[faces]) > 1).mean()
    deviation = np.sqrt(share / 2000) * np.prod(high - low)
    found = inside.volume(x, parts)
    assert abs(found - share * np.prod(high - low)) < 3 * deviation
    assert deviation < 0.1 * found


def test_a_forearm_that_is_open_is_closed_too(hand, posed):
    faces = np.asarray(hand.faces)
    part = inside.parts_of_faces(np.asarray(hand.weights), faces)
    wrist = np.asarray(hand.vertices)[faces].mean(axis=1)[:, 1] < 10.0
    open_hand = inside.cut(faces[wrist], part[wrist], len(hand.vertices))
    assert len(open_hand.rims) == 6
    x = posed["thumb tuck rigid"]
    closed = inside.cut(faces, part, len(hand.vertices))
    same = inside.volume(x, closed, spacing=1.0)
    assert inside.volume(x, open_hand, spacing=1.0) == pytest.approx(same, rel=1e-6)


def test_joints_of_the_palm_may_be_chosen(hand):
    weights, faces = np.asarray(hand.weights), np.asarray(hand.faces)
    usual = inside.parts_of_faces(weights, faces)
    fewer = inside.parts_of_faces(weights, faces, ("wrist", "thumb_carpal"))
    assert ((usual == 1) <= (fewer == 1)).all()
    assert (fewer == 1).sum() > (usual == 1).sum()
    np.testing.assert_array_equal(usual > 1, fewer > 1)
