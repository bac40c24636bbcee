"""What keeps strangers out: hosts, origins, sizes, rates, headers."""
