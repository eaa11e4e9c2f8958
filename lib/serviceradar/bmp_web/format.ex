defmodule ServiceRadar.BMPWeb.Format do
  @moduledoc """
  What the pages call things: addresses, families, views, communities, times.
  """
  import Bitwise

  alias ServiceRadar.BMP.Registry

  @views [
    adj_rib_in_pre: {"Adj-RIB-In pre-policy", "Adj-In pre"},
    adj_rib_in_post: {"Adj-RIB-In post-policy", "Adj-In post"},
    adj_rib_out_pre: {"Adj-RIB-Out pre-policy", "Adj-Out pre"},
    adj_rib_out_post: {"Adj-RIB-Out post-policy", "Adj-Out post"},
    loc_rib: {"Loc-RIB", "Loc-RIB"}
  ]

  # IANA BGP Well-known Communities.
  @well_known %{
    "65535:0" => "graceful-shutdown",
    "65535:1" => "accept-own",
    "65535:6" => "llgr-stale",
    "65535:7" => "no-llgr",
    "65535:666" => "blackhole",
    "65535:65281" => "no-export",
    "65535:65282" => "no-advertise",
    "65535:65283" => "no-export-subconfed",
    "65535:65284" => "no-peer"
  }

  @doc "RIB views, as `{atom, long name, short name}`."
  def views, do: for({view, {long, short}} <- @views, do: {view, long, short})

  @doc """
      iex> ServiceRadar.BMPWeb.Format.view(:adj_rib_in_post)
      "Adj-RIB-In post-policy"
  """
  def view(view), do: view |> names() |> elem(0)

  @doc "The same, for a narrow column."
  def short_view(view), do: view |> names() |> elem(1)

  defp names(view), do: Keyword.get(@views, view, {to_string(view), to_string(view)})

  @doc """
  An address family's name.

      iex> ServiceRadar.BMPWeb.Format.family({2, 1})
      "IPv6 unicast"
      iex> ServiceRadar.BMPWeb.Format.family({1, 200})
      "AFI 1 SAFI 200"
  """
  def family({afi, safi} = family), do: Registry.family_label(family) || "AFI #{afi} SAFI #{safi}"

  @doc """
  The same for a URL, and back.

      iex> ServiceRadar.BMPWeb.Format.family_slug({1, 1})
      "ipv4-unicast"
      iex> ServiceRadar.BMPWeb.Format.family_from_slug("ipv4-unicast")
      {:ok, {1, 1}}
      iex> ServiceRadar.BMPWeb.Format.family_from_slug("1-200")
      {:ok, {1, 200}}
      iex> ServiceRadar.BMPWeb.Format.family_from_slug("ipx")
      :error
  """
  def family_slug({afi, safi} = family), do: Registry.family_name(family) || "#{afi}-#{safi}"

  def family_from_slug(slug) do
    case List.keyfind(Registry.families(), slug, 1) do
      {family, _, _, _} ->
        {:ok, family}

      nil ->
        with [_, afi, safi] <- Regex.run(~r/^(\d{1,5})-(\d{1,3})$/, slug),
             {afi, safi} when afi in 1..0xFFFF and safi in 1..0xFF <- {String.to_integer(afi), String.to_integer(safi)} do
          {:ok, {afi, safi}}
        else
          _ -> :error
        end
    end
  end

  @doc "An address, a prefix, or nothing."
  def address(nil), do: nil
  def address(text) when is_binary(text), do: text
  def address(address) when is_tuple(address), do: address |> :inet.ntoa() |> to_string()
  def address(prefix), do: to_string(prefix)

  @doc """
  An address with its port.

      iex> ServiceRadar.BMPWeb.Format.endpoint({192, 0, 2, 1}, 179)
      "192.0.2.1:179"
      iex> ServiceRadar.BMPWeb.Format.endpoint({0x2001, 0xdb8, 0, 0, 0, 0, 0, 1}, 179)
      "[2001:db8::1]:179"
  """
  def endpoint(nil, _port), do: nil
  def endpoint(address, port) when port in [nil, 0], do: address(address)
  def endpoint(address, port) when tuple_size(address) == 8, do: "[#{address(address)}]:#{port}"
  def endpoint(address, port), do: "#{address(address)}:#{port}"

  @doc """
  Microseconds as milliseconds, or as seconds where they are many.

      iex> for us <- [870, 12_345, 2_300_000], do: ServiceRadar.BMPWeb.Format.milliseconds(us)
      ["0.9 ms", "12 ms", "2.3 s"]
  """
  def milliseconds(us) when us < 10_000, do: "#{Float.round(us / 1_000, 1)} ms"
  def milliseconds(us) when us < 1_000_000, do: "#{round(us / 1_000)} ms"
  def milliseconds(us), do: "#{Float.round(us / 1_000_000, 1)} s"

  @doc """
  The NLRI of a route: its prefix, or its text where the family's NLRI is more than a prefix.

      iex> ServiceRadar.BMPWeb.Format.nlri(%{prefix: nil, nlri_text: "[3]:[65000:1]:[0]:[32]:[192.0.2.1]"})
      "[3]:[65000:1]:[0]:[32]:[192.0.2.1]"
      iex> ServiceRadar.BMPWeb.Format.nlri(%{prefix: nil, nlri: <<1, 255>>})
      "0x01ff"
  """
  def nlri(%{nlri_text: text}) when text != nil, do: text
  def nlri(%{prefix: nil, nlri: nlri}), do: "0x" <> Base.encode16(nlri, case: :lower)
  def nlri(%{prefix: prefix}), do: to_string(prefix)

  @doc """
  What there is to know of a peer's table besides its routes.

      iex> ServiceRadar.BMPWeb.Format.rib_remarks(%{filtered: true, add_path_inferred: false, verified: true})
      "The router reports a part only."
      iex> ServiceRadar.BMPWeb.Format.rib_remarks(%{filtered: false, add_path_inferred: true, verified: true})
      "Path identifiers are inferred: the router does not send what was negotiated."
  """
  def rib_remarks(rib) do
    [
      rib.filtered && "The router reports a part only.",
      rib.add_path_inferred && "Path identifiers are inferred: the router does not send what was negotiated.",
      rib.verified || "Not verified: the router has not told all of it again yet."
    ]
    |> Enum.filter(&is_binary/1)
    |> Enum.join(" ")
  end

  @doc """
  Whether a peer stands for what its router originates itself: FRR tells that as of a peer without address and AS number.
  There is no session behind it.

      iex> ServiceRadar.BMPWeb.Format.own?(%{address: {0, 0, 0, 0}, asn: 0, peer_type: 0})
      true
      iex> ServiceRadar.BMPWeb.Format.own?(%{address: {192, 0, 2, 1}, asn: 65000, peer_type: 0})
      false
  """
  def own?(%{address: address, asn: 0, peer_type: type}),
    do: type == Registry.peer_type(:global) and unspecified?(address)

  def own?(_peer), do: false

  defp unspecified?(address), do: address in [{0, 0, 0, 0}, {0, 0, 0, 0, 0, 0, 0, 0}]

  @doc """
  What a peer is called by its address.

      iex> ServiceRadar.BMPWeb.Format.peer({192, 0, 2, 1})
      "192.0.2.1"
      iex> ServiceRadar.BMPWeb.Format.peer({0, 0, 0, 0})
      "own routes"
  """
  def peer(address), do: if(unspecified?(address), do: "own routes", else: address(address))

  @doc "What a router is called: its sysName, else its address."
  def router(%{sys_name: name}) when name not in [nil, ""], do: name
  def router(%{address: address}) when address != nil, do: address(address)
  def router(%{router_id: id}), do: id

  @doc """
  A community (RFC 1997) as text.

      iex> ServiceRadar.BMPWeb.Format.community(0xFDE80064)
      "65000:100"
  """
  def community(number) when is_integer(number), do: "#{number >>> 16}:#{number &&& 0xFFFF}"
  def community({high, low}), do: "#{high}:#{low}"
  def community(text) when is_binary(text), do: text

  @doc """
  The registered name of a community, or nil; and the community of a name.

      iex> ServiceRadar.BMPWeb.Format.well_known("65535:666")
      "blackhole"
      iex> ServiceRadar.BMPWeb.Format.named_community("no-export")
      {:ok, "65535:65281"}
  """
  def well_known(community), do: @well_known[community(community)]

  def named_community(name) do
    case Enum.find(@well_known, fn {_, known} -> known == name end) do
      {community, _} -> {:ok, community}
      nil -> :error
    end
  end

  @doc """
  A route distinguisher (RFC 4364, section 4.2).

      iex> ServiceRadar.BMPWeb.Format.distinguisher(0x0000FDE800000001)
      "65000:1"
      iex> ServiceRadar.BMPWeb.Format.distinguisher(0x0001C00002010007)
      "192.0.2.1:7"
  """
  def distinguisher(text) when is_binary(text), do: text

  def distinguisher(number) when is_integer(number) do
    case <<number::64>> do
      <<0::16, asn::16, assigned::32>> -> "#{asn}:#{assigned}"
      <<1::16, a, b, c, d, assigned::16>> -> "#{a}.#{b}.#{c}.#{d}:#{assigned}"
      <<2::16, asn::32, assigned::16>> -> "#{asn}:#{assigned}"
      <<octets::binary>> -> "0x" <> Base.encode16(octets, case: :lower)
    end
  end

  @doc "A BMP peer type (RFC 7854, RFC 9069)."
  def peer_type(type), do: Registry.peer_type_label(type) || "Type #{type}"

  @doc """
  A number with its thousands apart.

      iex> ServiceRadar.BMPWeb.Format.count(1234567)
      "1,234,567"
  """
  def count(nil), do: "–"
  def count(number) when number < 0, do: "-" <> count(-number)

  def count(number) do
    number |> Integer.to_string() |> String.replace(~r/\B(?=(\d{3})+$)/, ",")
  end

  @doc "`DateTime` of microseconds since the Unix epoch; nil for none."
  def datetime(none) when none in [nil, 0], do: nil
  def datetime(%DateTime{} = time), do: time
  def datetime(us) when is_integer(us), do: DateTime.from_unix!(us, :microsecond)

  @doc "Time of day where it is of today, else the date with it. UTC."
  def time(time, now \\ DateTime.utc_now()) do
    case datetime(time) do
      nil -> "–"
      time -> Calendar.strftime(time, if(Date.compare(time, now) == :eq, do: "%H:%M:%S", else: "%Y-%m-%d %H:%M:%S"))
    end
  end

  @doc """
  How long ago, in its largest two units.

      iex> ServiceRadar.BMPWeb.Format.ago(~U[2026-01-01 00:00:00Z], ~U[2026-01-02 03:00:09Z])
      "1d 3h"
  """
  def ago(time, now \\ DateTime.utc_now()) do
    case datetime(time) do
      nil -> "–"
      time -> now |> DateTime.diff(time) |> max(0) |> duration()
    end
  end

  @doc """
      iex> ServiceRadar.BMPWeb.Format.duration(59)
      "59s"
      iex> ServiceRadar.BMPWeb.Format.duration(3_725)
      "1h 2m"
  """
  def duration(seconds) when seconds < 60, do: "#{seconds}s"
  def duration(seconds) when seconds < 3_600, do: "#{div(seconds, 60)}m #{rem(seconds, 60)}s"
  def duration(seconds) when seconds < 86_400, do: "#{div(seconds, 3_600)}h #{div(rem(seconds, 3_600), 60)}m"
  def duration(seconds), do: "#{div(seconds, 86_400)}d #{div(rem(seconds, 86_400), 3_600)}h"

  @doc """
  A name of the code as words.

      iex> ServiceRadar.BMPWeb.Format.words(:end_of_rib)
      "End of RIB"
      iex> ServiceRadar.BMPWeb.Format.words("session_start")
      "Session start"
  """
  def words(nil), do: nil
  def words(kind) when kind in [:end_of_rib, "end_of_rib"], do: "End of RIB"
  def words(name), do: name |> to_string() |> String.replace("_", " ") |> String.capitalize()

  @doc "What a session is to its router that feeds nothing, as another one already does; `from` is one of `:standby`."
  def standby(from), do: "Another session, from #{from}, stands by"
end
