"""What other people need to test against the engine: tiny spaces, tiny audio, contract tests."""
