"""Labels from files become tracks: stored while nobody sees them, then shown as one undo step."""
