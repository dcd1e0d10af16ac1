"""Choosing Modules: label and field selectors, and the options of lists and watches."""
