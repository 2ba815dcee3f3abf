"""Rules that the compiler knows: the same source, compiled once for every mixture and once for each preset.

Compiled code is given either `Rules`, whose members are numbers of the run, or a `FrozenRules`, whose members are part of
its type. Before anything is inferred, a pass over the intermediate code puts the members of a frozen one, and of
every enum, in place of the look-ups; then the compiler drops the branches of all other rules.
"""

from __future__ import annotations

import enum
from typing import Any

from numba.core import ir, types
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.core.compiler_machinery import FunctionPass, register_pass
from numba.core.typing.templates import AttributeTemplate
from numba.core.untyped_passes import RewriteSemanticConstants
from numba.extending import (
    NativeValue,
    infer_getattr,
    lower_getattr_generic,
    models,
    register_model,
    typeof_impl,
    unbox,
)

from weighbridge.rules.seats import Rules

__all__ = ["FreezingCompiler", "FrozenRules", "FrozenType", "freeze"]


class FrozenRules:
    """Rules whose members are known when the code is compiled; in plain Python the same attributes as `Rules`."""

    def __init__(self, rules: Rules) -> None:
        """Keep the members."""
        self.members = tuple(rules._asdict().items())
        vars(self).update(self.members)


def freeze(rules: Rules) -> FrozenRules:
    """Return rules that are compiled in."""
    return FrozenRules(rules)


class FrozenType(types.Type):
    """The type of one `FrozenRules`; equal members, equal type."""

    def __init__(self, members: tuple[tuple[str, int], ...]) -> None:
        """Name it by its members."""
        self.members = dict(members)
        super().__init__(name=f"FrozenRules({','.join(f'{name}={int(value)}' for name, value in members)})")


@typeof_impl.register(FrozenRules)
def _type_of(value: FrozenRules, context: Any) -> FrozenType:
    return FrozenType(value.members)


register_model(FrozenType)(models.OpaqueModel)


@unbox(FrozenType)
def _nothing_to_unbox(kind: Any, value: Any, compiler: Any) -> Any:
    return NativeValue(compiler.context.get_dummy_value())


@infer_getattr
class _Members(AttributeTemplate):
    key = FrozenType

    def generic_resolve(self, kind: Any, name: str) -> Any:
        if name not in kind.members:
            return None
        return types.boolean if isinstance(kind.members[name], bool) else types.int64


@lower_getattr_generic(FrozenType)
def _member(context: Any, builder: Any, kind: Any, value: Any, name: str) -> Any:
    of = types.boolean if isinstance(kind.members[name], bool) else types.int64
    return context.get_constant(of, kind.members[name])


@register_pass(mutates_CFG=False, analysis_only=False)
class _PutMembersIn(FunctionPass):
    """Replace look-ups of members by the members themselves."""

    _name = "put_members_in"

    def __init__(self) -> None:
        FunctionPass.__init__(self)

    def run_pass(self, state: Any) -> bool:
        code = state.func_ir
        known: dict[str, Any] = {}
        assignments = [s for block in code.blocks.values() for s in block.body if isinstance(s, ir.Assign)]
        for statement in assignments:
            source = statement.value
            if isinstance(source, ir.Arg) and isinstance(state.args[source.index], FrozenType):
                known[statement.target.name] = state.args[source.index].members
            elif isinstance(source, ir.Global | ir.FreeVar) and isinstance(source.value, enum.EnumMeta):
                known[statement.target.name] = {name: int(member) for name, member in source.value.__members__.items()}
        changed = False
        for statement in assignments:
            source = statement.value
            if isinstance(source, ir.Expr) and source.op == "getattr" and source.attr in known.get(source.value.name, ()):
                member = ir.Const(known[source.value.name][source.attr], statement.loc)
                statement.value = member
                # A name may have other definitions beside this one.
                definitions = code._definitions[statement.target.name]  # noqa: SLF001
                definitions[:] = [member if one is source else one for one in definitions]
                changed = True
        return changed


class FreezingCompiler(CompilerBase):
    """Numba's own compiler, and the pass above before it prunes dead branches."""

    def define_pipelines(self) -> Any:
        """Return the one pipeline."""
        passes = DefaultPassBuilder.define_nopython_pipeline(self.state)
        passes.add_pass_after(_PutMembersIn, RewriteSemanticConstants)
        passes.finalize()
        return [passes]
