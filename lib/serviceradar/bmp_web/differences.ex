defmodule ServiceRadar.BMPWeb.Differences do
  @moduledoc """
  What is different between a change of a route and the one before it: so that a change of MED or of a community can be seen.

      iex> before = %{change: :announce, med: 5, communities: ["65000:1"], as_path: [1, 2]}
      iex> ServiceRadar.BMPWeb.Differences.between(before, %{before | med: 10, communities: ["65000:2"]})
      ["MED 5 → 10", "communities −65000:1 +65000:2"]
  """
  alias ServiceRadar.BMPWeb.Format

  @fields [
    as_path: "AS path",
    next_hop: "next hop",
    origin: "origin",
    med: "MED",
    local_pref: "local preference",
    communities: "communities",
    large_communities: "large communities",
    extended_communities: "extended communities",
    labels: "labels",
    vnis: "VNIs"
  ]

  @doc "Changes, newest first, each with its differences from the one before."
  @spec each([map]) :: [{map, [String.t()]}]
  def each(changes), do: each(changes, [])

  defp each([], done), do: Enum.reverse(done)
  defp each([oldest], done), do: Enum.reverse([{oldest, []} | done])
  defp each([change, before | rest], done), do: each([before | rest], [{change, between(before, change)} | done])

  @doc "In words; nothing where one of the two is a withdrawal, which has no attributes."
  @spec between(before :: map, now :: map) :: [String.t()]
  def between(%{change: one}, %{change: other}) when one == :withdraw or other == :withdraw, do: []

  def between(before, now) do
    for {field, name} <- @fields,
        is_map_key(before, field) and is_map_key(now, field),
        {was, is} = {before[field], now[field]},
        was != is,
        do: "#{name} #{said(field, was, is)}"
  end

  defp said(:as_path, was, is), do: "#{path(was)} → #{path(is)}"

  defp said(_field, was, is) when is_list(was) and is_list(is) do
    less = for one <- was -- is, do: "−#{one}"
    more = for one <- is -- was, do: "+#{one}"
    # The same ones in another order.
    if less == [] and more == [], do: "in another order", else: Enum.join(less ++ more, " ")
  end

  defp said(:next_hop, was, is), do: "#{Format.address(was) || "none"} → #{Format.address(is) || "none"}"
  defp said(_field, was, is), do: "#{was || "none"} → #{is || "none"}"

  defp path([]), do: "empty"
  defp path(nil), do: "none"
  defp path(asns), do: Enum.join(asns, " ")
end
