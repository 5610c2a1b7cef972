"""Charts in two halves: X_info(values) gathers numbers, X_figure(info) makes Plotly JSON."""
