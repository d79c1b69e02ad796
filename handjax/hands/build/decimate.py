"""Quadric edge collapse to an exact number of vertices, manifold all the way.

Source: Garland & Heckbert, Surface simplification using quadric error metrics, 1997;
link condition: Dey et al., Topology preserving edge contraction, 1999.
"""

import heapq

import numpy as np

# Weight of edge length (to the fourth, as areas weigh the quadrics) in the cost: even
# triangles where the surface is flat.
EVENNESS = 0.002


class Collapser:
    """A closed mesh whose cheapest edges are collapsed one after another."""

    def __init__(self, vertices, faces, density, label):
        """Start from a mesh.

        Args:
            vertices: (vertices, 3).
            faces: (faces, 3).
            density: per vertex; above 1 keeps its surroundings finer.
            label: chart of each face; the seam between charts stays a line of edges.
        """
        self.position = vertices.copy()
        self.label = label
        self.density = density.astype(np.float64)
        self.faces = {i: tuple(f) for i, f in enumerate(faces.tolist())}
        self.around = [set() for _ in vertices]
        for i, face in self.faces.items():
            for v in face:
                self.around[v].add(i)
        self.quadric = _quadrics(vertices, faces)
        self.age = [0] * len(vertices)
        self.count = len(vertices)
        self.heap: list = []
        for v in range(len(vertices)):
            self._push_around(v, only_higher=True)
        heapq.heapify(self.heap)

    def neighbours(self, v: int) -> set[int]:
        """Vertices that share an edge with v."""
        return {w for i in self.around[v] for w in self.faces[i]} - {v}

    def collapse_to(self, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Collapse until `count` vertices are left; vertices, faces and labels."""
        while self.count > count:
            _, a, b, age_a, age_b = heapq.heappop(self.heap)
            if self.age[a] == age_a and self.age[b] == age_b:
                self._try(a, b)
        return self.mesh()

    def mesh(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The present mesh, compactly numbered, and the label of each face."""
        faces = np.array(list(self.faces.values()))
        used = np.unique(faces)
        label = self.label[list(self.faces)]
        return self.position[used].copy(), np.searchsorted(used, faces), label

    def _push_around(self, v: int, only_higher: bool = False) -> None:
        others = [w for w in self.neighbours(v) if w > v or not only_higher]
        if not others:
            return
        _, cost = self._place(v, np.array(others))
        for w, c in zip(others, cost.tolist(), strict=True):
            a, b = min(v, w), max(v, w)
            item = (c, a, b, self.age[a], self.age[b])
            if only_higher:
                self.heap.append(item)
            else:
                heapq.heappush(self.heap, item)

    def _place(self, v: int, others: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Best meeting points of v with each neighbour and their cost."""
        quadric = self.quadric[v] + self.quadric[others]
        middle = 0.5 * (self.position[v] + self.position[others])
        square = np.sum((self.position[v] - self.position[others]) ** 2, -1)
        A, b, c = quadric[:, :3, :3], quadric[:, :3, 3], quadric[:, 3, 3]
        weight = 1e-2 * np.trace(A, axis1=1, axis2=2)[:, None, None] + 1e-9
        regular = A + weight * np.eye(3)
        x = np.linalg.solve(regular, (weight[:, 0] * middle - b)[..., None])[..., 0]
        error = np.einsum("ni,nij,nj->n", x, A, x) + 2 * np.sum(b * x, -1) + c
        fine = 0.5 * (self.density[v] + self.density[others])
        return x, (np.maximum(error, 0.0) + EVENNESS * square**2) * fine**4

    def _try(self, a: int, b: int) -> None:
        if len(self.neighbours(a) & self.neighbours(b)) != 2:
            return
        shared = self.around[a] & self.around[b]
        seam_a, seam_b = self._on_seam(a), self._on_seam(b)
        if seam_a and seam_b and len({self.label[i] for i in shared}) == 1:
            return
        x = self._place(a, np.array([b]))[0][0]
        if seam_a != seam_b:
            x = self.position[a if seam_a else b].copy()
        kept = (self.around[a] | self.around[b]) - shared
        if not self._stays_upright(a, b, kept, x):
            return
        self._collapse(a, b, shared, x)

    def _on_seam(self, v: int) -> bool:
        return len({self.label[i] for i in self.around[v]}) > 1

    def _stays_upright(self, a: int, b: int, kept: set[int], x: np.ndarray) -> bool:
        corners = np.array([self.faces[i] for i in kept])
        old = self.position[corners]
        moved = np.where(((corners == a) | (corners == b))[..., None], x, old)
        before, after = _normal(old), _normal(moved)
        length = np.linalg.norm(before, axis=-1) * np.linalg.norm(after, axis=-1)
        edge = np.sum((moved - np.roll(moved, 1, 1)) ** 2, (1, 2))
        round_ = np.linalg.norm(after, axis=-1) / np.maximum(edge, 1e-12)
        upright = np.sum(before * after, -1) > 0.4 * length
        return bool(np.all(upright & (round_ > 0.08)))

    def _collapse(self, a: int, b: int, shared: set[int], x: np.ndarray) -> None:
        for i in shared:
            for v in self.faces.pop(i):
                self.around[v].discard(i)
        for i in self.around[b]:
            self.faces[i] = tuple(a if v == b else v for v in self.faces[i])
            self.around[a].add(i)
        self.around[b] = set()
        self.age[b] = -1
        self.position[a] = x
        self.density[a] = max(self.density[a], self.density[b])
        self.quadric[a] += self.quadric[b]
        self.age[a] += 1
        self.count -= 1
        self._push_around(a)


def _normal(triangles: np.ndarray) -> np.ndarray:
    a, b, c = np.moveaxis(triangles, 1, 0)
    return np.cross(b - a, c - a)


def _quadrics(vertices: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """Area-weighted squared distance to the planes around each vertex, (n, 4, 4)."""
    normal = _normal(vertices[faces])
    double_area = np.linalg.norm(normal, axis=-1, keepdims=True)
    normal = normal / np.maximum(double_area, 1e-12)
    plane = np.concatenate(
        [normal, -np.sum(normal * vertices[faces[:, 0]], -1, keepdims=True)], -1
    )
    product = plane[:, :, None] * plane[:, None, :] * double_area[..., None] / 6.0
    quadric = np.zeros((len(vertices), 4, 4))
    for corner in range(3):
        np.add.at(quadric, faces[:, corner], product)
    return quadric
