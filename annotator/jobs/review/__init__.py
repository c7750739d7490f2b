"""The review queue of a project: collect the evidence, rank it, apply decisions."""
