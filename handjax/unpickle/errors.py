"""What is said of a pickle that is not read."""


class UnpickleError(ValueError):
    """A pickle that is not there, is broken, or asks for more than data."""
