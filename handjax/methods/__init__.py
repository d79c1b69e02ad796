"""Methods: one paper, one room."""
