"""Runs the API on a local port, inside this process."""

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Self

import uvicorn

from buildkite_simulator.api.accounts import Accounts
from buildkite_simulator.api.faults import Faults
from buildkite_simulator.api.limits import RateLimits
from buildkite_simulator.api.recording import RecordedRequest
from buildkite_simulator.api.storage import Storage
from buildkite_simulator.app import Api
from buildkite_simulator.clock import Clock, RealClock
from buildkite_simulator.instants import instant
from buildkite_simulator.make import make_world
from buildkite_simulator.render.context import Context
from buildkite_simulator.render.renderer import Renderer
from buildkite_simulator.switches import Switches
from buildkite_simulator.webhooks import Mode, Webhooks
from buildkite_simulator.whole_world import WholeWorld
from buildkite_simulator.world.config import WorldConfig

_START_TIMEOUT = 10.0
_TICK = 0.005


class _QuickServer(uvicorn.Server):
    """Stops within milliseconds; tests start and stop many."""

    async def main_loop(self) -> None:
        while not self.should_exit:
            await asyncio.sleep(_TICK)


class Simulator:
    """Buildkite's REST and GraphQL APIs on 127.0.0.1; use it as a context manager.

    Attributes:
        world: The world it serves; its methods are the moves.
        base_url: Where it serves, ending in `/v2`; every URL in its answers begins so.
        graphql_url: Where it answers GraphQL: a port of its own, as Buildkite has a host.
        storage_url: Where artifact downloads lead: a third port, which should see no token.
        token: An access token with every scope.
        switches: The unknowns of the API; may be changed at any time.
        faults: What is to go wrong.
        requests: Every REST request so far.
    """

    def __init__(
        self,
        world: WorldConfig | WholeWorld | None = None,
        *,
        clock: Clock | None = None,
        switches: Switches | None = None,
        rate_limit: RateLimits | None = None,
        token: str | None = None,
        port: int = 0,
        graphql_port: int = 0,
    ) -> None:
        """Make the world, but serve nothing yet.

        Args:
            world: The world, or the config to make it from.
            clock: The world's time; real time by default.
            switches: How the unknowns of the API are settled.
            rate_limit: Requests a minute; without it there are limits too high to meet.
            token: The value of the access token to accept.
            port: The port to serve on; a free one by default.
            graphql_port: The port to serve GraphQL on; a free one by default.
        """
        if isinstance(world, WholeWorld):
            self.world = world
        else:
            config = world or WorldConfig()
            self.world = make_world(config, clock or RealClock(config.end))
        self.switches = switches or Switches()
        self._sockets = [_bound(port), _bound(graphql_port), _bound(0)]
        api, graphql, storage = (each.getsockname()[1] for each in self._sockets)
        self.base_url = f"http://127.0.0.1:{api}/v2"
        self.graphql_url = f"http://127.0.0.1:{graphql}/v1"
        self.storage_url = f"http://127.0.0.1:{storage}"
        self.world.serve_at(Renderer(self.world, Context(self.base_url, self.switches)))
        self.api = Api(
            self.world,
            self.world.renderer,
            self.switches,
            Storage(self.world, self.storage_url, self.switches),
            {graphql: "graphql", storage: "storage"},
            rate_limit,
        )
        own = self.api.tokens.add(instant(self.world.now), value=token)
        self.token = own.value
        self.world.accounts = Accounts(
            self.world, self.switches, self.api.windows, self.api.points, own
        )
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    @property
    def requests(self) -> list[RecordedRequest]:
        """Every REST request since the start or the last reset."""
        return self.api.requests_of["api"]

    @property
    def graphql_requests(self) -> list[RecordedRequest]:
        """Every GraphQL request since the start or the last reset, with its body."""
        return self.api.requests_of["graphql"]

    @property
    def storage_requests(self) -> list[RecordedRequest]:
        """Every request to the storage host since the start or the last reset."""
        return self.api.requests_of["storage"]

    @property
    def leaked_tokens(self) -> list[RecordedRequest]:
        """Requests that carried an `Authorization` header to the storage host."""
        return [each for each in self.storage_requests if "authorization" in each.headers]

    @property
    def faults(self) -> Faults:
        """What is to go wrong."""
        return self.api.faults

    def add_token(
        self,
        *,
        scopes: Iterable[str] | None = None,
        organizations: Iterable[str] | None = None,
        expired: bool = False,
        user: str = "default",
        public_key: str | None = None,
    ) -> str:
        """Return a new access token; tokens of one `user` share that user's rate limit.

        With a `public_key` (RSA, as PEM) it has no secret: what is returned is its UUID, and
        requests carry a JWT with that as `iss`, signed with the private key.
        """
        at = instant(self.world.now)
        token = self.api.tokens.add(
            at,
            scopes=scopes,
            organizations=organizations,
            expired=expired,
            user=user,
            public_key=public_key,
        )
        return token.value

    def send_webhooks(
        self, url: str, token: str, mode: Mode = "signature", *, agents: bool = True
    ) -> Webhooks:
        """Return a webhook service of this world; its `send` or `start` sends what happens.

        Args:
            url: Where to send to.
            token: Of the service.
            mode: `signature`, or `token` in clear.
            agents: Also tell of agents.
        """
        return Webhooks(self.world, url, token, mode, agents=agents)

    def reset_requests(self) -> None:
        """Forget the recorded requests."""
        for requests in self.api.requests_of.values():
            requests.clear()

    def before_response(self, hook: Callable[[RecordedRequest], object]) -> Callable[[], None]:
        """Call `hook` with each request before it is answered; return what takes it off again.

        It may move the world and its clock: the request, and any other that is then in flight and
        not answered yet, is answered from the world as it is afterwards. While a hook runs, no
        other does and nothing is answered; one that waits for something, such as another request,
        must be a coroutine function.
        """

        def take_off() -> None:
            if hook in self.api.hooks:
                self.api.hooks.remove(hook)

        self.api.hooks.append(hook)
        return take_off

    def start(self) -> Self:
        """Serve in a thread of its own, and return once requests are answered."""
        server = self._make_server()
        self._thread = threading.Thread(
            target=server.run, kwargs={"sockets": self._sockets}, daemon=True
        )
        self._thread.start()
        deadline = time.monotonic() + _START_TIMEOUT
        while not server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                raise RuntimeError("the simulator did not start")
            time.sleep(0.002)
        return self

    def stop(self) -> None:
        """Stop serving."""
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join(timeout=_START_TIMEOUT)
        for each in self._sockets:
            each.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _make_server(self) -> uvicorn.Server:
        self._server = _QuickServer(
            uvicorn.Config(
                self.api,
                interface="asgi3",
                lifespan="off",
                log_config=None,
                log_level="critical",
                access_log=False,
                proxy_headers=False,
                server_header=False,
                date_header=False,
                timeout_graceful_shutdown=1,
            )
        )
        return self._server


def _bound(port: int) -> socket.socket:
    # asyncio turns Nagle's delay off only where the protocol is named; with it each answer
    # takes 40 ms longer.
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind(("127.0.0.1", port))
    # Two may bind to a port that nobody listens on, and the later one would fail when it starts.
    bound.listen()
    return bound
