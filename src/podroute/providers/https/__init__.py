"""Routers that are managed by an API over HTTPS."""
