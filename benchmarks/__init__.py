"""Timings and figures; ratios in one run, since machines are noisy."""
