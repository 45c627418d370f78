"""The dashboard's engine "flower": a run is submitted to a SuperLink, watched there and steered from the run directory (docs/flower.md)."""
