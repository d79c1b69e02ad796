"""Frames that methods are tested on, and what trained ones estimate for them.

Where datasets, methods and evaluation meet; each of them knows nothing of the others.
"""
