"""From the broker's socket to messages, and back: packets, connection, subscriptions, intake, have."""
