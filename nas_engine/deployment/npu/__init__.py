"""What Vela's estimates of a network on an Ethos-U are used for: hard limits, energy by a stated power, blocks."""
