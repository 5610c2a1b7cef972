"""Benchmarks behind Earshot's published figures. `make bench` runs most of them and writes one JSON file; `make
bench-search` compares designers and early stopping with other libraries, `make bench-compute` whole searches.
"""
