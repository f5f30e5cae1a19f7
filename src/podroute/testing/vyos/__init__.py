"""A VyOS with its HTTPS API on this machine, for tests: configuration, commits, locks, faults.

    router = Router()
    with running(Api(router).application(), certificate, key) as url:
        ...

Written from VyOS's public documentation of the API and of static routes, and from the answers that
its published API server gives. A line that the documentation does not have is refused.
"""
