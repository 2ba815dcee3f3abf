"""What users choose: conventions, how to rebalance, costs, contracts, limits of orders."""
