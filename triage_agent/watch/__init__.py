"""How the agent is watched by machines: one definition a number, wherever it is told."""
