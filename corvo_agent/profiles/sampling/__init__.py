"""Looking at stacks again and again: the engines, and what each look may cost."""
