"""Records held against rules and schemas."""
