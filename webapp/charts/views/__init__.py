"""Further views of a study's results, one at a time on its page: a chart, the sentences that read it, its table."""
