"""Projects, clips and edits that several benchmarks use. Contains one command, `background_subtraction`."""
