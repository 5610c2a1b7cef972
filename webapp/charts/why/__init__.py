"""Why networks of a study come out as they do: each chart with the sentence that reads it and its table."""
