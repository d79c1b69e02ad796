"""The built-in hand: sound as a mesh, human in its measures, whole in its parts."""

import hashlib

import jax.numpy as jnp
import numpy as np
import pytest
import trimesh

from handjax.geometry import meshes
from handjax.hands import anatomy, poses
from handjax.hands.build import flips, folds, shapes, store, volumes
from handjax.hands.build.crossings import crossings
from handjax.hands.skeleton import FINGERS, JOINT_PARENTS, JOINTS, POSED
from handjax.hands.template import LEVELS, level_map, load_template, mirror

COUNTS = {"hand_12553": 12553, "hand_1721": 1721, "hand_1000": 1000, "hand_790": 790}


@pytest.fixture(params=LEVELS)
def level(request):
    return request.param, load_template(request.param)


@pytest.fixture(scope="module")
def hand():
    return load_template()


def as_mesh(template):
    vertices = np.asarray(template.vertices, np.float64)
    return trimesh.Trimesh(vertices, np.asarray(template.faces), process=False)


def test_every_level_has_its_exact_number_of_vertices(level):
    name, template = level
    assert len(template.vertices) == COUNTS[name]
    assert len(np.unique(np.asarray(template.faces))) == COUNTS[name]


def test_every_level_is_a_closed_surface_without_handles(level):
    mesh = as_mesh(level[1])
    assert mesh.is_watertight
    assert mesh.is_winding_consistent
    assert mesh.euler_number == 2
    assert len(mesh.split()) == 1


def test_every_level_looks_outwards_and_holds_a_hand_of_flesh(level):
    assert 270e3 < as_mesh(level[1]).volume < 400e3


def test_no_level_meets_itself_at_rest(level):
    mesh = as_mesh(level[1])
    assert len(crossings(mesh.vertices, mesh.faces)) == 0


def test_crossings_are_found():
    a = trimesh.creation.icosphere(subdivisions=1, radius=1.0)
    b = a.copy()
    b.apply_translation([0.9, 0.1, 0.2])
    assert len(crossings(a.vertices, a.faces)) == 0
    both = trimesh.util.concatenate([a, b])
    assert len(crossings(both.vertices, both.faces)) > 10


def test_triangles_are_round_enough_to_carry_a_picture(level):
    triangles = as_mesh(level[1]).triangles
    edges = np.sum((triangles - np.roll(triangles, 1, 1)) ** 2, (1, 2))
    normals = np.cross(
        triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0]
    )
    roundness = 2.0 * np.sqrt(3.0) * np.linalg.norm(normals, axis=-1) / edges
    assert roundness.min() > 0.3
    assert roundness.mean() > 0.8


def test_no_level_has_sharp_ridges_and_only_webs_are_sharp_valleys(level):
    mesh = as_mesh(level[1])
    bend, ridge = np.rad2deg(mesh.face_adjacency_angles), mesh.face_adjacency_convex
    assert bend[ridge].max() < 90.0
    # Where fingers part, four facets of the coarsest level meet in one deep fold.
    assert bend[~ridge].max() < (115.0 if level[0] == "hand_790" else 90.0)


@pytest.mark.parametrize("push", [0.0, 3.0, 5.0])
def test_folds_are_flipped_or_drawn_out_and_all_else_is_kept(push):
    """A ball of radius 10 with one corner pushed aside, over its neighbours."""
    ball = trimesh.creation.icosphere(2, radius=10.0)
    vertices = np.array(ball.vertices)
    aside = np.array([-vertices[60, 1], vertices[60, 0], 0.0])
    vertices[60] += push * aside / np.linalg.norm(aside)
    got, faces = folds.unfold(vertices, ball.faces, np.zeros(len(ball.faces)))
    cosines = [
        folds.straightness(v, f, flips.edge_pairs(f)).min()
        for v, f in ((vertices, ball.faces), (got, faces))
    ]
    assert (cosines[0] < folds.SHARPEST) == (push > 0.0)
    assert cosines[1] > folds.SHARPEST
    kept = np.array_equal(got, vertices) and np.array_equal(faces, ball.faces)
    assert kept == (push == 0.0)


def test_measures_are_those_of_people(hand):
    vertices = np.asarray(hand.vertices)
    joints = dict(zip(JOINTS, np.asarray(hand.joints), strict=True))
    assert 175.0 < -vertices[:, 1].min() < 200.0
    thumb = np.asarray(hand.weights)[:, 1:5].sum(-1) > 0.1
    knuckles = np.abs(vertices[:, 1] - joints["middle_mcp"][1] - 8.0) < 5.0
    assert 75.0 < np.ptp(vertices[knuckles & ~thumb, 0]) < 95.0
    assert 22.0 < np.ptp(vertices[knuckles & ~thumb, 2]) < 36.0
    wrist = vertices[np.abs(vertices[:, 1] - 8.0) < 4.0]
    assert 50.0 < np.ptp(wrist[:, 0]) < 65.0
    assert 30.0 < np.ptp(wrist[:, 2]) < 45.0


def test_fingers_end_at_their_tips(hand):
    distance = jnp.linalg.norm(
        hand.vertices[:, None] - hand.joints[None, len(POSED) :], axis=-1
    )
    assert jnp.max(jnp.min(distance, axis=0)) < 3.0


def test_stored_joints_are_those_of_the_anatomy(level):
    joints = level[1].joints
    np.testing.assert_allclose(joints, anatomy.rest_joints(), atol=1e-3)


def test_joints_stand_inside_the_surface(hand):
    joints = np.asarray(hand.joints[: len(POSED)], np.float64)
    corners = np.asarray(hand.vertices, np.float64)[np.asarray(hand.faces)]
    for joint in joints:
        a, b, c = np.moveaxis(corners - joint, 1, 0)
        assert winding_number(a, b, c) == pytest.approx(1.0, abs=1e-6)


def winding_number(a, b, c):
    """How often triangles surround the origin (Van Oosterom & Strackee 1983)."""
    la, lb, lc = (np.linalg.norm(p, axis=-1) for p in (a, b, c))
    over = np.sum(a * np.cross(b, c), -1)
    under = la * lb * lc + lc * np.sum(a * b, -1)
    under += la * np.sum(b * c, -1) + lb * np.sum(c * a, -1)
    return np.sum(np.arctan2(over, under)) / (2.0 * np.pi)


def test_weights_are_few_and_sum_to_one(level):
    weights = np.asarray(level[1].weights)
    np.testing.assert_allclose(weights.sum(-1), 1.0, atol=1e-5)
    assert weights.min() >= 0.0
    assert (weights > 0.0).sum(-1).max() <= 4


def test_weights_do_not_bleed_between_fingers(hand):
    weights = np.asarray(hand.weights)
    per_finger = np.stack(
        [weights[:, [n.startswith(f) for n in POSED]].sum(-1) for f in FINGERS], -1
    )
    ends = weights[:, [n.endswith(("pip", "dip")) for n in POSED]].sum(-1) > 0.3
    assert np.sort(per_finger[ends], -1)[:, -2].max() < 0.01


def test_weights_change_smoothly_along_edges(hand):
    mesh = as_mesh(load_template("hand_12553"))
    weights = np.asarray(load_template("hand_12553").weights)
    a, b = mesh.edges_unique.T
    assert np.abs(weights[a] - weights[b]).max() < 0.4


def test_every_posed_joint_moves_some_skin(level):
    assert (np.asarray(level[1].weights).max(0) > 0.1).all()


def test_no_finger_collapses_over_the_forty_poses(hand):
    angles = np.stack(list(poses.NAMED.values()))
    for finger, change in volumes.volume_changes(hand, angles).items():
        assert change.min() > -0.12, finger
        assert change.max() < 0.15, finger


def test_a_right_angle_at_one_joint_keeps_the_volume(hand):
    bent = ("index_mcp", "middle_pip", "ring_pip", "little_dip", "thumb_ip")
    angles = np.zeros((len(bent), len(POSED), 3), np.float32)
    angles[range(len(bent)), [POSED.index(joint) for joint in bent], 0] = np.pi / 2
    changes = volumes.volume_changes(hand, angles)
    for pose, joint in enumerate(bent):
        assert abs(changes[joint.split("_")[0]][pose]) < 0.06, joint


def test_volume_of_a_box_without_its_floor():
    box = trimesh.creation.box(extents=(1.0, 2.0, 3.0))
    walls = box.faces[box.face_normals[:, 2] > -0.5]
    volume = volumes.closed_volume(box.vertices.view(np.ndarray), walls)
    assert volume == pytest.approx(6.0)


def test_axes_are_right_handed_frames_along_the_bones(hand):
    axes = np.asarray(hand.axes)
    np.testing.assert_allclose(
        axes @ axes.transpose(0, 2, 1), np.tile(np.eye(3), (17, 1, 1)), atol=1e-5
    )
    np.testing.assert_allclose(np.linalg.det(axes), 1.0, atol=1e-5)


@pytest.mark.parametrize("sign", [-2.0, 2.0])
def test_no_shape_within_two_deviations_folds(hand, sign):
    faces = np.asarray(hand.faces)
    rest = as_mesh(hand).face_normals
    for moved in np.asarray(hand.shape_vertices, np.float64):
        vertices = np.asarray(hand.vertices, np.float64) + sign * moved
        mesh = trimesh.Trimesh(vertices, faces, process=False)
        assert np.sum(mesh.face_normals * rest, -1).min() > 0.5
        assert len(crossings(vertices, faces)) == 0


def test_shapes_carry_the_skin_along_with_the_joints(hand):
    # The mean displacement of the skin around a finger joint is that of the joint.
    vertices, joints = np.asarray(hand.vertices), np.asarray(hand.joints)
    moved_skin, moved = np.asarray(hand.shape_vertices), np.asarray(hand.shape_joints)
    for joint, name in enumerate(JOINTS):
        if name.endswith(("pip", "dip", "_ip")):
            near = np.linalg.norm(vertices - joints[joint], axis=-1) < 13.0
            gap = moved_skin[:, near].mean(1) - moved[:, joint]
            assert np.linalg.norm(gap, axis=-1).max() < 0.5, name


def test_size_scales_surface_and_joints_alike_and_spheres_to_half_a_mm(hand):
    k = list(shapes.components()).index("size")
    for moved, still, atol in (
        (hand.shape_vertices, hand.vertices, 0.02),
        (hand.shape_joints, hand.joints, 1e-3),
        (hand.shape_centres, hand.sphere_centres, 0.5),
        (hand.shape_radii, hand.sphere_radii, 0.5),
    ):
        np.testing.assert_allclose(moved[k], 0.054 * still, rtol=0.0, atol=atol)


def test_length_of_one_finger_leaves_the_others_alone(hand):
    k = list(shapes.components()).index("ring_length")
    moved = jnp.linalg.norm(hand.shape_joints[k], axis=-1)
    other = np.array(["ring" not in name for name in JOINTS])
    assert moved[other].max() == 0.0
    assert moved[JOINTS.index("ring_tip")] > 2.0


def test_bones_keep_their_directions_under_finger_length(hand):
    k = list(shapes.components()).index("finger_length")
    for joint, parent in enumerate(JOINT_PARENTS):
        if parent < 1:
            continue
        bone = hand.joints[joint] - hand.joints[parent]
        change = hand.shape_joints[k, joint] - hand.shape_joints[k, parent]
        assert jnp.linalg.norm(jnp.cross(bone, change)) < 1e-2


def test_texture_covers_itself_nowhere(level):
    uv, faces = np.asarray(level[1].uv, np.float64), np.asarray(level[1].uv_faces)
    assert uv.min() >= 0.0
    assert uv.max() <= 1.0
    a, b, c = np.moveaxis(uv[faces], 1, 0)
    area = (b - a)[:, 0] * (c - a)[:, 1] - (b - a)[:, 1] * (c - a)[:, 0]
    assert area.min() > 0.0
    counts = np.zeros((256, 256), int)
    for corners in uv[faces] * 256:
        _count(counts, corners)
    assert (counts > 1).sum() <= 2e-4 * (counts > 0).sum()


def _count(counts, triangle):
    """Count the pixel centres strictly inside a triangle."""
    low, high = np.ceil(triangle.min(0)), np.floor(triangle.max(0))
    x, y = np.meshgrid(*(np.arange(p, q + 1) for p, q in zip(low, high, strict=True)))
    a, b, c = triangle
    sides = [
        (q[0] - p[0]) * (y - p[1]) - (q[1] - p[1]) * (x - p[0])
        for p, q in ((a, b), (b, c), (c, a))
    ]
    inside = np.all([s > 1e-9 for s in sides], axis=0)
    np.add.at(counts, (y[inside].astype(int), x[inside].astype(int)), 1)


@pytest.mark.parametrize("target", LEVELS)
def test_maps_carry_positions_from_level_to_level(target):
    for source in LEVELS:
        corners, weights = level_map(source, target)
        np.testing.assert_allclose(weights.sum(-1), 1.0, atol=2e-3)
        vertices = load_template(source).vertices
        carried = jnp.einsum("vk,vkc->vc", weights, vertices[corners])
        gap = jnp.linalg.norm(carried - load_template(target).vertices, axis=-1)
        assert gap.max() < 2.5
        assert gap.mean() < 0.4


def test_mirroring_twice_changes_nothing(hand):
    for ours, again in zip(hand, mirror(mirror(hand)), strict=True):
        np.testing.assert_array_equal(ours, again)


def test_mirrored_hand_is_a_closed_left_hand(hand):
    mesh = as_mesh(mirror(hand))
    assert mesh.volume == pytest.approx(as_mesh(hand).volume, rel=1e-6)
    assert mirror(hand).joints[JOINTS.index("thumb_tip"), 0] < 0.0


def test_unknown_name_is_answered_with_the_names():
    with pytest.raises(ValueError, match=r"hand_42.*hand_12553.*hand_790"):
        load_template("hand_42")


@pytest.fixture(scope="module")
def coarse_builds():
    pytest.importorskip("skimage", reason="the hand is built with the extra `build`")
    from handjax.hands.build import __main__ as script

    return [script.build(3.5, counts=(300,))["hand_300"] for _ in range(2)]


def test_building_twice_gives_the_same_file(coarse_builds, tmp_path):
    digests = set()
    for k, level in enumerate(coarse_builds):
        store.write_level(tmp_path / f"{k}.npz", level)
        digests.add(hashlib.sha256((tmp_path / f"{k}.npz").read_bytes()).digest())
    assert len(digests) == 1


def test_script_builds_a_coarse_hand_within_3_mm_of_the_stored_one(coarse_builds, hand):
    built = coarse_builds[0]
    distance = meshes.closest_points(
        built["vertices"], np.asarray(hand.vertices), np.asarray(hand.faces)
    ).distances
    assert distance.max() < 3.0
    assert distance.mean() < 0.5
