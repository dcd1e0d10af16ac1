"""The guides of the package, and the README that leads to them."""
