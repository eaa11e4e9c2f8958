defmodule ServiceRadar.BMP.Config do
  @moduledoc """
  A station's configuration, checked.

  ## Options

  * `:name` - the station's name, an atom; default `ServiceRadar.BMP`. Several stations need several names
  * `:ip` - address to listen on, as `:any` (IPv4 and IPv6, the default), text or tuple
  * `:port` - TCP port; default 11019, 0 for a free one (`ServiceRadar.BMP.port/1` tells which)
  * `:allow` - who may connect: a list of addresses and prefixes, `["192.0.2.1", "2001:db8::/32"]`, or `:any`. By default
    only this machine itself, `["127.0.0.0/8", "::1"]`: nobody else is let in unasked, and the log says who was refused
  * `:balancers` - addresses and prefixes of load balancers that write a PROXY protocol header (version 1 or 2) in front of
    each connection; default none. Their routers are known, and let in, by the address in it. From anybody else such a
    header is no BMP and ends the session
  * `:tls` - `[certfile: path, keyfile: path]`: routers connect by TLS; with `cacertfile: path` each has to show a
    certificate that is signed by one in it. Default none: plain TCP
  * `:tcp_md5_keys` - path of a file with keys of sources that sign their TCP segments (RFC 2385), a line each: the address
    or prefix and after it the key. Default none. Linux only; read when the listener starts
  * `:max_sessions_per_source` - connections of one address at one time; default 100
  * `:connects_per_second` - how often an address may connect, after as many at once as `:max_sessions_per_source`;
    default 10
  * `:handshake_timeout` - for how long a PROXY header or a TLS handshake may take, in ms; default 10,000
  * `:acceptors` - processes that accept connections; default 4
  * `:max_sessions` - connections at one time; default 1000
  * `:session` - limits of each session, a keyword list:
    * `:max_message_bytes` - longest BMP message; default 1 MiB. A longer one ends the session
    * `:max_peers` - peers whose OPENs are remembered; default 65,536
    * `:max_batch_bytes` - about where a batch is closed; default 256 KiB. NATS takes messages up to 1 MiB
    * `:read_bytes` - most bytes read from the socket at a time; default 256 KiB
    * `:window` - most batches not yet acknowledged by the broker; default 64. Then the session stops reading
    * `:stall_timeout` - for how long it may stop reading, in ms; default 60,000. Then it is closed: the router
      re-sends when it comes back
    * `:first_message_timeout` - for how long after connecting a router may send no message, in ms; default 30,000
    * `:message_timeout` - for how long it may send octets that end no message, in ms; default 60,000
    * `:max_bytes_per_second` - most octets that are read of one router in a second, or `:infinity`, the default. What is
      more waits in the network
    * `:idle_timeout` - for how long a router may say nothing, in ms, or `:infinity`, the default: BMP has no keepalive
      (TCP's is on)
    * `:heartbeat` - how often a session whose router is quiet says that it lives, in ms; default 10,000. One that is not
      heard for three and a half times as long is taken for lost. Stations that share a broker need the same time
    * `:drain_timeout` - how long a stopping session waits for its last batches, in ms; default 5,000
  * `:tee` - further stations that hear what each router says, octet by octet, a keyword list:
    * `:to` - a list of `"host:port"`; default none
    * `:buffer_bytes` - most octets of a session that one of them may be behind; default 8 MiB. Then it is cut, and begins
      anew with the session's opening messages
  * `:identity` - what makes two sessions those of one router: `:sys_name` (default), the name that the router gives, or
    its address where it gives none; `:address`; or `:both` of them
  * `:sys_names` - the sources from which a sysName is believed, a map: `%{"core1" => ["192.0.2.1", "2001:db8::/32"]}`; default
    empty. A session that says such a name from elsewhere ends, and nothing of it is published. A name that is not listed
    is believed of everybody who is let in
  * `:collector` - name of this station in the batches; default the node's name
  * `:partitions` - number of routing tables, each with a process of its own; a router always belongs to the same one.
    Default 8. Stations that share a broker need the same number
  * `:table` - limits of each partition's routing table, a keyword list:
    * `:max_routes` - default 20 million
    * `:hold_time` - how long routes of a router whose session ended are kept as they were, in seconds; default 300
    * `:eor_timeout` - how long after a session's return a table may take until its End-of-RIB, in seconds; default 300.
      Then what was not announced again is withdrawn
  * `:roles` - what this station does, any of `:receive` (listens, and hands batches to the broker), `:pipeline` (takes them
    into the store) and `:view` (answers questions, shows pages); default all three
  * `:broker` - `{module, options}` or a module; default `ServiceRadar.BMP.Broker.Local`
  * `:store` - the same; default `ServiceRadar.BMP.Store.Memory`
  * `:pipeline` - the same; default `ServiceRadar.BMP.Pipeline.Runner`
  * `:ocsf` - path of a file that OCSF events are appended to, one JSON object a line, or a keyword list, see
    `ServiceRadar.BMP.OCSF`; default none
  * `:insight` - path of a JSON file with the configuration of `ServiceRadar.BMP.Insight`, which tells what broke, where and
    why; default none, and nothing is told
  * `:insight_state` - path of a file that keeps open alerts, and what people marked, over a restart, where the store does not
    (that in Postgres does); default none
  * `:webhook` - where findings of `:insight` are posted, a keyword list, see `ServiceRadar.BMP.Insight.Webhook`; default none
  * `:names` - names for the pages, a map of maps: `:vni` by VXLAN network identifier, `:rd` by route distinguisher as text, `:mac` by
    address as text, such as `%{vni: %{10100 => "tenant blue"}}`; default none
  * `:pubsub` - a `Phoenix.PubSub` to broadcast changes over as well; default none

  ## Examples

      iex> {:ok, config} = ServiceRadar.BMP.Config.new(port: 0, allow: ["192.0.2.0/24"])
      iex> config.port
      0
      iex> ServiceRadar.BMP.Config.new(port: 70_000)
      {:error, "option :port is an integer from 0 to 65535, not 70000"}
      iex> ServiceRadar.BMP.Config.new(prot: 1)
      {:error, "unknown option :prot; known are :acceptors, :allow, :balancers, :broker, :collector, " <>
        ":connects_per_second, :handshake_timeout, :identity, :insight, :insight_state, :ip, :max_sessions, " <>
        ":max_sessions_per_source, :name, :names, :ocsf, :partitions, :pipeline, :port, :pubsub, :roles, :session, :store, :sys_names, :table, :tcp_md5_keys, :tee, :tls, :webhook"}
  """

  alias ServiceRadar.BMP.{Broker, OCSF, Pipeline, Prefix, Store}
  alias ServiceRadar.BMP.Insight.Webhook
  alias ServiceRadar.BMP.Listener.{Handshake, TcpMd5}

  @session [
    max_message_bytes: 1_048_576,
    max_peers: 65_536,
    max_batch_bytes: 262_144,
    read_bytes: 262_144,
    window: 64,
    stall_timeout: 60_000,
    first_message_timeout: 30_000,
    message_timeout: 60_000,
    max_bytes_per_second: :infinity,
    idle_timeout: :infinity,
    heartbeat: 10_000,
    drain_timeout: 5_000
  ]
  @roles [:receive, :pipeline, :view]
  @counts [:acceptors, :max_sessions, :max_sessions_per_source, :connects_per_second, :handshake_timeout]
  @tee [to: [], buffer_bytes: 8_388_608]
  @table [max_routes: 20_000_000, hold_time: 300, eor_timeout: 300]

  defstruct name: ServiceRadar.BMP,
            ip: :any,
            port: 11_019,
            allow: ["127.0.0.0/8", "::1"],
            balancers: [],
            tls: nil,
            tcp_md5_keys: nil,
            acceptors: 4,
            max_sessions: 1000,
            max_sessions_per_source: 100,
            connects_per_second: 10,
            handshake_timeout: 10_000,
            session: @session,
            identity: :sys_name,
            sys_names: %{},
            collector: nil,
            partitions: 8,
            table: @table,
            tee: @tee,
            broker: nil,
            store: nil,
            pipeline: nil,
            roles: [:receive, :pipeline, :view],
            ocsf: nil,
            insight: nil,
            insight_state: nil,
            names: %{},
            webhook: nil,
            pubsub: nil

  @type name :: atom

  @typedoc "`:session`, `:table` and `:tee` are maps; `:ocsf` is a keyword list or nil; `:broker`, `:store` and `:pipeline` are `{module, options}`, made whole."
  @type t :: %__MODULE__{
          name: name,
          ip: :any | :inet.ip_address(),
          port: :inet.port_number(),
          allow: :any | [Prefix.t()],
          balancers: [Prefix.t()],
          tls: keyword | nil,
          tcp_md5_keys: Path.t() | nil,
          acceptors: pos_integer,
          max_sessions: pos_integer,
          max_sessions_per_source: pos_integer,
          connects_per_second: pos_integer,
          handshake_timeout: pos_integer,
          session: map,
          identity: :sys_name | :address | :both,
          sys_names: %{String.t() => [Prefix.t()]},
          collector: String.t(),
          partitions: pos_integer,
          table: map,
          tee: %{to: [{charlist, :inet.port_number()}], buffer_bytes: pos_integer},
          broker: {module, keyword},
          store: {module, keyword},
          pipeline: {module, keyword},
          roles: [:receive | :pipeline | :view],
          ocsf: keyword | nil,
          insight: Path.t() | nil,
          insight_state: Path.t() | nil,
          names: %{optional(:vni | :rd | :mac) => %{optional(integer | String.t()) => String.t()}},
          webhook: keyword | nil,
          pubsub: module | nil
        }

  @doc "Checks options and fills in the defaults."
  @spec new(keyword) :: {:ok, t} | {:error, String.t()}
  def new(options) do
    known = Map.merge(Map.from_struct(%__MODULE__{}), parts())

    try do
      unless Keyword.keyword?(options), do: invalid("options are a keyword list, not #{inspect(options)}")
      unknown(options, known, "option")

      checked =
        for {key, default} <- known, into: %{} do
          {key, check(key, Keyword.get(options, key, default))}
        end

      roles(checked)
      # The routing table has to know it, to tell when a session is lost.
      {:ok, struct!(__MODULE__, put_in(checked.table[:heartbeat], checked.session.heartbeat))}
    catch
      {:invalid, text} -> {:error, text}
    end
  end

  @doc "The same; raises `ArgumentError` with the text of what is wrong."
  @spec new!(keyword) :: t
  def new!(options) do
    case new(options) do
      {:ok, config} -> config
      {:error, text} -> raise ArgumentError, text
    end
  end

  # Not among the struct's own defaults: these modules take the struct apart, and would have to be compiled before and after it.
  defp parts, do: %{broker: Broker.Local, store: Store.Memory, pipeline: Pipeline.Runner}

  # Checks what no part can check alone: whether broker and store let other stations do what this one does not do.
  defp roles(%{roles: roles, broker: {broker, _}, store: {store, _}}) do
    cond do
      :receive in roles != :pipeline in roles and not broker.shared?() ->
        invalid("option :roles #{inspect(roles)} needs a :broker that stations share, and #{inspect(broker)} is none")

      :pipeline not in roles and :view in roles and not function_exported?(store, :own, 1) ->
        invalid("option :roles #{inspect(roles)} needs a :store that stations share, and #{inspect(store)} is none")

      true ->
        :ok
    end
  end

  defp check(:name, name), do: is(name, is_atom(name) and name not in [nil, true, false], ":name", "an atom")
  defp check(:ip, :any), do: :any

  defp check(:ip, ip) do
    case Prefix.address(ip) do
      {:ok, address} -> address
      :error -> wrong(":ip", "an address or :any", ip)
    end
  end

  defp check(:port, port), do: is(port, port in 0..65_535, ":port", "an integer from 0 to 65535")
  defp check(:allow, :any), do: :any

  defp check(:allow, sources), do: prefixes(":allow", "a list of addresses and prefixes, or :any", sources)
  defp check(:balancers, sources), do: prefixes(":balancers", "a list of addresses and prefixes", sources)
  defp check(:tls, nil), do: nil

  defp check(:tls, options) do
    unless Keyword.keyword?(options), do: wrong(":tls", "a keyword list", options)

    case Handshake.options(options) do
      {:ok, options} -> options
      {:error, text} -> invalid("option :tls: #{text}")
    end
  end

  defp check(:tcp_md5_keys, nil), do: nil

  defp check(:tcp_md5_keys, path) when is_binary(path) do
    # So that a file with a mistake is reported before anything starts.
    case TcpMd5.read(path) do
      {:ok, _keys} -> path
      {:error, text} -> invalid("option :tcp_md5_keys: #{text}")
    end
  end

  defp check(:tcp_md5_keys, other), do: wrong(":tcp_md5_keys", "the path of a file", other)

  defp check(key, count) when key in @counts, do: positive(inspect(key), count)
  defp check(:partitions, count), do: positive(":partitions", count)

  defp check(:identity, identity),
    do: is(identity, identity in [:sys_name, :address, :both], ":identity", ":sys_name, :address or :both")

  defp check(:sys_names, names) when is_map(names) do
    Map.new(names, fn {name, sources} ->
      unless is_binary(name), do: wrong(":sys_names", "a map from names to lists of sources", names)
      {name, prefixes(":sys_names, #{inspect(name)},", "a list of addresses and prefixes", sources)}
    end)
  end

  defp check(:sys_names, other), do: wrong(":sys_names", "a map from names to lists of sources", other)

  defp check(:collector, nil), do: to_string(node())
  defp check(:collector, name), do: is(name, is_binary(name), ":collector", "a string")
  defp check(:session, options), do: nested(":session", options, @session)
  defp check(:table, options), do: nested(":table", options, @table)
  defp check(:tee, options), do: nested(":tee", options, @tee)

  defp check(:roles, [_ | _] = roles) when length(roles) <= 3 do
    if Enum.all?(roles, &(&1 in @roles)), do: Enum.filter(@roles, &(&1 in roles)), else: wrong_roles(roles)
  end

  defp check(:roles, other), do: wrong_roles(other)

  defp check(:ocsf, option) do
    case OCSF.validate(option) do
      {:ok, options} -> options
      {:error, text} -> wrong(":ocsf", text, option)
    end
  end

  defp check(:webhook, option) do
    case Webhook.validate(option) do
      {:ok, options} -> options
      {:error, text} -> wrong(":webhook", text, option)
    end
  end

  defp check(key, path) when key in [:insight, :insight_state],
    do: is(path, is_nil(path) or is_binary(path), inspect(key), "the path of a file")

  defp check(:names, names) do
    named? = fn {kind, of} -> kind in [:vni, :rd, :mac] and is_map(of) and Enum.all?(Map.values(of), &is_binary/1) end
    is(names, is_map(names) and Enum.all?(names, named?), ":names", "a map of :vni, :rd and :mac to maps of names")
  end

  defp check(:pubsub, name), do: is(name, is_atom(name), ":pubsub", "the name of a Phoenix.PubSub")

  defp check(key, module) when is_atom(module) and not is_nil(module), do: check(key, {module, []})

  defp check(key, {module, options} = given) do
    cond do
      not (is_atom(module) and Keyword.keyword?(options)) ->
        wrong(inspect(key), "a module or {module, keyword list}", given)

      not Code.ensure_loaded?(module) or not function_exported?(module, :validate, 1) ->
        invalid("option #{inspect(key)}: #{inspect(module)} is not there; is its package among the dependencies?")

      true ->
        case module.validate(options) do
          {:ok, options} -> {module, options}
          {:error, text} -> invalid("option #{inspect(key)}, #{inspect(module)}: #{text}")
        end
    end
  end

  defp check(key, other), do: wrong(inspect(key), "a module or {module, keyword list}", other)

  defp prefixes(name, what, sources) do
    unless is_list(sources), do: wrong(name, what, sources)

    for source <- sources do
      case Prefix.parse(source) do
        {:ok, prefix} -> prefix
        :error -> wrong(name, what, source)
      end
    end
  end

  defp nested(name, options, defaults) do
    unless Keyword.keyword?(options), do: wrong(name, "a keyword list", options)
    unknown(options, Map.new(defaults), "option #{name},")

    for {key, value} <- Keyword.merge(defaults, options), into: %{} do
      {key, limit("#{name}, #{inspect(key)}", key, value)}
    end
  end

  @endless [:idle_timeout, :first_message_timeout, :message_timeout, :max_bytes_per_second]
  defp limit(_name, key, :infinity) when key in @endless, do: :infinity

  defp limit(name, :to, stations) do
    unless is_list(stations), do: wrong(name, ~s(a list of "host:port"), stations)
    for station <- stations, do: endpoint(station) || wrong(name, ~s(a list of "host:port"), station)
  end

  defp limit(name, key, value) when key in [:hold_time, :eor_timeout],
    do: is(value, is_integer(value) and value >= 0, name, "seconds, 0 or more")

  defp limit(name, _key, value), do: positive(name, value)

  @doc """
  Whether a router that says this sysName from there is who it says.

      iex> config = ServiceRadar.BMP.Config.new!(sys_names: %{"core1" => ["192.0.2.1"]})
      iex> for name <- ["core1", "core2"], do: ServiceRadar.BMP.Config.believes?(config, name, {198, 51, 100, 7})
      [false, true]
  """
  @spec believes?(t, String.t(), :inet.ip_address()) :: boolean
  def believes?(%__MODULE__{sys_names: names}, name, address) do
    case names do
      %{^name => sources} -> Enum.any?(sources, &Prefix.contains?(&1, address))
      _not_listed -> true
    end
  end

  # An IPv6 address is in brackets.
  defp endpoint(text) when is_binary(text) do
    with [_, host, port] <- Regex.run(~r/^\[?([^\]]+?)\]?:(\d{1,5})$/, text),
         {port, ""} when port in 1..65_535 <- Integer.parse(port),
         do: {to_charlist(host), port},
         else: (_ -> nil)
  end

  defp endpoint(_other), do: nil

  @spec wrong_roles(term) :: no_return
  defp wrong_roles(given), do: wrong(":roles", "a list of some of #{inspect(@roles)}", given)

  defp positive(name, value), do: is(value, is_integer(value) and value > 0, name, "an integer above 0")

  defp is(value, true, _name, _what), do: value
  defp is(value, false, name, what), do: wrong(name, what, value)

  @spec wrong(String.t(), String.t(), term) :: no_return
  defp wrong(name, what, value), do: invalid("option #{name} is #{what}, not #{inspect(value)}")

  defp unknown(options, known, what) do
    for {key, _} <- options, not Map.has_key?(known, key) do
      list = known |> Map.keys() |> Enum.sort() |> Enum.map_join(", ", &inspect/1)
      invalid("unknown #{what} #{inspect(key)}; known are #{list}")
    end
  end

  defp invalid(text), do: throw({:invalid, text})
end
