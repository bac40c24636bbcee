"""What is made for a node's board: compiled firmware, wiring, network; and a virtual board to try them on."""
