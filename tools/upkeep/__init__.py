"""Programs that keep generated files true: translations, the table of formats, the demo clip."""
