"""Images and videos for viewing, with tracks drawn over the frames."""
