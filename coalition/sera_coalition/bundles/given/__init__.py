"""What the giver remembers of bundles beside the chronicle."""
