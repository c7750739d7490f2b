"""Measures that benchmarks compute: detection counts, the oracle of effort. No command lives here."""
