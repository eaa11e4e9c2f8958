if Enum.all?([Ecto.Adapters.Postgres, Postgrex, Jason], &Code.ensure_loaded?/1) do
  defmodule ServiceRadar.BMP.Store.Postgres.Filters do
    @moduledoc false
    # What a query asks for, as SQL.

    alias ServiceRadar.BMP.{AsPathExpression, Prefix}
    alias ServiceRadar.BMP.Store.Postgres.{Rows, SQL}

    @doc """
    Fragments of `priv/sql/query/route_filter` for the fields of a query, each begun with AND, and the parameters of a statement with
    theirs after its own.
    """
    @spec fragments(map, String.t(), [term]) :: {String.t(), [term]}
    def fragments(query, schema, values) do
      {fragments, values} =
        Enum.reduce(Map.to_list(query), {[], values}, fn {field, value}, {fragments, values} ->
          case value != nil && filter(field, value) do
            {name, parameters} ->
              {[fragment(name, schema, 1 + length(values)) | fragments], values ++ parameters}

            _not_a_filter ->
              {fragments, values}
          end
        end)

      {Enum.map_join(fragments, "\n", &("AND " <> &1)), values}
    end

    defp fragment(name, schema, first),
      do: SQL.text("query/route_filter/#{name}.sql", schema, "1": "$#{first}", "2": "$#{first + 1}")

    defp filter(:router, id), do: {"router", [Ecto.UUID.dump!(id)]}
    defp filter(:peer_id, id), do: {"peer", [Ecto.UUID.dump!(id)]}
    defp filter(:peer, address), do: {"peer_address", [Rows.inet(address)]}
    defp filter(:view, view), do: {"view", [Atom.to_string(view)]}
    defp filter(:family, {afi, safi}), do: {"family", [afi, safi]}
    defp filter(:prefix, %Prefix{} = prefix), do: {"exact", [Rows.cidr(prefix)]}
    defp filter(:nlri, text), do: {"nlri_text", [text]}
    defp filter(:address, address), do: {"longest", [Rows.inet(address)]}
    defp filter(:within, %Prefix{} = prefix), do: {"more_specific", [Rows.cidr(prefix)]}
    defp filter(:covering, %Prefix{} = prefix), do: {"covering", [Rows.cidr(prefix)]}
    defp filter(:origin_as, asn), do: {"origin_as", [asn]}
    defp filter(:sets, sets), do: {"sets", [hashed(sets)]}

    defp filter(:as_path, expression) do
      case AsPathExpression.numbers(expression) do
        [] -> {"as_path", [expression]}
        numbers -> {"as_path_of", [expression, numbers]}
      end
    end

    defp filter(:next_hop, address), do: {"next_hop", [Rows.inet(address)]}
    defp filter(:as, asn), do: {"as_in_path", [asn]}
    defp filter(:community, text), do: community(String.split(text, ":"), text)
    defp filter(_other, _value), do: nil

    # From nine values on Postgres looks each row's up in a hash table, which takes it less time than to compare it with two or more.
    defp hashed([one, _ | _] = sets) when length(sets) < 9, do: List.duplicate(one, 9 - length(sets)) ++ sets
    defp hashed(sets), do: sets

    defp community([high, low], text) do
      case {Integer.parse(high), Integer.parse(low)} do
        {{high, ""}, {low, ""}} -> {"community", [high * 65_536 + low]}
        _ -> {"extended_community", [text]}
      end
    end

    defp community(parts, text) do
      if Enum.all?(parts, &match?({_, ""}, Integer.parse(&1))),
        do: {"large_community", [text]},
        else: {"extended_community", [text]}
    end
  end
end
