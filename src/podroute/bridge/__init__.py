"""Decision 2: what makes this machine a worker whose Pods are reached?"""
