"""Labels in and out of a project, with previews of both."""
