"""``python -m podroute``."""

from podroute.cli.main import run

run()
