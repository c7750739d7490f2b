"""Projects, clips and edits that several benchmarks measure. No command lives here."""
