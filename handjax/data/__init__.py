"""Sources of Batch."""
