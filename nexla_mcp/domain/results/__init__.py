"""What the tools answer, as types. One module an answer; `views` turns each into text."""
