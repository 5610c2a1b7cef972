"""Common style of the plots in `docs`: colours by the reader's light or dark scheme, fonts, grid."""

STYLE = """
svg { --ink: #1a1a1a; --paper: #ffffff; --grid: #dddddd; }
@media (prefers-color-scheme: dark) { svg { --ink: #eeeeee; --paper: #16181c; --grid: #3a3d44; } }
text { font: 12px system-ui, sans-serif; fill: var(--ink); }
.title { font-weight: 600; font-size: 14px; }
.grid { stroke: var(--grid); stroke-width: 1; }
"""
