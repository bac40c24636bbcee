"""The web application: what neighbours, hosts and stewards do often, on a phone."""
