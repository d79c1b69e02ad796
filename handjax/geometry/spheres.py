"""spheres."""
