defmodule ServiceRadar.BMP.Store.Postgres.SQL do
  @moduledoc """
  The files of `priv/sql`, read when this is compiled. `priv/sql/README.md` says what each is for.
  """

  @folder Path.expand("../../../../../priv/sql", __DIR__)
  @files @folder |> Path.join("**/*.sql") |> Path.wildcard() |> Enum.sort()
  for file <- @files, do: @external_resource(file)
  @texts Map.new(@files, &{Path.relative_to(&1, @folder), File.read!(&1)})

  # A file that is new is nothing that this module was compiled from.
  @doc false
  def __mix_recompile__?, do: @folder |> Path.join("**/*.sql") |> Path.wildcard() |> Enum.sort() != unquote(@files)

  @doc """
  A file's statement, for a Postgres schema, without its comments: `{FILE.sql}` stands for what another file says, and `{NAME}`
  for one of `parts`.
  """
  @spec text(String.t(), String.t(), Enumerable.t({atom, String.t()})) :: String.t()
  def text(file, schema, parts \\ []) do
    statement =
      Regex.replace(~r/\{([\w\/]+\.sql)\}/, Map.fetch!(@texts, file), fn _, other ->
        @texts |> Map.fetch!(other) |> prepare(schema)
      end)

    Enum.reduce(parts, prepare(statement, schema), fn {name, part}, sql -> String.replace(sql, "{#{name}}", part) end)
  end

  @doc "A file's statements, where it has several."
  @spec statements(String.t(), String.t()) :: [String.t()]
  def statements(file, schema) do
    @texts |> Map.fetch!(file) |> String.split("\n-- ;\n") |> Enum.map(&prepare(&1, schema))
  end

  @doc "Whether there is a file."
  @spec file?(String.t()) :: boolean
  def file?(file), do: is_map_key(@texts, file)

  @doc "The statements that lead from the version before to a version of the tables."
  @spec migration(version :: pos_integer, String.t()) :: [String.t()]
  def migration(version, schema),
    do: Enum.flat_map(files("migrations/v#{version}/", ".sql"), &statements(&1, schema))

  @doc "The statements of a commit for rows of a kind, in their order."
  @spec commit(String.t(), String.t()) :: [String.t()]
  def commit(kind, schema) do
    for file <- files("store/commit/", ".sql"),
        match?([_number, ^kind | _name], file |> Path.basename() |> String.split(".")),
        do: text(file, schema)
  end

  @doc """
  A schema's name as SQL takes it, or `:error` for one that would not be safe in every place of the files.

      iex> ServiceRadar.BMP.Store.Postgres.SQL.quote_schema("platform")
      {:ok, ~s("platform")}
      iex> ServiceRadar.BMP.Store.Postgres.SQL.quote_schema("it's")
      :error
  """
  @spec quote_schema(term) :: {:ok, String.t()} | :error
  def quote_schema(schema) when is_binary(schema) do
    if schema =~ ~r/\A[A-Za-z_][A-Za-z0-9_ -]{0,62}\z/, do: {:ok, ~s("#{schema}")}, else: :error
  end

  def quote_schema(_), do: :error

  defp files(folder, ending) do
    @texts
    |> Map.keys()
    |> Enum.filter(&(String.starts_with?(&1, folder) and String.ends_with?(&1, ending)))
    |> Enum.sort()
  end

  defp prepare(text, schema) do
    {:ok, quoted} = quote_schema(schema)

    text
    |> String.split("\n")
    |> Enum.reject(&String.starts_with?(&1, "--"))
    |> Enum.join("\n")
    |> String.trim()
    |> String.trim_trailing(";")
    |> String.replace("{schema}", quoted)
  end
end
