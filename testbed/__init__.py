"""Code shared by tests, benchmarks and tools: synthetic clips, their difficulty, videos of them, converted models.

It imports the program and none of the three.
"""
