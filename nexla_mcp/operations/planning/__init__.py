"""Plans of the tools that change something: what would be done, to what, and what hangs on it. Nothing is sent."""
