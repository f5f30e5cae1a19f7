"""A route table in memory."""
