"""The rules on which engines differ: one file for each field of `Conventions`, with its members, their source in the
framework and their code. The only place where a rule is written down.
"""
