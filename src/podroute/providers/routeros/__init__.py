"""The static routes of MikroTik RouterOS 7, by its REST API. Never run against a real device."""
