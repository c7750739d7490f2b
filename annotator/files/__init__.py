"""Files that several programs may want at the same time: publish complete ones, and tell leftovers from work in
progress; and paths that may be used only after the user agreed. Knows nothing of what the files hold."""
