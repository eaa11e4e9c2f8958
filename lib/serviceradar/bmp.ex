defmodule ServiceRadar.BMP do
  @moduledoc """
  A BMP (RFC 7854) monitoring station.

  `decode/1` needs nothing else: no process, no configuration.

  ## In a supervisor

      children = [{ServiceRadar.BMP, port: 11019, allow: ["192.0.2.0/24"]}]

  Options are those of `ServiceRadar.BMP.Config`. Without further ones the station needs no server: batches go through
  a queue in this VM, and routes are kept in memory. Nothing listens unless it is started.

  ## What it saw

  `routers/1`, `peers/1`, `routes/2` and `lookup/2` ask the store; `ServiceRadar.BMP.Events.subscribe/0` tells of
  changes as they happen.
  """

  alias ServiceRadar.BMP
  alias ServiceRadar.BMP.{BGP, Config, DecodeError, Decoder, Insight, Instance, Message, Native, Query, Station, Store}

  @uuid ~r/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

  @doc """
  Decodes the BMP messages of a binary.

  Gives the messages, and what is left of the binary when the last one is not whole. A message that cannot be read is
  among the others as `ServiceRadar.BMP.Undecodable`; only where the framing is lost nothing after it can be read, and
  the result is an error, with the messages before it.

      iex> {:ok, [message], rest} = ServiceRadar.BMP.decode(<<3, 0, 0, 0, 15, 4, 0, 2, 0, 5, "rtr-1", 3, 0>>)
      iex> message
      %ServiceRadar.BMP.Initiation{offset: 0, sys_name: "rtr-1", sys_descr: nil, tlvs: [{2, "rtr-1"}]}
      iex> rest
      <<3, 0>>

      iex> {:error, error} = ServiceRadar.BMP.decode(<<9, 0, 0, 0, 6, 4>>)
      iex> Exception.message(error)
      "bmp.version at offset 0: BMP version 9 is neither 3 nor 4"

  Each call starts anew. The capabilities of peers, which ADD-PATH and the width of AS numbers depend on, are known from
  the Peer Ups in the same binary; for a stream in pieces there is `decode/2`.

  Inputs above 512 octets are decoded on a dirty scheduler. A process that decodes much is twice as fast and more with a heap
  that holds what some calls give, e.g. `:erlang.spawn_opt(function, min_heap_size: 2_000_000)`, and pieces of some 64 KiB.
  """
  @spec decode(binary) :: {:ok, [Message.t()], rest :: binary} | {:error, DecodeError.t()}
  def decode(binary) when is_binary(binary), do: Native.decode(binary)

  @doc """
  Decodes the next piece of a stream with a decoder that remembers peers, and the octets of a message that is not yet
  whole: pieces may be split anywhere, and the rest is always `""`.

      iex> decoder = ServiceRadar.BMP.Decoder.new()
      iex> ServiceRadar.BMP.decode(<<3, 0, 0, 0, 15, 4, 0, 2, 0>>, decoder)
      {:ok, [], ""}
      iex> {:ok, [message], ""} = ServiceRadar.BMP.decode(<<5, "rtr-1">>, decoder)
      iex> message.sys_name
      "rtr-1"
  """
  @spec decode(binary, Decoder.t()) :: {:ok, [Message.t()], rest :: binary} | {:error, DecodeError.t()}
  def decode(binary, %Decoder{ref: ref}) when is_binary(binary) do
    with {:ok, messages} <- Native.decoder_feed(ref, binary), do: {:ok, messages, ""}
  end

  @doc """
  The messages of a binary as JSON, an object each, as `bmp-collector decode` prints them, and what is left of the binary.
  A message that cannot be read has `error` and `raw`.

      iex> {:ok, [json], ""} = ServiceRadar.BMP.decode_json(<<3, 0, 0, 0, 15, 4, 0, 2, 0, 5, "rtr-1">>)
      iex> json
      ~s({"offset":0,"length":15,"version":3,"type":"initiation","sys_name":"rtr-1","tlvs":[{"type":2,"value":"7274722d31"}]})
  """
  @spec decode_json(binary) :: {:ok, [String.t()], rest :: binary} | {:error, String.t()}
  def decode_json(binary) when is_binary(binary), do: Native.decode_json(binary)

  @doc "Decodes a whole BGP OPEN message, its header included, as `ServiceRadar.BMP.Peer` keeps those of both sides."
  @spec decode_open(binary) :: {:ok, BGP.Open.t()} | {:error, DecodeError.t()}
  def decode_open(message) when is_binary(message), do: Native.decode_open(message)

  @doc """
  Decodes an extended community from its eight octets.

      iex> {:ok, community} = ServiceRadar.BMP.decode_extended_community(<<0, 2, 65000::16, 1::32>>)
      iex> {community.name, to_string(community)}
      {"rt", "rt:65000:1"}
      iex> ServiceRadar.BMP.decode_extended_community("seven..")
      :error
  """
  @spec decode_extended_community(binary) :: {:ok, BGP.ExtendedCommunity.t()} | :error
  def decode_extended_community(octets) when is_binary(octets), do: Native.extended_community(octets)

  @typedoc """
  A field of a message: its `:name`, as in the path of an error where there is one; the `:offset` of its first octet and its `:length`;
  what it says as `:text`, which is empty where its parts say it; the section that defines it as `:reference`, which is empty
  where that is the field around it; `:errors` that the decoder found in it, as sentences; and its parts, `:fields`.
  """
  @type field :: %{
          name: String.t(),
          offset: non_neg_integer,
          length: non_neg_integer,
          text: String.t(),
          reference: String.t(),
          errors: [String.t()],
          fields: [field]
        }

  @doc """
  The messages of a binary as a tree of fields: what stands in which octets, and where that is defined. Messages are those of BMP, or
  of BGP where the binary starts with its marker. Nothing is left out: octets that are not read are a field `unread`, which says why.
  A tree has about 4,000 fields at most.

      iex> [message] = ServiceRadar.BMP.dissect(<<3, 0, 0, 0, 15, 4, 0, 2, 0, 5, "rtr-1">>)
      iex> [header, name] = message.fields
      iex> {header.name, header.offset, header.length, header.reference}
      {"common_header", 0, 6, "RFC 7854, section 4.1"}
      iex> {name.name, name.offset, name.length, name.text}
      {"sys_name", 6, 9, "rtr-1"}

      iex> [message] = ServiceRadar.BMP.dissect(<<3, 0, 0, 0, 15, 4, 0, 2, 0, 9, "rtr-1">>)
      iex> message.errors
      []
      iex> for %{errors: [_ | _]} = field <- hd(Enum.drop(message.fields, 1)).fields, do: {field.offset, field.errors}
      [{10, ["bmp.initiation.tlvs[0].value at offset 10: truncated: needs 9 octets, has 5"]}]

  As with `decode/1`, the capabilities of peers are known from the Peer Ups in the same binary.

  * `:attribute` - the binary is the value of a path attribute of this code, as a dead letter keeps it
  """
  @spec dissect(binary, attribute: 0..255) :: [field]
  def dissect(binary, options \\ []) when is_binary(binary) do
    case Native.dissect(binary, options[:attribute]) do
      {:ok, fields} -> fields
      {:error, reason} -> raise RuntimeError, reason
    end
  end

  @doc "Starts a station under a supervisor."
  @spec child_spec(keyword) :: Supervisor.child_spec()
  def child_spec(options) do
    %{id: Keyword.get(options, :name, __MODULE__), type: :supervisor, start: {__MODULE__, :start_link, [options]}}
  end

  @doc "Starts a station; wrong options are `{:error, %ArgumentError{}}` with what is wrong."
  @spec start_link(keyword) :: Supervisor.on_start()
  def start_link(options \\ []) do
    case Config.new(options) do
      {:ok, config} -> Station.start_link(config)
      {:error, text} -> {:error, %ArgumentError{message: text}}
    end
  end

  @doc "The TCP port that the station listens on; the one the system chose where 0 was configured."
  @spec port(Config.name()) :: :inet.port_number()
  def port(station \\ __MODULE__) do
    Instance.config!(station)
    Instance.value(station, :listener)
  end

  @doc """
  The connections of routers now, as maps: `:id`, `:address`, `:port`, `:since`, `:router_id` (16 octets, nil before the
  first message), `:pid`, and `:counters` of its decoder: `:messages`, of them `:undecodable`, of these `:suspect` (they
  read with the other ADD-PATH setting, which earlier messages rule out); `:add_path_inferred` (families of a peer's view
  whose path identifiers are not as negotiated) and `:add_path_taken_back` (those of them for which later messages showed
  that they are); `:faulty_updates` (RFC 7606), `:as_width_mismatch` (AS_PATH in another width
  than the A flag says), `:unknown_peer_types` (messages about peers of a type that is not known), `:peers_over_limit`.
  """
  @spec sessions(Config.name()) :: [map]
  def sessions(station \\ __MODULE__), do: ServiceRadar.BMP.Sessions.list(Instance.config!(station))

  @doc """
  How every session fares, of this node and of those that it is connected to: as `sessions/1`, with the `:node`, the id of the router as
  text (`:router`, nil before its first message), and `:lag_us`: how long after it was received its last batch was committed, by the
  clocks of both nodes; nil where nobody has measured it. An edge collector's sessions are not among them.
  """
  @spec session_health(Config.name()) :: [map]
  def session_health(station \\ __MODULE__), do: BMP.Health.sessions(station)

  @doc "Every router the store knows."
  @spec routers(Config.name()) :: {:ok, [BMP.Router.t()]} | {:error, term}
  def routers(station \\ __MODULE__), do: store(station, :routers, [])

  @doc """
  Every router by what it may be called, `:router_id`, `:name` and `:address`, in any order; nothing is counted of them.
  """
  @spec router_names(Config.name()) ::
          {:ok, [%{router_id: String.t(), name: String.t() | nil, address: :inet.ip_address() | nil}]} | {:error, term}
  def router_names(station \\ __MODULE__) do
    with {:error, :not_kept} <- kept(station, :router_names, []),
         {:ok, routers} <- routers(station),
         do: {:ok, Enum.map(routers, &Map.take(&1, [:router_id, :name, :address]))}
  end

  @doc "The peers of one router (`router: id`), or of all."
  @spec peers(Config.name(), keyword) :: {:ok, [BMP.Peer.t()]} | {:error, term}
  def peers(station \\ __MODULE__, options \\ []), do: store(station, :peers, [options[:router]])

  @doc """
  A page of peers in the order of a column, and where the next begins, or nil.

  * `:order` - `{column, down?}`, see `ServiceRadar.BMP.Order`; default by router and address
  * `:router` - of this router (its id)
  * `:state` - `"up"`, `"down"`, `"stale"`, `"unknown"`, or `"trouble"`: down or stale
  * `:address` - with this address (a tuple)
  * `:find` - words that are in the address, the AS number (`"AS65001"`), or the name of router or table, all of them
  * `:limit` - at most so many, default 100
  * `:after` - what the page before gave
  """
  @spec list_peers(Config.name(), keyword) ::
          {:ok, [BMP.Peer.t()], BMP.Order.key() | nil} | {:error, Exception.t() | term}
  def list_peers(station \\ __MODULE__, options \\ []), do: list(station, :peers, :list_peers, options)

  @doc "A page of routers, as `list_peers/2`, with its options `:order`, `:limit` and `:after`."
  @spec list_routers(Config.name(), keyword) ::
          {:ok, [BMP.Router.t()], BMP.Order.key() | nil} | {:error, Exception.t() | term}
  def list_routers(station \\ __MODULE__, options \\ []), do: list(station, :routers, :list_routers, options)

  defp list(station, kind, function, options) do
    with {:ok, list} <- asked(BMP.ListQuery.new(kind, options)), {:ok, rows} <- store(station, function, [list]) do
      {page, last} = BMP.Order.page(rows, kind, {list.column, list.down}, list.after, list.limit)
      {:ok, page, last}
    end
  end

  defp asked({:error, text}), do: {:error, %ArgumentError{message: text}}
  defp asked(list), do: list

  @doc "How many peers all pages of `list_peers/2` have; they are counted up to 10,000, and more are `{:more_than, 10_000}`."
  @spec count_peers(Config.name(), keyword) ::
          {:ok, non_neg_integer | {:more_than, pos_integer}} | {:error, Exception.t() | term}
  def count_peers(station \\ __MODULE__, options \\ []) do
    with {:ok, list} <- asked(BMP.ListQuery.new(:peers, options)),
         {:ok, count} <- store(station, :count_peers, [list]) do
      {:ok, if(count > 10_000, do: {:more_than, 10_000}, else: count)}
    end
  end

  @doc "The router with this id, or nil."
  @spec router(Config.name(), router_id :: String.t()) :: {:ok, BMP.Router.t() | nil} | {:error, term}
  def router(station \\ __MODULE__, router_id) do
    with {:ok, list} <- BMP.ListQuery.new(:routers, router: router_id, limit: 1),
         true <- router_id =~ @uuid,
         {:ok, found} <- store(station, :list_routers, [list]) do
      {:ok, List.first(found)}
    else
      false -> {:ok, nil}
      error -> error
    end
  end

  @doc "The peer with this id, or nil."
  @spec peer(Config.name(), peer_id :: String.t()) :: {:ok, BMP.Peer.t() | nil} | {:error, term}
  def peer(station \\ __MODULE__, peer_id) do
    with {:ok, found} <- some_peers(station, [peer_id]), do: {:ok, List.first(found)}
  end

  @doc "The peers with these ids, in any order; what is no id is nobody's."
  @spec some_peers(Config.name(), peer_ids :: [String.t()]) :: {:ok, [BMP.Peer.t()]} | {:error, term}
  def some_peers(station \\ __MODULE__, peer_ids),
    do: store(station, :some_peers, [for(id <- Enum.uniq(peer_ids), id =~ @uuid, do: id)])

  @doc """
  How many routes each table of each peer holds that has any: `:router_id`, `:peer_id`, `:view`, `:afi`, `:safi` and `:routes`, and nothing
  else of their peers.
  """
  @spec held(Config.name()) :: {:ok, [map]} | {:error, term}
  def held(station \\ __MODULE__), do: store(station, :held, [])

  @doc """
  How much there is, of one router (`router: id`) or of all: `:routers`, of them `:routers_connected`; `:sessions` (peers without what
  routers originate themselves), of them `:sessions_up` and `:sessions_troubled` (down or stale); `:families`, the routes of each
  `{afi, safi}` as a map.
  """
  @spec totals(Config.name(), keyword) :: {:ok, map} | {:error, term}
  def totals(station \\ __MODULE__, options \\ []), do: store(station, :totals, [options[:router]])

  @doc """
  Active routes that match the query (see `ServiceRadar.BMP.Query`), and the cursor of the next page or nil.

      ServiceRadar.BMP.routes(within: "10.0.0.0/8", as: 64500, limit: 50)
  """
  @spec routes(Config.name(), keyword) ::
          {:ok, [BMP.Route.t()], cursor :: term | nil} | {:error, Exception.t() | term}
  def routes(station \\ __MODULE__, query) do
    with {:ok, query} <- query(query, [:from, :until]) do
      cond do
        query.validity == nil -> validated(station, query)
        Insight.validates?(station) -> Insight.Validity.routes(query, &validated(station, &1))
        true -> {:error, %ArgumentError{message: "this station has no VRPs: it does not know which routes are valid"}}
      end
    end
  end

  defp validated(station, query) do
    with {:ok, routes, cursor} <- store(station, :routes, [%{query | validity: nil}]),
         do: {:ok, Insight.validate(station, routes), cursor}
  end

  @doc """
  Says that somebody may soon ask for routes by their attributes: pages do so when they are opened. What the first such question would
  have to wait for is done meanwhile. Returns at once.
  """
  @spec prepare_search(Config.name()) :: :ok
  def prepare_search(station \\ __MODULE__) do
    with {:error, :not_kept} <- kept(station, :prepare_search, []), do: :ok
  end

  @doc """
  How many active routes match the query, without asking for them: up to `most` they are counted; more than that are
  `{:more_than, most}`. `:not_known` where it would take too long, and of a question for `:validity`.

      ServiceRadar.BMP.count_routes(community: "65000:666")
  """
  @spec count_routes(Config.name(), keyword, most :: pos_integer) ::
          {:ok, non_neg_integer | {:more_than, pos_integer} | :not_known} | {:error, Exception.t() | term}
  def count_routes(station \\ __MODULE__, query, most \\ 10_000) do
    with {:ok, %Query{validity: nil} = query} <- query(query, [:from, :until]),
         {:ok, count} when is_integer(count) <- kept(station, :count_routes, [%{query | cursor: nil}, most]) do
      {:ok, if(count > most, do: {:more_than, most}, else: count)}
    else
      {:ok, _validity_or_not_known} -> {:ok, :not_known}
      {:error, :not_kept} -> {:ok, :not_known}
      error -> error
    end
  end

  @doc """
  Routes that changed more than once of late, the worst first: of one router (`router: id`), of one peer (`peer: id`), `:limit` at
  most (default 100). Maps with `:router_id`, `:peer_id`, `:view`, `:afi`, `:safi`, `:nlri`, `:nlri_text`, `:prefix` (nil in families
  without), `:path_id`, how many `:withdrawals` and `:changes` of its attributes there were since it began, when the last was received,
  `:changed_at_us`, and the `:penalty` of RFC 2439: 1000 a withdrawal, 500 a change, halved every quarter of an hour.

  The routing tables know, and not the store: those of this node and of the nodes that it is connected to are asked.
  `{:error, :not_known}` where none of them has any.
  """
  @spec flapping(Config.name(), keyword) :: {:ok, [map]} | {:error, :not_known}
  def flapping(station \\ __MODULE__, options \\ []),
    do: BMP.Flaps.worst(station, Keyword.merge([router: nil, peer: nil, limit: 100], options))

  @doc "The longest match for an address in every table."
  @spec lookup(Config.name(), String.t() | :inet.ip_address()) :: {:ok, [BMP.Route.t()]} | {:error, term}
  def lookup(station \\ __MODULE__, address) do
    with {:ok, routes, _cursor} <- routes(station, address: address, limit: 10_000), do: {:ok, routes}
  end

  @doc """
  What happened to one prefix (`:prefix`), newest first: what its peers said of it, and as `implied` withdrawals the ends of its
  peers' routes; `:from`, `:until`, `:peer_id`, `:limit` and `:cursor` count too. `{:error, :not_kept}` where the store keeps no history.
  """
  @spec history(Config.name(), keyword) ::
          {:ok, [map], cursor :: term | nil} | {:error, Exception.t() | :not_kept | term}
  def history(station \\ __MODULE__, query) do
    with {:ok, query} <- query(query, [:validity]), do: kept(station, :history, [query])
  end

  @doc """
  Changes of routes that match the query, newest first: by time (`:from`, `:until`), prefix (`:prefix`, `:within`, `:covering`),
  peer, router, view, family, `:origin_as`, `:as`, `:as_path`, `:next_hop`, `:community`. The end of all routes of a peer is one of `events/2`, and no
  change here.

  A call looks at 20,000 changes at most, so a page may have fewer than `:limit`, or none: go on while there is a cursor.
  `{:error, :not_kept}` where the store keeps no history.

      ServiceRadar.BMP.changes(within: "10.0.0.0/8", origin_as: 64500, from: DateTime.add(DateTime.utc_now(), -3600))
  """
  @spec changes(Config.name(), keyword) ::
          {:ok, [map], cursor :: term | nil} | {:error, Exception.t() | :not_kept | term}
  def changes(station \\ __MODULE__, query) do
    with {:ok, query} <- query(query, [:address, :nlri, :validity]), do: kept(station, :changes, [query])
  end

  @doc """
  The routes as they were at a moment, by prefix, with the filters of `changes/2` but for the range of time; `:address` asks for all
  prefixes that cover an address. `:limit` is the number of prefixes that a page looks at: go on while there is a cursor, also after an
  empty page. Routes without a prefix (FlowSpec and the like) are not among them. `{:error, :not_kept}` where the store keeps no history.

      ServiceRadar.BMP.routes_at(~U[2026-11-24 12:00:00Z], prefix: "192.0.2.0/24")
  """
  @spec routes_at(Config.name(), DateTime.t(), keyword) ::
          {:ok, [BMP.Route.t()], cursor :: term | nil} | {:error, Exception.t() | :not_kept | term}
  def routes_at(station \\ __MODULE__, %DateTime{} = at, query) do
    with {:ok, query} <- query(query, [:nlri, :validity, :from, :until]), do: kept(station, :routes_at, [at, query])
  end

  @doc """
  The table as it was at a moment, for those who draw it: at most so many routes, by prefix. `{:error, :not_kept}` where the store keeps
  no history.
  """
  @spec table_at(Config.name(), DateTime.t(), pos_integer) ::
          {:ok, BMP.RoutingTable.t()} | {:error, :not_kept | term}
  def table_at(station \\ __MODULE__, %DateTime{} = at, most), do: kept(station, :table_at, [at, most])

  @doc """
  What happened to sessions and peers, newest first: `:router` and `:peer` (ids), `:limit` (default 100), `:cursor`.
  `{:error, :not_kept}` where the store keeps none.
  """
  @spec events(Config.name(), keyword) :: {:ok, [map], cursor :: term | nil} | {:error, :not_kept | term}
  def events(station \\ __MODULE__, options \\ []),
    do: kept(station, :events, [Keyword.merge([router: nil, peer: nil, limit: 100, cursor: nil], options)])

  @doc """
  The newest value of every counter of a peer's Statistics Reports. `{:error, :not_kept}` where the store keeps none.
  """
  @spec statistics(Config.name(), peer_id :: String.t()) :: {:ok, [map]} | {:error, :not_kept | term}
  def statistics(station \\ __MODULE__, peer_id), do: kept(station, :statistics, [peer_id])

  @doc """
  The counters of a peer's Statistics Reports between two moments, each as a map with `:type`, `:afi`, `:safi` and its `:points`, oldest
  first: microseconds since 1970 and the value. There are at most 240 points a counter, of longer times the last value of each part.
  The store in memory keeps the latest 120 of a counter. `{:error, :not_kept}` where the store keeps none.
  """
  @spec statistics_series(Config.name(), peer_id :: String.t(), DateTime.t(), DateTime.t()) ::
          {:ok, [map]} | {:error, :not_kept | term}
  def statistics_series(station \\ __MODULE__, peer_id, %DateTime{} = from, %DateTime{} = until),
    do: kept(station, :statistics_series, [peer_id, from, until])

  @doc """
  What could not be decoded, newest first: `:router` (its id), `:limit` (default 100), `:cursor`. Maps with the `:id` for
  `dead_letter/2`, `:router`, `:router_id`, `:peer`, `:peer_id`, the `:offset` in the session of what was wrong, the `:path` to
  the field, the `:reason`, the `:treatment` (`"kept_raw"`, `"refused"`, or by RFC 7606), `:suspect` (it reads with the other ADD-PATH
  setting), how many `:octets` are kept, and `:received_at_us`. `{:error, :not_kept}` where the store keeps none.
  """
  @spec dead_letters(Config.name(), keyword) :: {:ok, [map], cursor :: term | nil} | {:error, :not_kept | term}
  def dead_letters(station \\ __MODULE__, options \\ []),
    do: kept(station, :dead_letters, [Keyword.merge([router: nil, limit: 100, cursor: nil], options)])

  @doc """
  Of each of the routers (their ids) what could not be decoded last, as maps of `dead_letters/2`, in any order; nothing of a router all
  of whose messages were read. The store in memory may not have its octets any more. `{:error, :not_kept}` where the store keeps none.
  """
  @spec last_dead_letters(Config.name(), router_ids :: [String.t()]) :: {:ok, [map]} | {:error, :not_kept | term}
  def last_dead_letters(station \\ __MODULE__, router_ids), do: kept(station, :last_dead_letters, [router_ids])

  @doc "One of them, by its id, with its octets as `:raw`; nil where it is not kept any more."
  @spec dead_letter(Config.name(), id :: String.t()) :: {:ok, map | nil} | {:error, :not_kept | term}
  def dead_letter(station \\ __MODULE__, id), do: kept(station, :dead_letter, [id])

  @doc "`%{routers: n, peers: n, routes: n}`."
  @spec counts(Config.name()) :: {:ok, map} | {:error, term}
  def counts(station \\ __MODULE__), do: store(station, :counts, [])

  defp store(station, function, arguments), do: station |> Instance.config!() |> Store.ask(function, arguments)

  defp kept(station, function, arguments),
    do: station |> Instance.config!() |> Store.ask_where_kept(function, arguments)

  defp query(options, not_taken) do
    with {:ok, query} <- Query.new(options), [] <- Query.given(query, not_taken) do
      {:ok, query}
    else
      {:error, text} -> {:error, %ArgumentError{message: text}}
      [field | _] -> {:error, %ArgumentError{message: "option #{inspect(field)} is of another question"}}
    end
  end
end
