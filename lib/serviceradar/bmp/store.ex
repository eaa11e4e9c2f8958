defmodule ServiceRadar.BMP.Store do
  @moduledoc """
  Where routers, peers and routes are kept, and asked for.

  A store gets a partition's changes one after the other, in the order in which the routers sent them. A write may come
  twice (after a crash); rows carry (generation, sequence), and an older write never replaces a newer one.

  Implementations: `ServiceRadar.BMP.Store.Memory` (the routing tables themselves) and, in the full build,
  `ServiceRadar.BMP.Store.Postgres`.
  """

  alias ServiceRadar.BMP.{Config, Deltas, Peer, Query, Route, Router, RoutingTable}

  @doc "Options of `{module, options}` made whole, or an error text."
  @callback validate(options :: keyword) :: {:ok, options :: keyword} | {:error, String.t()}

  @doc "The store's processes, started first and stopped last."
  @callback child_spec(Config.t()) :: Supervisor.child_spec()

  @doc """
  The routing table that a partition starts with. Called by the partition's process each time it starts. A table may
  never know of something that is not stored, or a redelivered batch would change nothing and be lost: so a store on
  disk gives an empty table, or one loaded from what is stored.
  """
  @callback table(Config.t(), partition :: non_neg_integer) :: {:ok, RoutingTable.t()} | {:error, term}

  @doc "Stores changes in their order, all or none. They may be big; the caller waits, and calls again after an error."
  @callback commit(Config.t(), partition :: non_neg_integer, [Deltas.t()]) :: :ok | {:error, term}

  @doc "Every router that is known."
  @callback routers(Config.t()) :: {:ok, [Router.t()]} | {:error, term}

  @doc "The peers of a router (its id as text), or of all."
  @callback peers(Config.t(), router_id :: String.t() | nil) :: {:ok, [Peer.t()]} | {:error, term}

  @doc "Active routes that match, in the order of the query, with a cursor for the next page or nil."
  @callback routes(Config.t(), Query.t()) :: {:ok, [Route.t()], cursor :: term | nil} | {:error, term}

  @doc "Counts for headings: `%{routers: n, peers: n, routes: n}`."
  @callback counts(Config.t()) :: {:ok, map} | {:error, term}

  @doc "Changes of routes in the past, newest first."
  @callback history(Config.t(), Query.t()) :: {:ok, [map], cursor :: term | nil} | {:error, term}

  @doc """
  What happened to sessions and peers, newest first: of a router (`:router`, its id) and of a peer (`:peer`, its id) where
  given, `:limit` at most, after `:cursor`. Maps as those of `:events` in `t:ServiceRadar.BMP.Deltas.changes/0`.
  """
  @callback events(Config.t(), keyword) :: {:ok, [map], cursor :: term | nil} | {:error, term}

  @doc """
  The newest value of every counter that a peer (its id) was reported with, as maps with `:type` (RFC 7854, section 4.8),
  `:afi`, `:safi`, `:value` and `:received_at_us`.
  """
  @callback statistics(Config.t(), peer_id :: String.t()) :: {:ok, [map]} | {:error, term}

  @optional_callbacks history: 2, events: 2, statistics: 2
end
