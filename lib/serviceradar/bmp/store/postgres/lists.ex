if Enum.all?([Ecto.Adapters.Postgres, Postgrex, Jason], &Code.ensure_loaded?/1) do
  defmodule ServiceRadar.BMP.Store.Postgres.Lists do
    @moduledoc false
    # Peers and routers in the order of one of their columns, a page at a time. The columns of `ServiceRadar.BMP.Order` have an index
    # each, which gives a page from wherever it begins; but how many routes there are of each is nowhere written, and summed up
    # for all of them where they are ordered by that.

    alias ServiceRadar.BMP.{ListQuery, Peer, Router}
    alias ServiceRadar.BMP.Store.Postgres.{Rows, SQL}

    # What the indexes of migration 7 have.
    @name ~s|coalesce(nullif(r.sys_name, ''), host(r.address), '') COLLATE "C"|
    @state "CASE p.state WHEN 'down' THEN 0 WHEN 'stale' THEN 1 WHEN 'unknown' THEN 2 ELSE 3 END"

    # Each column's expressions, and what has to be summed up for them.
    @peers %{
      "peer" => {["p.address", "p.peer_type"], nil},
      "as" => {["p.asn"], nil},
      "state" => {[@state], nil},
      "since" => {["p.state_since"], nil},
      "routes" => {["coalesce(s.routes, 0)"], "rib_sums"},
      "change" => {["coalesce(s.changed_at, 'epoch')"], "rib_sums"}
    }
    @routers %{
      "router" => {[@name], nil},
      "state" => {["(r.state = 'connected')", @name], nil},
      "address" => {["coalesce(r.address, '0.0.0.0/0')"], nil},
      "since" => {["r.session_started_at"], nil},
      "peers" => {["coalesce(s.peers_up, 0)"], "router_sums"},
      "routes" => {["coalesce(s.routes, 0)"], "router_sums"},
      "change" => {["coalesce(s.changed_at, 'epoch')"], "router_sums"}
    }

    @spec peers(module, keyword, ListQuery.t()) :: [Peer.t()]
    def peers(repo, options, %ListQuery{} = list) do
      {sql, values} = peers_statement(options[:schema], list)
      repo |> Rows.query(sql, values) |> whole(repo, options)
    end

    @doc "The statement of a page of peers, and its parameters."
    @spec peers_statement(String.t(), ListQuery.t()) :: {String.t(), [term]}
    def peers_statement(schema, %ListQuery{column: "router"} = list) do
      [down, from, follows, lowest] = if list.down, do: ["DESC", "<=", "<", "32767"], else: ["", ">=", ">", "-1"]

      parts = [words: text("words", schema), down: down, from: from, follows: follows, lowest: lowest]
      {text("peers_by_router", schema, parts), filters(list) ++ [list.limit + 1 | place(list.after)]}
    end

    def peers_statement(schema, list) do
      {sql, after_key} = ordered("peers", "p.peer_id", @peers, schema, list, 6)
      {sql, filters(list) ++ [list.limit + 1 | after_key]}
    end

    @doc "The statement of a page of routers, and its parameters."
    @spec routers_statement(String.t(), ListQuery.t()) :: {String.t(), [term]}
    def routers_statement(schema, list) do
      {sql, after_key} = ordered("routers", "r.router_id", @routers, schema, list, 3)
      {sql, [list.limit + 1, uuid(list.router) | after_key]}
    end

    @spec routers(module, keyword, ListQuery.t()) :: [Router.t()]
    def routers(repo, options, %ListQuery{} = list) do
      {sql, values} = routers_statement(options[:schema], list)
      repo |> Rows.query(sql, values) |> Enum.map(&Rows.router/1)
    end

    @spec router_names(module, keyword) :: [map]
    def router_names(repo, options),
      do: repo |> Rows.query(text("router_names", options[:schema]), []) |> Enum.map(&Rows.router_name/1)

    @spec count(module, keyword, ListQuery.t(), most :: pos_integer) :: non_neg_integer
    def count(repo, options, %ListQuery{} = list, most) do
      sql = text("count_peers", options[:schema], words: text("words", options[:schema]))
      [%{"peers" => count}] = Rows.query(repo, sql, filters(list) ++ [most])
      count
    end

    @spec some(module, keyword, [binary]) :: [Peer.t()]
    def some(repo, options, ids),
      do: repo |> Rows.query(text("some_peers", options[:schema]), [ids]) |> whole(repo, options)

    @spec held(module, keyword) :: [map]
    def held(repo, options), do: repo |> Rows.query(text("held", options[:schema]), []) |> Enum.map(&Rows.held/1)

    @spec totals(module, keyword, binary | nil) :: map
    def totals(repo, options, router_id) do
      sql = text("totals", options[:schema], own: text("own", options[:schema]))
      [row] = Rows.query(repo, sql, [router_id])
      {families, counts} = Map.pop!(row, "families")

      counts
      |> Map.new(fn {name, count} -> {String.to_existing_atom(name), count} end)
      |> Map.put(:families, Map.new(families, fn [afi, safi, routes] -> {{afi, safi}, routes} end))
    end

    # With what each of their tables holds.
    defp whole(rows, repo, options) do
      ids = Enum.map(rows, & &1["peer_id"])
      ribs = repo |> Rows.query(text("ribs", options[:schema]), [ids]) |> Enum.group_by(& &1["peer_id"])
      Enum.map(rows, &Rows.peer(&1, Map.get(ribs, &1["peer_id"], [])))
    end

    defp filters(list),
      do: [
        uuid(list.router),
        Enum.map(list.states, &Atom.to_string/1),
        list.words,
        list.address && Rows.inet(list.address)
      ]

    defp uuid(nil), do: nil
    defp uuid(text), do: Ecto.UUID.dump!(text)

    # A statement with its order; of the first page nothing comes before. `next` is the number of the first parameter of the key.
    defp ordered(file, id, columns, schema, list, next) do
      {expressions, sums} = Map.fetch!(columns, list.column)
      expressions = expressions ++ [id]
      key = if list.after, do: list.after |> key() |> typed(list.column), else: []
      numbers = Enum.map_join(next..(next + length(key) - 1)//1, ", ", &"$#{&1}")
      follows = if list.down, do: "<", else: ">"

      parts = [
        join: if(sums, do: text(sums, schema), else: ""),
        words: text("words", schema),
        own: text("own", schema),
        order: Enum.map_join(expressions, ", ", &if(list.down, do: &1 <> " DESC", else: &1)),
        after: if(key != [], do: "AND (#{Enum.join(expressions, ", ")}) #{follows} (#{numbers})", else: "")
      ]

      {text(file, schema, parts), key}
    end

    # The parts of a key one after the other.
    defp key({by, id}), do: by ++ [Ecto.UUID.dump!(id)]

    defp typed([time | rest], column) when column in ["since", "change"],
      do: [DateTime.from_unix!(time, :microsecond) | rest]

    defp typed([nil | rest], "address"), do: [%Postgrex.INET{address: {0, 0, 0, 0}, netmask: 0} | rest]
    defp typed([address | rest], column) when column in ["address", "peer"], do: [Rows.inet(address) | rest]
    defp typed(key, _column), do: Enum.map(key, &if(&1 == nil, do: "", else: &1))

    # Of peers_by_router.sql.
    defp place(nil), do: List.duplicate(nil, 5)

    defp place({[name, router, type, address], id}),
      do: [name || "", Ecto.UUID.dump!(router), type, Rows.inet(address), Ecto.UUID.dump!(id)]

    defp text(file, schema, parts \\ []), do: SQL.text("query/list/#{file}.sql", schema, parts)
  end
end
