"""handjax: 3D hands in JAX. The map of the house; importing it loads nothing heavy.

    handjax.geometry     rotations, kinematics, skinning, alignment, cameras, ...
    handjax.render       pixels: rasterisation, depth-sensor noise
    handjax.hands        Template + Pose -> Hand: the built-in hand, poses, spheres
    handjax.networks     layers that two or more papers share
    handjax.losses       loss terms that two or more papers share
    handjax.methods      one paper, one room
    handjax.batch        what every source of data gives and every method receives
    handjax.data         sources of batches
    handjax.refine       test-time refinement: jax.grad over the hand's own parameters
    handjax.refinement   evidence of pictures that any method's hands are refined by
    handjax.fitting      the hand in one depth frame
    handjax.training     phases, the jitted step, the loop, checkpoints
    handjax.evaluation   metrics, protocols, reports
    handjax.unpickle     pickles from elsewhere, read without running any of them

Everywhere: millimetres; x right, y down, z forward; right hands; transforms are
named target_from_source.
"""

__version__ = "0.1.0"
