"""What threads and tasks are doing: their frames, named as people know them."""
