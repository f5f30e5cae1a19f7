"""A RouterOS 7 with its REST API on this machine, for tests: routes, addresses, rights, faults.

    router = Router()
    with running(Api(router).application(), certificate, key) as url:
        ...

Written from MikroTik's public documentation of the REST API and of ``/ip/route``. What that leaves
open is decided here as a router would hardly do better: a property that is unknown, a table that
is not there and an item of others are refused.
"""
