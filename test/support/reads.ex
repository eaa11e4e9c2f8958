if Code.ensure_loaded?(Postgrex) do
  defmodule ServiceRadar.BMP.Test.Reads do
    @moduledoc "Which statements a station sends to its database, and how much of a table one reads, as EXPLAIN ANALYZE counts it."

    alias ServiceRadar.BMP.Instance
    alias ServiceRadar.BMP.Store.Postgres

    @doc "Asks the database of a station's store."
    def query!(station, sql, values \\ []) do
      Postgres.with_repo(Instance.config!(station), fn repo, options ->
        repo.query!(String.replace(sql, "{schema}", options[:schema]), values, timeout: 120_000)
      end)
    end

    @doc """
    What `ask` answers, and the statements that it sends in this process to a database of a station's own, with their parameters and how
    many rows came back.
    """
    def statements(ask) do
      test = self()
      name = {__MODULE__, make_ref()}

      sent = fn _event, _measured, %{query: sql, params: values, result: result}, _ ->
        rows = with {:ok, %{num_rows: rows}} when is_integer(rows) <- result, do: rows, else: (_ -> 0)
        if self() == test, do: send(test, {name, sql, values, rows})
      end

      :ok = :telemetry.attach(name, [:service_radar, :bmp, :repo, :query], sent, nil)
      answer = ask.()
      :ok = :telemetry.detach(name)
      {answer, sent(name)}
    end

    defp sent(name) do
      receive do
        {^name, sql, values, rows} -> [{sql, values, rows} | sent(name)]
      after
        0 -> []
      end
    end

    @doc """
    How many rows the statement reads of tables whose names begin so, also those that a filter takes away, and how many of these tables (or
    partitions) it reads from one end to the other.
    """
    def of(station, sql, values, tables) do
      scans = station |> plan(sql, values) |> scans(tables)

      rows =
        for scan <- scans,
            do: (scan["Actual Rows"] + Map.get(scan, "Rows Removed by Filter", 0)) * scan["Actual Loops"]

      {Enum.sum(rows), Enum.count(scans, &(&1["Node Type"] == "Seq Scan"))}
    end

    @doc "How many pairs of rows the statement's joins hold against each other, and let go."
    def compared(station, sql, values), do: station |> plan(sql, values) |> removed()

    defp removed(plan) do
      own = Map.get(plan, "Rows Removed by Join Filter", 0) * plan["Actual Loops"]
      plan |> Map.get("Plans", []) |> Enum.map(&removed/1) |> Enum.sum() |> Kernel.+(own)
    end

    defp plan(station, sql, values) do
      %{rows: [[[%{"Plan" => plan}]]]} = query!(station, "EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) " <> sql, values)
      plan
    end

    defp scans(plan, tables) do
      own = if String.starts_with?(plan["Relation Name"] || "", tables), do: [plan], else: []
      own ++ Enum.flat_map(plan["Plans"] || [], &scans(&1, tables))
    end
  end
end
