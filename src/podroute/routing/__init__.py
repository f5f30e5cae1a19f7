"""Decision 3: which routes carry Pod traffic?"""
