"""How many examples the laws see: few while working, more in CI, many on request."""

import os
import signal

from hypothesis import HealthCheck, settings

settings.register_profile("quick", max_examples=100, deadline=None)
settings.register_profile(
    "ci",
    max_examples=200,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.register_profile("mutants", max_examples=25, deadline=None, derandomize=True)
settings.register_profile("thorough", max_examples=20_000, deadline=None)
settings.load_profile(
    os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "quick")
)

# a shell that starts the tests in the background lets them, and every program of theirs, ignore it
signal.signal(signal.SIGINT, signal.default_int_handler)
