defmodule ServiceRadar.BMP.Insight.Validity do
  @moduledoc false
  # Routes of which RPKI says something certain. The store knows no VRPs: what it gives is looked through here, in pages that are
  # larger than the one that is asked for, because routes that are invalid are few.

  alias ServiceRadar.BMP.Query

  @looked_at 5_000
  @most_pages 20

  @type answer :: {:ok, [ServiceRadar.BMP.Route.t()], cursor :: term | nil} | {:error, term}

  @doc "A page of the routes with the query's validity; `ask` gives a page of routes, each with what RPKI says of it."
  @spec routes(Query.t(), (Query.t() -> answer)) :: answer
  def routes(%Query{} = query, ask), do: look(query, [], @most_pages, ask)

  defp look(query, found, pages, ask) do
    wanted = query.limit - length(found)

    with {:ok, routes, cursor} <- ask.(%{query | limit: max(@looked_at, wanted)}) do
      those =
        for {%{validity: validity} = route, place} <- Enum.with_index(routes, 1),
            validity == query.validity,
            do: {route, place}

      {page, more} = Enum.split(those, wanted)
      all = found ++ Enum.map(page, &elem(&1, 0))

      cond do
        # The cursor is behind routes that this page has no room for: up to its last one it is asked for again.
        more != [] -> up_to(page |> List.last() |> elem(1), query, found, ask)
        length(page) == wanted or cursor == nil or pages == 1 -> {:ok, all, cursor}
        true -> look(%{query | cursor: cursor}, all, pages - 1, ask)
      end
    end
  end

  defp up_to(count, query, found, ask) do
    with {:ok, routes, cursor} <- ask.(%{query | limit: count}),
         do: {:ok, found ++ Enum.filter(routes, &(&1.validity == query.validity)), cursor}
  end
end
