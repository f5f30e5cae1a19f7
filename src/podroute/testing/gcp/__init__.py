"""A Google Cloud compute API on this machine, for tests: routes, instances, networks, operations.

    cloud = Cloud("my-project", networks=[Network("kubernetes", ("10.240.0.0/24",))])
    with running(cloud) as endpoint:
        ...

``endpoint`` is for podroute's option of that name, and for ``gcloud`` as
``CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE``.
"""
