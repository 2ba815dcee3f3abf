"""From target weights to trades: the planner, what it plans with, and the executor that drives any host."""
