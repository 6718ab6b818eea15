"""Answers GraphQL requests: parse, price, refuse or run, charge."""

from functools import cache
from importlib.resources import files
from typing import Any

import orjson
from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLObjectType,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    build_schema,
    execute_sync,
    parse,
    validate,
)
from graphql.execution.values import VariableValues, get_variable_values
from starlette.requests import Request
from starlette.responses import Response

from buildkite_simulator.api.errors import UNAUTHENTICATED, ApiError, json_response
from buildkite_simulator.api.points import Points
from buildkite_simulator.api.storage import Storage
from buildkite_simulator.api.tokens import Token, Tokens
from buildkite_simulator.graphql_api.cost import Pricing
from buildkite_simulator.graphql_api.roots import root_value
from buildkite_simulator.graphql_api.view import Sight
from buildkite_simulator.render.context import Context
from buildkite_simulator.world.world import World

MOST_POINTS = 50_000
DEEPEST = 15
SCOPE = "graphql"


class _RefusedError(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


@cache
def schema() -> GraphQLSchema:
    """Return the part of Buildkite's schema that is simulated."""
    return build_schema(files(__package__).joinpath("schema.graphql").read_text())


class GraphqlEndpoint:
    """`POST /v1` of the GraphQL host."""

    def __init__(self, world: World, storage: Storage, tokens: Tokens, points: Points) -> None:
        self._world = world
        self._storage = storage
        self._tokens = tokens
        self._points = points

    def respond(self, request: Request, body: bytes, at: int, context: Context) -> Response:
        """Answer a request."""
        if request.method != "POST" or request.url.path != "/v1":
            return _errors("Not Found", 404)
        try:
            token = self._authenticate(request, at)
            query, variables, name = _sent(body)
        except _RefusedError as refusal:
            return _errors(refusal.message, refusal.status)
        seen = [each.slug for each in self._world.organizations if token.sees(each.slug)]
        payer = token.user, seen[0] if seen else ""
        headers: dict[str, str] = {}
        refused = self._points.refusal(*payer, at)
        if refused is not None:
            response = _errors(refused, 429)
        else:
            sight = Sight(self._world, context, self._storage, token, at)
            try:
                told = self._run(sight, payer, query, variables, name, headers)
                if request.headers.get("buildkite-include-query-stats") == "true":
                    told["stats"] = {
                        "requestedComplexity": int(headers["RateLimit-Complexity-Requested"]),
                        "actualComplexity": int(headers["RateLimit-Complexity-Actual"]),
                    }
                response = json_response(told)
            except _RefusedError as refusal:
                response = _errors(refusal.message, refusal.status)
            except GraphQLError as error:
                response = json_response({"errors": [error.formatted]})
        response.headers.update(headers | self._points.headers(*payer, at))
        return response

    def _authenticate(self, request: Request, at: int) -> Token:
        try:
            token = self._tokens.authenticate(request.headers.get("authorization"), at)
        except ApiError as error:
            if error.payload["message"] != UNAUTHENTICATED:
                raise
            raise _RefusedError(401, "Please supply a valid API Access Token") from None
        if SCOPE not in token.scopes:
            raise _RefusedError(403, "Your access token doesn't have GraphQL API access enabled")
        return token

    def _run(
        self,
        sight: Sight,
        payer: tuple[str, str],
        query: str,
        variables: dict[str, Any],
        name: str | None,
        headers: dict[str, str],
    ) -> dict[str, Any]:
        document = parse(query, no_location=True)
        problems = validate(schema(), document)
        if problems:
            return _told(None, problems, headers)
        operation = _operation(document, name)
        definitions = operation.variable_definitions or ()
        values = get_variable_values(schema(), definitions, variables)
        if isinstance(values, list):
            return _told(None, values, headers)
        pricing, root = _pricing(document, values), schema().query_type
        depth = pricing.depth(operation.selection_set)
        if depth > DEEPEST:
            raise GraphQLError(f"Query has depth of {depth}, which exceeds max depth of {DEEPEST}")
        requested = pricing.requested(_object(root), operation.selection_set)
        headers["RateLimit-Complexity-Requested"] = str(requested)
        headers["RateLimit-Complexity-Actual"] = "0"
        if requested > MOST_POINTS:
            raise GraphQLError(
                f"Query has complexity of {requested}, "
                f"which exceeds max complexity of {MOST_POINTS}"
            )
        if sight.context.switches.graphql_refuses_by_requested:
            refused = self._points.refusal(*payer, sight.at, requested)
            if refused is not None:
                raise _RefusedError(429, refused)
        result = execute_sync(
            schema(), document, root_value(sight), None, variables, operation_name=name
        )
        actual = pricing.actual(_object(root), operation.selection_set, result.data)
        self._points.charge(*payer, actual, sight.at)
        headers["RateLimit-Complexity-Actual"] = str(actual)
        return _told(result.data, result.errors or [], headers)


def _sent(body: bytes) -> tuple[str, dict[str, Any], str | None]:
    try:
        sent = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise _RefusedError(400, "Problems parsing JSON") from None
    query = sent.get("query") if isinstance(sent, dict) else None
    if not isinstance(query, str):
        raise _RefusedError(400, "No query string was present")
    variables, name = sent.get("variables") or {}, sent.get("operationName")
    if not isinstance(variables, dict) or not (name is None or isinstance(name, str)):
        raise _RefusedError(400, "Variables must be an object, and an operation name a string")
    return query, variables, name


def _operation(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    operations = [
        each
        for each in document.definitions
        if isinstance(each, OperationDefinitionNode)
        and (name is None or (each.name and each.name.value == name))
    ]
    if len(operations) != 1:
        raise GraphQLError("An operation name is required")
    if operations[0].operation is not OperationType.QUERY:
        raise GraphQLError("Only queries are simulated")
    return operations[0]


def _pricing(document: DocumentNode, variables: VariableValues) -> Pricing:
    fragments = {
        each.name.value: each
        for each in document.definitions
        if isinstance(each, FragmentDefinitionNode)
    }
    return Pricing(schema(), fragments, variables)


def _object(root: GraphQLObjectType | None) -> GraphQLObjectType:
    if root is None:
        raise GraphQLError("The schema has no queries")
    return root


def _told(data: Any, problems: list[GraphQLError], headers: dict[str, str]) -> dict[str, Any]:
    headers.setdefault("RateLimit-Complexity-Requested", "0")
    headers.setdefault("RateLimit-Complexity-Actual", "0")
    told: dict[str, Any] = {} if data is None and problems else {"data": data}
    if problems:
        told["errors"] = [problem.formatted for problem in problems]
    return told


def _errors(message: str, status: int) -> Response:
    return json_response({"errors": [{"message": message}]}, status)
