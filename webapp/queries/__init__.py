"""The read side: questions to the database, answered with querysets or frozen rows."""
