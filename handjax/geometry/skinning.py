"""skinning."""
