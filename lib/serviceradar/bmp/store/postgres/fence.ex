if Enum.all?([Ecto.Adapters.Postgres, Postgrex, Jason], &Code.ensure_loaded?/1) do
  defmodule ServiceRadar.BMP.Store.Postgres.Fence do
    @moduledoc false
    # Keeps the commits of a partition's earlier owners out.
    #
    # The first statement of a commit takes the partition's advisory lock for its transaction, and then reads the
    # token. A new owner has changed the token before. So a commit that has not yet begun is refused, and one that has
    # begun holds the lock: the new owner waits for it, and after a while ends its connection, because its client may be
    # frozen and would hold the lock for ever. Only then does the new owner read what is stored.
    require Logger

    alias ServiceRadar.BMP.Store.Postgres.SQL

    @patience 500
    @attempts 10

    @doc "Inside a transaction, before its first write: whether `token` is still the partition's."
    @spec pass?(module, keyword, non_neg_integer, pos_integer) :: boolean
    def pass?(repo, options, partition, token), do: one(repo, "lease/fence.sql", options, [partition, token])

    @doc "Whether `token` is still the partition's."
    @spec held?(module, keyword, non_neg_integer, pos_integer) :: boolean
    def held?(repo, options, partition, token), do: one(repo, "lease/held.sql", options, [partition, token])

    @doc "Returns when nothing of an earlier owner can change the partition any more."
    @spec close(module, keyword, non_neg_integer, pos_integer) :: :ok | {:error, :fenced | String.t()}
    def close(repo, options, partition, token), do: close(repo, options, partition, token, @attempts)

    defp close(_repo, _options, partition, _token, 0) do
      {:error,
       "a commit of an earlier owner of partition #{partition} is still open, and its connection cannot be ended. " <>
         "Stations with different database roles need pg_signal_backend: see priv/sql/README.md"}
    end

    defp close(repo, options, partition, token, attempts) do
      cond do
        not held?(repo, options, partition, token) ->
          {:error, :fenced}

        unlocked?(repo, options, partition) ->
          :ok

        true ->
          ended = one(repo, "lease/evict.sql", options, [partition, token])

          if ended > 0 do
            Logger.warning(
              "an earlier owner of partition #{partition} left a commit open: its connection to the database is ended"
            )
          end

          close(repo, options, partition, token, attempts - 1)
      end
    end

    defp unlocked?(repo, options, partition) do
      {:ok, :ok} =
        repo.transaction(fn ->
          repo.query!("SET LOCAL lock_timeout = #{@patience}", [], log: false)
          repo.query!(SQL.text("lease/wait.sql", options[:schema]), [partition], log: false)
          :ok
        end)

      true
    rescue
      error in Postgrex.Error ->
        if error.postgres[:code] == :lock_not_available, do: false, else: reraise(error, __STACKTRACE__)
    end

    defp one(repo, file, options, values) do
      %{rows: [[value]]} = repo.query!(SQL.text(file, options[:schema]), values, log: false)
      value
    end
  end
end
