"""The review queue of a project: gather the evidence, rank it, carry out decisions."""
