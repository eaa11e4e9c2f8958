defmodule ServiceRadar.BMP.Store.Postgres.SQL do
  @moduledoc """
  The files of `priv/sql`, read when this is compiled. `priv/sql/README.md` says what each is for.
  """

  @folder Path.expand("../../../../../priv/sql", __DIR__)
  @files @folder |> Path.join("**/*.sql") |> Path.wildcard() |> Enum.sort()
  for file <- @files, do: @external_resource(file)
  @texts Map.new(@files, &{Path.relative_to(&1, @folder), File.read!(&1)})

  @doc "A file's statement, for a Postgres schema, without its comments."
  @spec text(String.t(), String.t()) :: String.t()
  def text(file, schema), do: @texts |> Map.fetch!(file) |> prepare(schema)

  @doc "A file's statements, where it has several."
  @spec statements(String.t(), String.t()) :: [String.t()]
  def statements(file, schema) do
    @texts |> Map.fetch!(file) |> String.split("\n-- ;\n") |> Enum.map(&prepare(&1, schema))
  end

  @doc "The files of the migrations in their order, which is the opposite one down."
  @spec migrations(:up | :down) :: [String.t()]
  def migrations(:up), do: files("migrations/", ".up.sql")
  def migrations(:down), do: "migrations/" |> files(".down.sql") |> Enum.reverse()

  @doc "The statements of a commit, in their order, of the kinds that have rows."
  @spec commit([atom], String.t()) :: [String.t()]
  def commit(kinds, schema) do
    kinds = MapSet.new(kinds, &Atom.to_string/1)

    for file <- files("store/commit/", ".sql"),
        [_number, kind | _name] = file |> Path.basename() |> String.split("."),
        MapSet.member?(kinds, kind),
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
