"""Plain Layer-3 networking for Kubernetes Pods."""
