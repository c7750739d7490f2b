"""Files that several programs may want at the same time: publish complete ones, and tell leftovers from work in
progress. Knows nothing of what the files hold."""
