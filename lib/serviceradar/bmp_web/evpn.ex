defmodule ServiceRadar.BMPWeb.Evpn do
  @moduledoc """
  MAC addresses out of routes of EVPN (RFC 7432, type 2: MAC/IP Advertisement).

      iex> route = %{nlri_text: "[2]:[65000:1]:[0]:[48]:[02:00:00:00:00:01]:[32]:[10.0.0.1]", rd: "65000:1", nlri: <<2, 33, 0::64, 0::80>>,
      ...>   vnis: [10_100], next_hop: {192, 0, 2, 1}, router: "leaf", extended_communities: ["mac-mobility:0:3"], changed_at_us: 7}
      iex> [mac] = ServiceRadar.BMPWeb.Evpn.macs([route], %{})
      iex> {mac.mac, mac.vni, mac.ips, mac.mobility, mac.duplicate?}
      {"02:00:00:00:00:01", 10100, ["10.0.0.1"], 3, false}
  """

  @type mac :: %{
          mac: String.t(),
          vni: integer | nil,
          tag: String.t(),
          ips: [String.t()],
          rds: [String.t()],
          next_hops: [:inet.ip_address()],
          routers: [String.t()],
          mobility: non_neg_integer | nil,
          sticky?: boolean,
          multihomed?: boolean,
          duplicate?: boolean,
          changes: non_neg_integer | nil,
          changed_at_us: integer
        }

  @text ~r/^\[2\]:\[([^\]]+)\]:\[(\d+)\]:\[48\]:\[([0-9a-f:]+)\](?::\[\d+\]:\[([^\]]+)\])?$/

  @doc """
  Each MAC address of each VNI (where there is none, of each Ethernet tag), the most unstable first. `changes` is how often routes to
  it changed of late, by `key/1`; nil where that is not kept.

  Several route distinguishers that announce one address with the same mobility sequence (RFC 7432, section 15) are a duplicate, unless
  an Ethernet segment that several leaves share explains it.
  """
  @spec macs([map], %{term => pos_integer} | nil) :: [mac]
  def macs(routes, changes) do
    routes
    |> Enum.flat_map(&read/1)
    |> Enum.group_by(&{&1.vni || &1.tag, &1.mac})
    |> Enum.map(fn {_, told} -> mac(told, changes) end)
    |> Enum.sort_by(&{-(&1.changes || 0), not &1.duplicate?, -(&1.mobility || 0), &1.vni, &1.mac})
  end

  defp mac([first | _] = told, changes) do
    mobility = told |> Enum.map(& &1.mobility) |> Enum.max()
    latest = Enum.filter(told, &(&1.mobility == mobility))
    rds = all(latest, & &1.rd)
    multihomed? = Enum.any?(latest, & &1.multihomed?)

    %{
      mac: first.mac,
      vni: first.vni,
      tag: first.tag,
      ips: told |> all(& &1.ip) |> Enum.reject(&is_nil/1),
      rds: all(told, & &1.rd),
      next_hops: all(latest, & &1.route.next_hop),
      routers: all(told, & &1.route.router),
      mobility: if(mobility >= 0, do: mobility),
      sticky?: Enum.any?(latest, & &1.sticky?),
      multihomed?: multihomed?,
      duplicate?: length(rds) > 1 and not multihomed?,
      changes: changes && told |> all(&{&1.rd, &1.mac}) |> Enum.map(&Map.get(changes, &1, 0)) |> Enum.sum(),
      changed_at_us: told |> Enum.map(& &1.route.changed_at_us) |> Enum.max()
    }
  end

  defp all(told, of), do: told |> Enum.map(of) |> Enum.uniq() |> Enum.sort()

  @doc "What `changes` of `macs/2` are counted by: route distinguisher and MAC address; nil of other routes."
  @spec key(map) :: {String.t(), String.t()} | nil
  def key(%{nlri_text: text}) do
    case text && Regex.run(@text, text) do
      [_, rd, _tag, mac | _ip] -> {rd, mac}
      _ -> nil
    end
  end

  defp read(route) do
    case route.nlri_text && Regex.run(@text, route.nlri_text) do
      [_, rd, tag, mac | ip] ->
        {mobility, sticky?} = mobility(route.extended_communities)

        [
          %{
            route: route,
            rd: rd,
            tag: tag,
            mac: mac,
            ip: List.first(ip),
            vni: List.first(route.vnis),
            mobility: mobility,
            sticky?: sticky?,
            multihomed?: multihomed?(route.nlri)
          }
        ]

      _ ->
        []
    end
  end

  # -1: it never moved.
  defp mobility(communities) do
    Enum.find_value(communities, {-1, false}, fn community ->
      case String.split(community, ":") do
        ["mac-mobility", flags, sequence] -> {String.to_integer(sequence), flags == "1"}
        _ -> nil
      end
    end)
  end

  # The Ethernet Segment Identifier follows type, length and route distinguisher; zero: a single home.
  defp multihomed?(<<2, _length, _rd::64, esi::80, _::binary>>), do: esi != 0
  defp multihomed?(_nlri), do: false
end
