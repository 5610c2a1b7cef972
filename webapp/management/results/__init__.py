"""The run behind `make results`: the paper's five searches, finalists, baselines and tests on one data set."""
