"""How measuring is paced so that the host hardly feels it."""
