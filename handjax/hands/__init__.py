"""Hands: Template (constant, first argument) + Pose (flows) -> Hand.

skeleton      joints by name, their tree, and every dataset's order
anatomy       lengths, axes and limits of the resting skeleton
template      the built-in hand at four resolutions
mano          MANO's files as templates, its parameters as poses and back
gltf          any rigged hand of a glTF file as a template
parameters    45 numbers of pose and 10 of shape, for any template
borrowed      what a hand from elsewhere takes of the built-in one
articulate    Template + Pose -> joints, surface, spheres; angles <-> rotations
fit_joints    inverse kinematics: 21 key points -> pose and shape
inverse       what stands behind it
poses         named poses, joint limits, samples of poses, shapes and views
spheres       the 41 spheres that ride on the skeleton
mesh_grid     where the surface lies on the grid of [wan2020]
graph         the surface as a tree of ever coarser graphs, for [ge2019]
build         how all of it was made (host side, once)
"""
