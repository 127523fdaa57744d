"""The code of transforms: what it is, whether it can be right, and what it does to records."""
