"""The set-up of a machine: its environment, and programs that tests need. Needs the standard library alone."""
