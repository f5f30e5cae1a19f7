"""The loops, each of them: read, desire, plan, apply."""
