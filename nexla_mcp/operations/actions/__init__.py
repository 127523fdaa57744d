"""What the steps of plans do. An action is known by its name in a plan, which outlives the process that made it."""
