if Enum.all?([Ecto.Adapters.Postgres, Postgrex, Jason], &Code.ensure_loaded?/1) do
  defmodule ServiceRadar.BMP.Store.Postgres.Options do
    @moduledoc false
    # What the store may be told; `ServiceRadar.BMP.Store.Postgres` says what each option means.

    alias ServiceRadar.BMP
    alias ServiceRadar.BMP.Store.Postgres.SQL

    @defaults [
      repo: nil,
      url: nil,
      connection: nil,
      schema: "public",
      migrate: nil,
      keep_history: 1826,
      keep_statistics: 90,
      keep_ocsf: 14,
      compress_after: 7,
      maintain_every: :timer.hours(1),
      timeout: :timer.minutes(5)
    ]
    @doc "The options with their defaults, or what is wrong with them."
    @spec validate(keyword) :: {:ok, keyword} | {:error, String.t()}
    def validate(options) do
      with {:ok, options} <- BMP.Options.known(options, @defaults),
           {:ok, options} <- database(options),
           {:ok, _quoted} <- schema(options[:schema]),
           :ok <- number(options, :keep_history, 1),
           :ok <- number(options, :keep_statistics, 1),
           :ok <- number(options, :keep_ocsf, 1),
           :ok <- number(options, :compress_after, 1),
           :ok <- number(options, :maintain_every, 0),
           :ok <- number(options, :timeout, 1),
           do: {:ok, options}
    end

    defp database(options) do
      case Enum.reject([:repo, :url, :connection], &(options[&1] == nil)) do
        [:repo] ->
          if is_atom(options[:repo]) and options[:migrate] in [nil, false],
            do: {:ok, Keyword.put(options, :migrate, false)},
            else: {:error, ":repo is a module, and its migrations are its host's: see ServiceRadar.BMP.Migrations"}

        [own] ->
          connection = if own == :url, do: [url: options[:url]], else: options[:connection]
          migrate = options[:migrate] != false

          if (own == :url and not is_binary(options[:url])) or not Keyword.keyword?(connection),
            do: {:error, ":url is text, :connection a keyword list"},
            else: {:ok, Keyword.merge(options, connection: connection, migrate: migrate)}

        _none_or_several ->
          {:error, "it needs one of :repo, :url and :connection"}
      end
    end

    defp schema(schema) do
      with :error <- SQL.quote_schema(schema),
           do: {:error, ":schema is a name of letters, digits, _ and -, not #{inspect(schema)}"}
    end

    defp number(options, key, least) do
      value = options[key]

      if is_integer(value) and value >= least,
        do: :ok,
        else: {:error, "#{inspect(key)} is an integer from #{least}, not #{inspect(value)}"}
    end
  end
end
