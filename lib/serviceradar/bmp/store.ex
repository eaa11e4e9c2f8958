defmodule ServiceRadar.BMP.Store do
  @moduledoc """
  Where routers, peers and routes are kept, and asked for.

  A store gets a partition's changes one after the other, in the order in which the routers sent them. A write may come
  twice (after a crash); rows carry (generation, sequence), and an older write never replaces a newer one.

  Where several stations share a store, it says which of them owns a partition: `c:own/1`. An owner has a token, and what is
  committed with an earlier one is refused as `:fenced`. A store without these functions is one station's alone.

  Implementations: `ServiceRadar.BMP.Store.Memory` (the routing tables themselves) and, in the full build,
  `ServiceRadar.BMP.Store.Postgres`.
  """

  alias ServiceRadar.BMP.{Config, Deltas, ListQuery, Peer, Query, Route, Router, RoutingTable}

  @typedoc "Names one time that a station owned a partition: later ones have higher numbers. nil in a store without owners."
  @type token :: pos_integer | nil

  @doc "Options of `{module, options}` made whole, or an error text."
  @callback validate(options :: keyword) :: {:ok, options :: keyword} | {:error, String.t()}

  @doc "The store's processes, started first and stopped last."
  @callback child_spec(Config.t()) :: Supervisor.child_spec()

  @doc """
  The routing table that a partition starts with. Called by the partition's process each time it starts. A table may
  never know of something that is not stored, or a redelivered batch would change nothing and be lost: so a store on
  disk gives an empty table, or one loaded from what is stored.
  """
  @callback table(Config.t(), partition :: non_neg_integer, token) ::
              {:ok, RoutingTable.t()} | {:error, :fenced} | {:error, term}

  @doc """
  Stores changes in their order, all or none; without any it says whether the token is still good. They may be big; the
  caller waits, and calls again after an error other than `:fenced`: after `{:too_much, text}` with fewer of them, in
  parts. A store that cannot tell whether an earlier call went through has to know them again, also in parts.
  """
  @callback commit(Config.t(), partition :: non_neg_integer, token, [Deltas.t()]) ::
              :ok | {:error, :fenced} | {:error, {:too_much, String.t()}} | {:error, term}

  @doc """
  Makes the calling process the one that runs this station's partitions; it is to monitor the process that is given.
  It gets `{:bmp_lease, partition, {:owned, token}}`, `{:bmp_lease, partition, :lost}`, and `{:bmp_lease, partition, :give_back}`,
  which it answers with `c:give_back/2` when it has stopped the partition. When it ends, everything is given back.
  """
  @callback own(Config.t()) :: {:ok, pid}

  @doc "The partition is stopped, and another station may have it."
  @callback give_back(Config.t(), partition :: non_neg_integer) :: :ok

  @doc "Whether the token is still the partition's."
  @callback held?(Config.t(), partition :: non_neg_integer, token) :: :ok | {:error, :fenced} | {:error, term}

  @doc "Every router that is known."
  @callback routers(Config.t()) :: {:ok, [Router.t()]} | {:error, term}

  @doc "The peers of a router (its id as text), or of all."
  @callback peers(Config.t(), router_id :: String.t() | nil) :: {:ok, [Peer.t()]} | {:error, term}

  @doc """
  The first peers of the list after its key, one more than its limit where there are so many: in any order, and more of them do no harm.
  What it reads is to be no more for many peers than for few, wherever an order has an index.
  """
  @callback list_peers(Config.t(), ListQuery.t()) :: {:ok, [Peer.t()]} | {:error, term}

  @doc "How many peers the list has on all pages; a store may stop counting at 10,001."
  @callback count_peers(Config.t(), ListQuery.t()) :: {:ok, non_neg_integer} | {:error, term}

  @doc "As `c:list_peers/2`, of routers."
  @callback list_routers(Config.t(), ListQuery.t()) :: {:ok, [Router.t()]} | {:error, term}

  @doc "The peers that have these ids, in any order."
  @callback some_peers(Config.t(), peer_ids :: [String.t()]) :: {:ok, [Peer.t()]} | {:error, term}

  @doc "Every table that holds routes, as `ServiceRadar.BMP.held/1`."
  @callback held(Config.t()) :: {:ok, [map]} | {:error, term}

  @doc "Of one router (its id) or of all, as `ServiceRadar.BMP.totals/2`."
  @callback totals(Config.t(), router_id :: String.t() | nil) :: {:ok, map} | {:error, term}

  @doc "Every router as `ServiceRadar.BMP.router_names/1`. Of a store that has no such question `c:routers/1` is asked."
  @callback router_names(Config.t()) :: {:ok, [map]} | {:error, term}

  @doc "Active routes that match, in the order of the query, with a cursor for the next page or nil."
  @callback routes(Config.t(), Query.t()) :: {:ok, [Route.t()], cursor :: term | nil} | {:error, term}

  @doc "Somebody may soon ask for routes by their attributes. Returns at once."
  @callback prepare_search(Config.t()) :: :ok

  @doc """
  How many active routes match, counted up to `most`; more than `most` where there are more, and `:not_known` where it would take too
  long.
  """
  @callback count_routes(Config.t(), Query.t(), most :: pos_integer) ::
              {:ok, non_neg_integer | :not_known} | {:error, term}

  @doc "Counts for headings: `%{routers: n, peers: n, routes: n}`."
  @callback counts(Config.t()) :: {:ok, map} | {:error, term}

  @doc "Changes of routes in the past, newest first."
  @callback history(Config.t(), Query.t()) :: {:ok, [map], cursor :: term | nil} | {:error, term}

  @doc """
  Changes of routes that match, newest first. A page may have fewer than the limit, or none, and yet a cursor: a store looks at
  so many changes a call only.
  """
  @callback changes(Config.t(), Query.t()) :: {:ok, [map], cursor :: term | nil} | {:error, term}

  @doc """
  The routes that matched at a moment, by prefix; the query's limit is that of prefixes a page looks at. As of `c:changes/2`, a
  page may be empty and have a cursor.
  """
  @callback routes_at(Config.t(), DateTime.t(), Query.t()) :: {:ok, [Route.t()], cursor :: term | nil} | {:error, term}

  @doc """
  The table as it was at a moment, with at most so many routes, by prefix. Routes without a prefix are not among them. No more
  rows are looked at than if each of so many routes had changed a hundred times.
  """
  @callback table_at(Config.t(), DateTime.t(), most :: pos_integer) :: {:ok, RoutingTable.t()} | {:error, term}

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

  @doc "The values of a peer's counters between two moments, as `ServiceRadar.BMP.statistics_series/4`."
  @callback statistics_series(Config.t(), peer_id :: String.t(), DateTime.t(), DateTime.t()) ::
              {:ok, [map]} | {:error, term}

  @doc "What could not be decoded, newest first, as `ServiceRadar.BMP.dead_letters/2`: `:router`, `:limit`, `:cursor`."
  @callback dead_letters(Config.t(), keyword) :: {:ok, [map], cursor :: term | nil} | {:error, term}

  @doc "The newest of them of each of the routers (their ids) that has any, without its octets, in any order."
  @callback last_dead_letters(Config.t(), router_ids :: [String.t()]) :: {:ok, [map]} | {:error, term}

  @doc "One of them, with its octets as `:raw`."
  @callback dead_letter(Config.t(), id :: String.t()) :: {:ok, map | nil} | {:error, term}

  @doc "Keeps what `ServiceRadar.BMP.Insight` has to know after a restart of this station, in place of what it kept before."
  @callback keep_insight(Config.t(), json :: String.t()) :: :ok | {:error, term}

  @doc "What `c:keep_insight/2` kept last; nil: nothing."
  @callback kept_insight(Config.t()) :: {:ok, String.t() | nil} | {:error, term}

  @doc "Keeps OCSF events, JSON objects, each once."
  @callback keep_ocsf(Config.t(), [String.t()]) :: :ok | {:error, term}

  @optional_callbacks keep_ocsf: 2,
                      keep_insight: 2,
                      count_routes: 3,
                      prepare_search: 1,
                      router_names: 1,
                      kept_insight: 1,
                      own: 1,
                      give_back: 2,
                      held?: 3,
                      history: 2,
                      changes: 2,
                      routes_at: 3,
                      table_at: 3,
                      events: 2,
                      statistics: 2,
                      statistics_series: 4,
                      dead_letters: 2,
                      last_dead_letters: 2,
                      dead_letter: 2

  @doc "Calls a function of a station's store."
  @spec ask(Config.t(), atom, [term]) :: term
  def ask(%Config{store: {store, _options}} = config, function, arguments),
    do: apply(store, function, [config | arguments])

  @doc "The same of a function that a store need not have: `{:error, :not_kept}` where it has not."
  @spec ask_where_kept(Config.t(), atom, [term]) :: term | {:error, :not_kept}
  def ask_where_kept(%Config{store: {store, _options}} = config, function, arguments) do
    if function_exported?(store, function, length(arguments) + 1),
      do: ask(config, function, arguments),
      else: {:error, :not_kept}
  end
end
