"""Families of operations, one class a type of thing."""


class Families:
    """Placeholder base."""
