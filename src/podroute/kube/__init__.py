"""The API server and what kubectl prints of it."""
