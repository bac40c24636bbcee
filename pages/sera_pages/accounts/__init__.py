"""People of an installation: invitations, sessions, and what a role may do."""
