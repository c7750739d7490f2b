"""Programs that keep generated files up to date: translations and the table of formats."""
