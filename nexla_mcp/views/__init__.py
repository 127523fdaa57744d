"""How answers are shown: typed result → compact text. A module an answer, which registers with `text.text_of`."""
