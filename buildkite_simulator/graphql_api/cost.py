"""What a query costs: by what it asks for, and by what came back.

Scalars are free. An object costs 1; a connection 1, its `edges` 1, its nodes 1 each; what is
nested is multiplied by the count of its parents.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    SelectionSetNode,
    get_argument_values,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
)
from graphql.execution.values import VariableValues

from buildkite_simulator.graphql_api.connections import LARGEST_PAGE

Fields = dict[str, list[FieldNode]]


@dataclass(frozen=True)
class Pricing:
    """Prices the operations of one document."""

    schema: GraphQLSchema
    fragments: dict[str, FragmentDefinitionNode]
    variables: VariableValues

    def requested(self, root: GraphQLObjectType, selections: SelectionSetNode) -> int:
        """Return what a query asks for, taking 500 where neither `first` nor `last` is given."""
        return self._asked(root, [selections], 1)

    def actual(self, root: GraphQLObjectType, selections: SelectionSetNode, data: Any) -> int:
        """Return what came back."""
        return self._got(root, [selections], data)

    def depth(self, selections: SelectionSetNode) -> int:
        """Return how many levels of fields a query has."""
        deepest = 0
        for field in self._fields(None, selections):
            below = self.depth(field.selection_set) if field.selection_set else 0
            deepest = max(deepest, 1 + below)
        return deepest

    def _asked(
        self, owner: GraphQLNamedType, selections: list[SelectionSetNode], nodes: int
    ) -> int:
        """Return the price of one object's selections; `nodes` is a page's length inside edges."""
        return max(
            sum(
                self._field_asked(kind, fields, nodes)
                for fields in self._collected(kind, selections).values()
            )
            for kind in self._possible(owner)
        )

    def _field_asked(self, owner: GraphQLObjectType, fields: list[FieldNode], nodes: int) -> int:
        field = fields[0]
        definition = owner.fields.get(field.name.value)
        if definition is None:
            return 0
        kind = get_named_type(definition.type)
        if is_leaf_type(kind):
            return 0
        below = [each.selection_set for each in fields if each.selection_set]
        if owner.name.endswith("Edge"):
            return nodes * (1 + self._asked(kind, below, 1))
        if kind.name.endswith("Connection"):
            arguments = get_argument_values(definition, field, self.variables)
            sizes = [arguments.get("first"), arguments.get("last")]
            page = min((size for size in sizes if size is not None), default=LARGEST_PAGE)
            return 1 + self._asked(kind, below, page)
        if kind.name.endswith("Edge"):
            return 1 + self._asked(kind, below, nodes)
        return 1 + self._asked(kind, below, 1)

    def _got(self, owner: GraphQLNamedType, selections: list[SelectionSetNode], data: Any) -> int:
        if not isinstance(data, dict):
            return 0
        prices: dict[str, int] = {}
        for kind in self._possible(owner):
            for key, fields in self._collected(kind, selections).items():
                definition = kind.fields.get(fields[0].name.value)
                if definition is None or data.get(key) is None:
                    continue
                below = [each.selection_set for each in fields if each.selection_set]
                named = get_named_type(definition.type)
                price = 0 if is_leaf_type(named) else self._value_got(named, below, data[key])
                prices[key] = max(price, prices.get(key, 0))
        return sum(prices.values())

    def _value_got(self, kind: GraphQLNamedType, below: list[SelectionSetNode], value: Any) -> int:
        items = value if isinstance(value, list) else [value]
        return 1 + sum(self._got(kind, below, item) for item in items)

    def _possible(self, kind: GraphQLNamedType) -> list[GraphQLObjectType]:
        if is_abstract_type(kind):
            return list(self.schema.get_possible_types(kind))
        return [kind] if isinstance(kind, GraphQLObjectType) else []

    def _collected(self, kind: GraphQLObjectType, selections: list[SelectionSetNode]) -> Fields:
        collected: Fields = {}
        for each in selections:
            for field in self._fields(kind, each):
                key = (field.alias or field.name).value
                collected.setdefault(key, []).append(field)
        return collected

    def _fields(
        self, kind: GraphQLObjectType | None, selections: SelectionSetNode
    ) -> Iterator[FieldNode]:
        """Yield the fields selected on a type, fragments opened; on any type without one."""
        for selection in selections.selections:
            if isinstance(selection, FieldNode):
                yield selection
                continue
            inner: InlineFragmentNode | FragmentDefinitionNode
            if isinstance(selection, FragmentSpreadNode):
                inner = self.fragments[selection.name.value]
            elif isinstance(selection, InlineFragmentNode):
                inner = selection
            else:
                continue
            if kind is None or self._applies(inner, kind):
                yield from self._fields(kind, inner.selection_set)

    def _applies(
        self, fragment: InlineFragmentNode | FragmentDefinitionNode, kind: GraphQLObjectType
    ) -> bool:
        if fragment.type_condition is None:
            return True
        condition = self.schema.get_type(fragment.type_condition.name.value)
        if condition is kind:
            return True
        if condition is None or not is_abstract_type(condition):
            return False
        return self.schema.is_sub_type(condition, kind)
