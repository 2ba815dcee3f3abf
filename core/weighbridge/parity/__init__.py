"""Show that a framework and the engine do the same, or where they first differ and why."""
