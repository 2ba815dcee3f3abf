"""What is changed in arithmetic: each function takes a node and yields what may stand in its place."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

__all__ = ["EXPRESSIONS", "STATEMENTS"]

Changed = Iterator[ast.AST]

COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
COMPUTED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Div,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitOr,
}
CALLED = {"min": "max", "max": "min", "floor": "trunc", "trunc": "floor", "ceil": "floor", "rint": "trunc"}
# (first, second) of `(a first b) second c` to those of `a first (b second c)`: the same number, were it exact.
TO_THE_RIGHT = {
    (ast.Add, ast.Add): ast.Add,
    (ast.Add, ast.Sub): ast.Sub,
    (ast.Sub, ast.Add): ast.Sub,
    (ast.Sub, ast.Sub): ast.Add,
    (ast.Mult, ast.Mult): ast.Mult,
    (ast.Mult, ast.Div): ast.Div,
    (ast.Mult, ast.FloorDiv): ast.FloorDiv,
    (ast.Div, ast.Mult): ast.Div,
    (ast.Div, ast.Div): ast.Mult,
}
TO_THE_LEFT = {(first, inner): second for (first, second), inner in TO_THE_RIGHT.items()}
# Below this a number is a tolerance.
SMALL = 1e-3


def comparison(node: ast.AST) -> Changed:
    """`<` and `<=`, `==` and `!=`."""
    if isinstance(node, ast.Compare):
        for place, operator in enumerate(node.ops):
            operators = [*node.ops[:place], COMPARED[type(operator)](), *node.ops[place + 1 :]]
            yield ast.Compare(node.left, operators, node.comparators)


def arithmetic(node: ast.AST) -> Changed:
    """`+` and `-`, `*` and `/`."""
    if isinstance(node, ast.BinOp) and type(node.op) in COMPUTED:
        yield ast.BinOp(node.left, COMPUTED[type(node.op)](), node.right)


def term(node: ast.AST) -> Changed:
    """A sum without its second term, a product without its second factor."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub | ast.Mult):
        yield node.left


def association(node: ast.AST) -> Changed:
    """`(a + b) + c` and `a + (b + c)`: exact numbers would not differ, floats do. Whole numbers do not: left alone."""
    if not isinstance(node, ast.BinOp) or any(
        isinstance(item, ast.Constant) and not isinstance(item.value, float) for item in ast.walk(node)
    ):
        return
    left, right, operator = node.left, node.right, type(node.op)
    if isinstance(left, ast.BinOp) and (type(left.op), operator) in TO_THE_RIGHT:
        inner = TO_THE_RIGHT[type(left.op), operator]
        yield ast.BinOp(left.left, left.op, ast.BinOp(left.right, inner(), right))
    if isinstance(right, ast.BinOp) and (operator, type(right.op)) in TO_THE_LEFT:
        outer = TO_THE_LEFT[operator, type(right.op)]
        yield ast.BinOp(ast.BinOp(left, node.op, right.left), outer(), right.right)


def constant(node: ast.AST) -> Changed:
    """Another number, a tolerance ten times as wide, the other truth."""
    if not isinstance(node, ast.Constant):
        return
    if isinstance(node.value, bool):
        yield ast.Constant(not node.value)
    elif isinstance(node.value, int):
        yield ast.Constant(node.value + 1)
    elif isinstance(node.value, float):
        yield ast.Constant(node.value * 10 if 0.0 < node.value < SMALL else node.value + 1.0)


def logic(node: ast.AST) -> Changed:
    """`and` and `or`; and with one part less."""
    if isinstance(node, ast.BoolOp):
        yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
        for place in range(len(node.values)):
            rest = [*node.values[:place], *node.values[place + 1 :]]
            yield ast.BoolOp(node.op, rest) if len(rest) > 1 else rest[0]


def sign(node: ast.AST) -> Changed:
    """Without its `not`, without its minus."""
    if isinstance(node, ast.UnaryOp):
        yield node.operand


def call(node: ast.AST) -> Changed:
    """`min` and `max`, `floor` and `trunc`, no `abs`."""
    if not isinstance(node, ast.Call) or not node.args:
        return
    function = node.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    if name in ("abs", "fabs"):
        yield node.args[0]
    elif name in CALLED:
        other = CALLED[name]
        owner = isinstance(function, ast.Attribute)
        yield ast.Call(ast.Attribute(function.value, other) if owner else ast.Name(other), node.args, node.keywords)


def choice(node: ast.AST) -> Changed:
    """The branches the other way round."""
    if isinstance(node, ast.IfExp):
        yield ast.IfExp(node.test, node.orelse, node.body)


EXPRESSIONS: tuple[Callable[[ast.AST], Changed], ...] = (
    comparison,
    arithmetic,
    term,
    association,
    constant,
    logic,
    sign,
    call,
    choice,
)


def negation(statement: ast.stmt, known: frozenset[str]) -> Iterator[tuple[ast.AST, ast.AST]]:
    """Turn the condition round: the branches are swapped."""
    if isinstance(statement, ast.If | ast.While):
        yield statement.test, ast.UnaryOp(ast.Not(), statement.test)


def deletion(statement: ast.stmt, known: frozenset[str]) -> Iterator[tuple[ast.AST, ast.AST]]:
    """Leave out what a statement does, when its names have a value without it."""
    targets: list[ast.expr] = []
    if isinstance(statement, ast.Assign):
        targets = statement.targets
    elif isinstance(statement, ast.AugAssign):
        targets = [statement.target]
        if type(statement.op) in COMPUTED:
            other = ast.AugAssign(statement.target, COMPUTED[type(statement.op)](), statement.value)
            yield statement, other
    elif isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        yield statement, ast.Pass()
    elif isinstance(statement, ast.Break | ast.Continue):
        yield statement, ast.Continue() if isinstance(statement, ast.Break) else ast.Break()
    stored = {
        name.id
        for target in targets
        for name in ast.walk(target)
        if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)
    }
    if targets and stored <= known:
        yield statement, ast.Pass()


def returned(statement: ast.stmt, known: frozenset[str]) -> Iterator[tuple[ast.AST, ast.AST]]:
    """Two neighbours of what is returned change places."""
    if isinstance(statement, ast.Return) and isinstance(statement.value, ast.Tuple):
        items = statement.value.elts
        for place in range(len(items) - 1):
            swapped = [*items[:place], items[place + 1], items[place], *items[place + 2 :]]
            yield statement.value, ast.Tuple(swapped)


STATEMENTS = (negation, deletion, returned)
