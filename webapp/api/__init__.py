"""JSON for charts and exports."""
