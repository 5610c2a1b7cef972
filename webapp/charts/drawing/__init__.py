"""Figures as static SVG, for documents that have no JavaScript: the part of Plotly's JSON that our charts use."""
