"""What every benchmark command uses: the JSON result with its environment, and a Qt event loop that waits."""
