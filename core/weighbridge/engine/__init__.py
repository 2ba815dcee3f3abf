"""The reference engine: rules as plain functions (`rules/`), and the compiled pass that is made of them."""
