"""What the verbs `agreement` and `bundle`, and pages that ask for them, share."""
