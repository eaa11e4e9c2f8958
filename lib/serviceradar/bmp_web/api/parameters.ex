defmodule ServiceRadar.BMPWeb.API.Parameters do
  @moduledoc """
  The parameters of a request's URL, read, or a sentence for each that cannot be.

      iex> {:ok, read} = ServiceRadar.BMPWeb.API.Parameters.read(%{"as" => "AS65000", "limit" => "5"}, ~w(as limit))
      iex> {read.search.query, read.limit}
      {[as: 65000], 5}
      iex> ServiceRadar.BMPWeb.API.Parameters.read(%{"asn" => "1"}, ~w(as limit))
      {:error, %{"asn" => "There is no such parameter here. There are as, limit."}}
  """
  alias ServiceRadar.BMP.{ListQuery, Order}
  alias ServiceRadar.BMPWeb.Search

  @default_limit 100
  @most 1000

  @sorts Enum.uniq(Order.columns(:peers) ++ Order.columns(:routers))

  @searched Enum.map(Search.filters(), &to_string/1)

  defstruct search: nil,
            limit: @default_limit,
            cursor: nil,
            at: nil,
            from: nil,
            until: nil,
            format: :json,
            sort: nil,
            order: nil,
            state: nil,
            find: nil

  @spec read(%{String.t() => String.t()}, known :: [String.t()]) ::
          {:ok, struct} | {:error, %{String.t() => String.t()}}
  def read(given, known) do
    search = given |> Map.take(@searched) |> Search.parse()

    read = %__MODULE__{search: %{search | query: Keyword.delete(search.query, :limit)}}
    wrong = Map.new(search.errors, fn {field, text} -> {to_string(field), text} end)
    {read, wrong} = Enum.reduce(given, {read, wrong}, &take(&1, &2, known))
    if wrong == %{}, do: {:ok, read}, else: {:error, wrong}
  end

  defp take({name, value}, {read, wrong}, known) do
    with {:known, true} <- {:known, name in known},
         {:text, true} <- {:text, String.valid?(value)},
         {:ok, key, value} <- one(name, value) do
      {Map.put(read, key, value), wrong}
    else
      {:known, false} -> {read, Map.put(wrong, name, "There is no such parameter here. #{list(known)}")}
      {:text, false} -> {read, Map.put(wrong, name, "Not UTF-8.")}
      {:error, text} -> {read, Map.put(wrong, name, text)}
      :searched -> {read, wrong}
    end
  end

  defp list([]), do: "There are none."
  defp list(known), do: "There are #{Enum.join(known, ", ")}."

  defp one(name, _) when name in @searched, do: :searched
  defp one("cursor", text), do: {:ok, :cursor, text}

  defp one("sort", text) when text in @sorts, do: {:ok, :sort, text}
  defp one("sort", _), do: {:error, "One of #{Enum.join(@sorts, ", ")}."}

  defp one("find", text), do: {:ok, :find, text}

  defp one("state", text) do
    if text in ListQuery.states(),
      do: {:ok, :state, text},
      else: {:error, "One of #{Enum.join(ListQuery.states(), ", ")}."}
  end

  defp one("order", text) when text in ["asc", "desc"], do: {:ok, :order, text}
  defp one("order", _), do: {:error, "One of asc, desc."}

  defp one("format", text) when text in ["json", "csv"], do: {:ok, :format, String.to_existing_atom(text)}
  defp one("format", _), do: {:error, "One of json, csv."}

  defp one("limit", text) do
    case Integer.parse(text) do
      {limit, ""} when limit in 1..@most -> {:ok, :limit, limit}
      _ -> {:error, "A number from 1 to #{@most}."}
    end
  end

  defp one(name, text) when name in ~w(at from until) do
    with {:ok, time} <- Search.time(text), do: {:ok, String.to_existing_atom(name), time}
  end
end
