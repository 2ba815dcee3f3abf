"""Rules that the compiler knows: the same source, compiled once for every mixture and once for each preset.

Compiled code is given either `Rules`, whose members are numbers of the run, or a `FrozenRules`, whose members are part
of its type. Before anything is inferred, a pass over the intermediate code puts the members of a frozen one, and of
every enum, in place of the look-ups; then the compiler drops the branches of all other rules.
"""

# Numba's decorators of extensions have half a type.
# pyright: reportUnknownVariableType=false

from __future__ import annotations

import enum
from typing import Any, cast

from numba.core import cgutils, ir, types
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

from weighbridge.rules.seats import RUNTIME, Rules

__all__ = ["FreezingCompiler", "FrozenRules", "FrozenType"]


class FrozenRules:
    """Rules whose members are known when the code is compiled; in plain Python the same attributes as `Rules`."""

    def __init__(self, rules: Rules) -> None:
        """Keep the members."""
        members = rules._asdict()
        self.kind = tuple((name, value) for name, value in members.items() if name not in RUNTIME)
        vars(self).update(members)


class FrozenType(types.Type):
    """The type of one `FrozenRules`; equal members, equal type."""

    def __init__(self, members: tuple[tuple[str, int], ...]) -> None:
        """Name it by its members."""
        self.members = dict(members)
        super().__init__(name=f"FrozenRules({','.join(f'{name}={int(value)}' for name, value in members)})")


@typeof_impl.register(FrozenRules)
def _type_of(value: FrozenRules, context: Any) -> FrozenType:
    return FrozenType(value.kind)


@register_model(FrozenType)
class _Model(models.StructModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        models.StructModel.__init__(self, manager, kind, [(name, types.int64) for name in RUNTIME])


def _struct(kind: Any) -> Any:
    return cast(Any, cgutils).create_struct_proxy(kind)


@unbox(FrozenType)
def _unboxed(kind: Any, value: Any, compiler: Any) -> Any:
    proxy: Any = _struct(kind)(compiler.context, compiler.builder)
    for name in RUNTIME:
        member = compiler.pyapi.object_getattr_string(value, name)
        number = compiler.pyapi.number_long(member)
        setattr(proxy, name, compiler.pyapi.long_as_longlong(number))
        compiler.pyapi.decref(number)
        compiler.pyapi.decref(member)
    return NativeValue(proxy._getvalue())


@infer_getattr
class _Members(AttributeTemplate):
    key = FrozenType

    def generic_resolve(self, kind: Any, name: str) -> Any:
        if name in RUNTIME:
            return types.int64
        if name not in kind.members:
            return None
        return types.boolean if isinstance(kind.members[name], bool) else types.int64


@lower_getattr_generic(FrozenType)
def _member(context: Any, builder: Any, kind: Any, value: Any, name: str) -> Any:
    if name in RUNTIME:
        return getattr(_struct(kind)(context, builder, value=value), name)
    of = types.boolean if isinstance(kind.members[name], bool) else types.int64
    return context.get_constant(of, kind.members[name])


@register_pass(mutates_CFG=False, analysis_only=False)
class _PutMembersIn(FunctionPass):
    """Replace look-ups of members by the members themselves."""

    _name = "put_members_in"

    def __init__(self) -> None:
        FunctionPass.__init__(self)

    def run_pass(self, state: Any) -> Any:
        code = state.func_ir
        known: dict[str, Any] = {}
        assignments = [s for block in code.blocks.values() for s in block.body if isinstance(s, ir.Assign)]
        for statement in assignments:
            source = statement.value
            if isinstance(source, ir.Arg) and isinstance(state.args[source.index], FrozenType):
                known[statement.target.name] = state.args[source.index].members
            elif isinstance(source, ir.Global | ir.FreeVar) and isinstance(source.value, enum.EnumMeta):
                listed: Any = source.value
                known[statement.target.name] = {name: int(member) for name, member in listed.__members__.items()}
        changed = False
        for statement in assignments:
            source = statement.value
            if not isinstance(source, ir.Expr) or source.op != "getattr":
                continue
            looked_up: Any = source
            members = known.get(looked_up.value.name, {})
            if looked_up.attr in members:
                member = ir.Const(members[looked_up.attr], statement.loc)
                statement.value = member
                # A name may have other definitions beside this one.
                definitions = code._definitions[statement.target.name]
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
