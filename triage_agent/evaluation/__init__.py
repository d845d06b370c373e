"""What the agent must get right before it is trusted."""
