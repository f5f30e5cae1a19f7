"""Decision 1: which podCIDR does a Node get?"""
