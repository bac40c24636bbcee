"""Stories as a folder of files that outlives the software, and comes back in with its rights."""
