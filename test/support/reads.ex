if Code.ensure_loaded?(Postgrex) do
  defmodule ServiceRadar.BMP.Test.Reads do
    @moduledoc "How much of a table a statement reads, as EXPLAIN ANALYZE counts it."

    alias ServiceRadar.BMP.Instance
    alias ServiceRadar.BMP.Store.Postgres

    @doc "Asks the database of a station's store."
    def query!(station, sql, values \\ []) do
      Postgres.with_repo(Instance.config!(station), fn repo, options ->
        repo.query!(String.replace(sql, "{schema}", options[:schema]), values, timeout: 120_000)
      end)
    end

    @doc """
    How many rows the statement reads of tables whose names begin so, also those that a filter takes away, and how many of these tables (or
    partitions) it reads from one end to the other.
    """
    def of(station, sql, values, tables) do
      %{rows: [[[%{"Plan" => plan}]]]} = query!(station, "EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) " <> sql, values)
      scans = scans(plan, tables)

      rows =
        for scan <- scans,
            do: (scan["Actual Rows"] + Map.get(scan, "Rows Removed by Filter", 0)) * scan["Actual Loops"]

      {Enum.sum(rows), Enum.count(scans, &(&1["Node Type"] == "Seq Scan"))}
    end

    defp scans(plan, tables) do
      own = if String.starts_with?(plan["Relation Name"] || "", tables), do: [plan], else: []
      own ++ Enum.flat_map(plan["Plans"] || [], &scans(&1, tables))
    end
  end
end
