"""The static routes of VyOS, by its HTTPS API. Never run against a real router."""
