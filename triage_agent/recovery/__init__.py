"""How people stop the agent, and how it goes on."""
