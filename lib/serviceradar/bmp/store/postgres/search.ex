if Enum.all?([Ecto.Adapters.Postgres, Postgrex, Jason], &Code.ensure_loaded?/1) do
  defmodule ServiceRadar.BMP.Store.Postgres.Search do
    @moduledoc false
    # Routes that are there now, by whatever is asked for.
    #
    # Routes are not indexed by what changes. Where attributes are asked for, the routing tables in memory are asked first where the routes
    # are (`Places`), and those are read by their keys. Where that is not known, the sets that match are found first, and nobody looks for
    # the routes of none. Those of few sets are looked for by these, all of the table at once, by several processes; those of many are
    # wherever one looks, and the table is gone through in the order of its key until a page is full.

    alias ServiceRadar.BMP.{Config, Query}
    alias ServiceRadar.BMP.Store.Postgres.{Filters, Places, Rows, SQL}

    @of_sets [:as, :as_path, :community, :next_hop, :origin_as]
    @few_sets 2_000
    # So many routes are sorted for a page.
    @few_routes 5_000
    # How long counting may take, in ms: it is for a heading.
    @count_timeout 500

    @doc "Rows of a page and one more, in the order of their key, after the key of the last one seen (nulls for the first page)."
    @spec page(Config.t(), module, keyword, Query.t(), [term]) :: [map]
    def page(config, repo, options, %Query{} = query, key) do
      ask = fn how -> &how.(repo, options, &1, key ++ [query.limit + 1]) end

      stored = fn -> by_sets(repo, options, query, any: ask.(&any/4), few: ask.(&few/4), many: ask.(&walk/4)) end

      case places(config, query, @few_routes) do
        {:ok, keys} when length(keys) > @few_routes -> ask.(&walk/4).(Map.from_struct(query))
        {:ok, keys} -> of_keys(repo, options, query, key, keys) || stored.()
        :not_known -> stored.()
      end
    end

    defp places(config, query, most), do: if(of_sets?(query), do: Places.keys(config, query, most), else: :not_known)
    defp of_sets?(query), do: Enum.any?(@of_sets, &(Map.fetch!(query, &1) != nil))

    # The routes of the first of these keys; nil where one of them is not as was said: its change is on its way to the database.
    defp of_keys(repo, options, query, key, keys) do
      last = if hd(key), do: List.to_tuple(key)

      case keys |> Enum.drop_while(&(last != nil and &1 <= last)) |> Enum.take(query.limit + 1) do
        [] ->
          []

        keys ->
          columns = keys |> Enum.map(&Tuple.to_list/1) |> Enum.zip_with(& &1)
          values = key ++ [query.limit + 1] ++ columns
          parts = [state: "routes_of_keys", set: "set_of_each"]
          page = any(repo, options, Map.from_struct(query), values, parts)
          if length(page) == length(keys), do: page
      end
    end

    @doc "How many there are, counted up to `most` and one more."
    @spec count(Config.t(), module, keyword, Query.t(), pos_integer) :: {:ok, non_neg_integer | :not_known}
    def count(config, repo, options, %Query{} = query, most) do
      case places(config, query, most) do
        {:ok, keys} -> {:ok, length(keys)}
        :not_known -> count_stored(repo, options, query, most)
      end
    end

    defp count_stored(repo, options, query, most) do
      repo.transaction(fn ->
        repo.query!("SET LOCAL statement_timeout = #{@count_timeout}", [])
        count = &filtered(repo, "query/count_routes.sql", options, &2, [most + 1], %{sets: &1})
        sets = "JOIN " <> SQL.text("query/set.sql", options[:schema])

        few = fn filters ->
          look_at_all(repo, options)
          count.("", filters)
        end

        case by_sets(repo, options, query, any: &count.("", &1), few: few, many: &count.(sets, &1)) do
          [] -> 0
          [%{"routes" => count}] -> count
        end
      end)
    rescue
      error in Postgrex.Error ->
        if error.postgres[:code] == :query_canceled, do: {:ok, :not_known}, else: reraise(error, __STACKTRACE__)
    end

    defp by_sets(repo, options, query, ask) do
      {of_sets, others} = query |> Map.from_struct() |> Map.split(@of_sets)

      if of_sets?(query) do
        sets = repo |> filtered("query/sets.sql", options, of_sets, [@few_sets + 1]) |> Enum.map(& &1["set_id"])

        cond do
          sets == [] -> []
          length(sets) > @few_sets -> ask[:many].(Map.from_struct(query))
          true -> ask[:few].(Map.put(others, :sets, sets))
        end
      else
        ask[:any].(others)
      end
    end

    defp any(repo, options, filters, values, parts \\ []) do
      parts = Map.merge(%{found: "0", state: "all_routes", set: "set"}, Map.new(parts))
      filtered(repo, "query/routes.sql", options, filters, values, parts)
    end

    defp few(repo, options, filters, values) do
      parts = [found: "count(*) OVER ()", state: "few_routes", most: "#{@few_routes + 1}"]

      {:ok, page} =
        repo.transaction(fn ->
          look_at_all(repo, options)
          any(repo, options, filters, values, parts)
        end)

      case page do
        [%{"found" => found} | _] when found > @few_routes -> walk(repo, options, filters, values)
        page -> page
      end
    end

    defp look_at_all(repo, options), do: repo.query!(SQL.text("query/look_at_all.sql", options[:schema]), [])

    defp walk(repo, options, filters, values) do
      {:ok, page} =
        repo.transaction(fn ->
          repo.query!(SQL.text("query/walk.sql", options[:schema]), [])
          any(repo, options, filters, values, set: "set_of_each")
        end)

      page
    end

    # The parts of a statement that are files of their own may have filters, too.
    defp filtered(repo, file, options, filters, values, parts \\ %{}) do
      {filters, values} = Filters.fragments(filters, options[:schema], values)
      {files, texts} = parts |> Map.put(:filters, filters) |> Map.split([:state, :set])
      files = for {name, file} <- files, do: {name, SQL.text("query/#{file}.sql", options[:schema])}
      Rows.query(repo, SQL.text(file, options[:schema], files ++ Map.to_list(texts)), values)
    end
  end
end
