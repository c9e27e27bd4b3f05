"""The house's own rules, checked: imports, sizes, names, docstrings, documents."""
