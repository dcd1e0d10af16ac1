"""Following keys and Modules: snapshots, changes, and the callbacks that hear of them."""
