"""The rules that conventions are made of."""
