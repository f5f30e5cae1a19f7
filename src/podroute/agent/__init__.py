"""Keeps a worker in step with its Node: read, desire, plan, apply."""
