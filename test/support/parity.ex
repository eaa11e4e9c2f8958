if Code.ensure_loaded?(Postgrex) do
  defmodule ServiceRadar.BMP.Test.Parity do
    @moduledoc """
    Compares a router's routes in Postgres with what they should be, in SQL on the tables themselves: `parity.sql`.
    """

    @sql Path.expand("parity.sql", __DIR__)
    @external_resource @sql
    @text File.read!(@sql)

    @doc """
    The differences, `[]` where there are none; each is `{what, route, expected, actual}` as text.

    `expected` is lines of JSON, one object a route. `denied: true` compares routes that the router's policy denies too.
    """
    def differences(connection, schema, router, expected, options \\ []) do
      expected = "[" <> (expected |> String.split("\n", trim: true) |> Enum.join(",")) <> "]"
      sql = String.replace(@text, "{schema}", schema)
      rows = Postgrex.query!(connection, sql, [router, expected, options[:denied] || false], timeout: 60_000).rows
      Enum.map(rows, &List.to_tuple/1)
    end

    @doc "The first of the differences as text for a person, and how many there are of each kind."
    def describe(differences) do
      kinds =
        differences |> Enum.frequencies_by(&elem(&1, 0)) |> Enum.map_join(", ", fn {what, n} -> "#{what}: #{n}" end)

      shown =
        for {what, route, expected, actual} <- Enum.take(differences, 5),
            do: "\n#{what} #{route}\n  expected #{expected}\n  actual   #{actual}"

      "#{length(differences)} differences (#{kinds})#{shown}"
    end
  end
end
