"""Which of the trained networks of a study is best, beyond what was measured."""
