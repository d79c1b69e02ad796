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


def test_the_faces_around_an_edge_are_all_others_at_its_ends():
    faces = hand()
    found = edge_faces(faces)
    for edge in range(0, len(found.ends), 97):
        at_ends = np.flatnonzero(np.isin(faces, found.ends[edge]).any(axis=1))
        wanted = set(at_ends) - set(found.faces[edge])
        assert set(found.around[edge]) - {ALONE} == wanted
