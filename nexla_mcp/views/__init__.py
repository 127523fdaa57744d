"""How answers are shown: typed result → compact text."""
