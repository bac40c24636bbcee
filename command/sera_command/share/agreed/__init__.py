"""What neighbours agree, by command: the rule files of a community, and its decisions."""
