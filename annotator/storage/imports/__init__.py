"""Import labels from files as tracks: stored invisibly first, then published as one undo step."""
