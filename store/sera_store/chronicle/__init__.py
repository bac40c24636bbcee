"""What people give to a community: a chain that anybody can check, and contents that can be erased."""
