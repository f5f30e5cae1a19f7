"""A router, workers and Pods as network namespaces on one machine."""
