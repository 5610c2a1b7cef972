"""Support for tests against the engine: tiny search spaces, tiny audio, contract tests."""
