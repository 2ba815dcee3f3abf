"""Weights become trades: the planner, its plan, and `TargetWeightExecutor`, which carries it out in a host."""
