"""Formulas of PDF pages: from glyphs and their places to linear text."""
