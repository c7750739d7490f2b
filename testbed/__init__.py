"""What tests, benchmarks and tools share: synthetic clips, their difficulty, videos of them, converted models.

It imports the program and nothing of the three.
"""
