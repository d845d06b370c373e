"""The other systems. Only here are vendors' clients imported and their errors translated."""
