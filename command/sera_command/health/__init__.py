"""What `sera doctor` looks at in an installation, and how bad it is."""
