"""Where commands look, and the options that say so."""
