"""No module imports one that imports it, however far around: which of them works would hang on which comes first."""

import grimp

PACKAGES = ("api", "engine", "rules")
WHERE_NEEDED = {("engine.audit.sealing.signed_note", "engine.audit.sealing.signing")}
"""Importer and imported, inside a function: a large library is behind the second."""


def circles(imports):
    """The groups of modules that import each other (Tarjan, 1972). `imports` are by module."""
    numbers, lowest, stack, found = {}, {}, [], []

    def visit(module):
        numbers[module] = lowest[module] = len(numbers)
        stack.append(module)
        for other in imports[module]:
            if other not in numbers:
                visit(other)
                lowest[module] = min(lowest[module], lowest[other])
            elif other in stack:
                lowest[module] = min(lowest[module], numbers[other])
        if lowest[module] == numbers[module]:
            group = [stack.pop()]
            while group[-1] != module:
                group.append(stack.pop())
            if len(group) > 1:
                found.append(sorted(group))

    for module in imports:
        if module not in numbers:
            visit(module)
    return found


def test_modules_that_import_each_other_are_found():
    imports = {"a": ["b"], "b": ["c"], "c": ["a", "d"], "d": [], "e": ["a"]}
    assert circles(imports) == [["a", "b", "c"]]


def test_no_modules_import_each_other():
    graph = grimp.build_graph(*PACKAGES, exclude_type_checking_imports=True, cache_dir=None)
    for importer, imported in WHERE_NEEDED:
        graph.remove_import(importer=importer, imported=imported)
    assert circles({module: sorted(graph.find_modules_directly_imported_by(module)) for module in graph.modules}) == []
