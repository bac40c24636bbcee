"""Tables that people bring, read into what the verbs take."""
