"""What somebody does who wants more than they were given, tried on the installed program.

A test is named by what the attacker wants. docs/security.md has a row for each, and test_table.py compares the two.
"""
