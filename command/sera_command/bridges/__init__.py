"""What is offered to programs of others, and taken back."""
