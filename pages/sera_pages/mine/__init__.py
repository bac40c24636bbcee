"""What is kept about oneself: what one entered, and the sessions of one's devices."""
