"""Integrations, each importing what it integrates. Floor 6: nothing below imports them."""
