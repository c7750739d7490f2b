"""Import labels into a project and export them, with previews of both."""
