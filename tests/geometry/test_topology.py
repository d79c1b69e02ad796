"""Edges and their faces, against sets counted by hand and by loops."""

import numpy as np
import pytest
import trimesh

from handjax.geometry.topology import ALONE, edge_faces
from handjax.hands.template import load_template

TETRAHEDRON = np.array([[0, 2, 1], [0, 1, 3], [1, 2, 3], [2, 0, 3]])


def hand():
    return np.asarray(load_template("hand_790").faces)


@pytest.mark.parametrize("faces", [TETRAHEDRON, trimesh.creation.icosphere(1).faces])
def test_each_edge_of_a_closed_mesh_has_the_two_faces_that_hold_it(faces):
    found = edge_faces(faces)
    assert len(found.ends) == 3 * len(faces) // 2
    assert len(np.unique(found.ends, axis=0)) == len(found.ends)
    for ends, own, opposite in zip(
        found.ends, found.faces, found.opposite, strict=True
    ):
        assert own[0] != own[1]
        for face, third in zip(own, opposite, strict=True):
            assert set(faces[face]) == {*ends, third}


def test_an_edge_of_one_face_has_no_second():
    found = edge_faces(np.array([[0, 1, 2], [1, 3, 2]]))
    shared = (found.ends == [1, 2]).all(axis=1)
    assert found.faces[shared].tolist() == [[0, 1]]
    assert found.opposite[shared].tolist() == [[0, 3]]
    assert (found.faces[~shared, 1] == ALONE).all()
    assert (found.opposite[~shared, 0] == found.opposite[~shared, 1]).all()
    assert len(found.ends) == 5


def test_three_faces_at_one_edge_have_it_each_for_itself():
    found = edge_faces(np.array([[0, 1, 2], [1, 0, 3], [0, 1, 4]]))
    fin = (found.ends == [0, 1]).all(axis=1)
    assert sorted(found.faces[fin, 0]) == [0, 1, 2]
    assert (found.faces[fin, 1] == ALONE).all()


def test_the_faces_at_a_vertex_are_all_that_hold_it():
    faces = hand()
    found = edge_faces(faces)
    for vertex in range(0, faces.max() + 1, 37):
        mine = found.touching[found.first[vertex] : found.first[vertex + 1]]
        np.testing.assert_array_equal(mine, np.flatnonzero((faces == vertex).any(1)))


def test_lists_grow_with_the_mesh_not_with_its_most_crowded_vertex():
    around = np.arange(5000)
    faces = np.stack([0 * around, 1 + around, 1 + np.roll(around, -1)], axis=1)
    found = edge_faces(faces)
    assert sum(leaf.nbytes for leaf in found) < 100 * len(faces)
    assert found.first[1] == 5000


def test_a_mesh_without_faces_has_no_edges():
    found = edge_faces(np.zeros((0, 3), int))
    assert found.ends.shape == (0, 2)
    assert not len(found.touching)
