defmodule ServiceRadar.BMP.Registry do
  @moduledoc """
  Code points as IANA assigned them, and what this project calls them.

  The tables are those of the decoder, in `native/wire/src/registry`, and are read there when this module is compiled: what
  is a line there is known here.
  """

  tables = Path.expand("../../../native/wire/src/registry", __DIR__)

  for file <- ~w(attributes bmp families capabilities statistics) do
    @external_resource Path.join(tables, file <> ".rs")
  end

  # The rows of a table, which is what stands between two lines of its file. A line that is no row must not be passed over.
  rows = fn file, first, last, pattern ->
    Path.join(tables, file)
    |> File.read!()
    |> String.split("\n")
    |> Enum.map(&String.trim/1)
    |> Enum.drop_while(&(&1 != first))
    |> Enum.drop(1)
    |> Enum.take_while(&(&1 != last))
    |> Enum.reject(&(&1 == "" or String.starts_with?(&1, "//")))
    |> Enum.map(fn line ->
      case Regex.run(pattern, line, capture: :all_but_first) do
        nil -> raise "#{file} has a line that is no row of its table: #{line}"
        row -> row
      end
    end)
  end

  @attributes for [code, name, place] <-
                    rows.(
                      "attributes.rs",
                      "attributes:",
                      "names:",
                      ~r/^(\d+) \w+ "(\w+)" "[^"]+" \w+ \w+ \w+\(\w+\) \w+ \w+ (Own|Field|Groups|Other);$/
                    ),
                  do: {String.to_integer(code), name, place |> String.downcase() |> String.to_atom()}

  @families for [afi, safi, name, label, value] <-
                  rows.(
                    "families.rs",
                    "families! {",
                    "}",
                    ~r/^\((\d+), (\d+)\) \w+ "([^"]+)" "([^"]+)" [^"]+, "(\w*)";$/
                  ),
                do:
                  {{String.to_integer(afi), String.to_integer(safi)}, name, label,
                   if(value != "", do: String.to_atom(value))}

  @capabilities for [code, name, label] <-
                      rows.("capabilities.rs", "capabilities! {", "}", ~r/^(\d+) \w+ "(\w+)" "([^"]+)" "[^"]+";$/),
                    do: {String.to_integer(code), String.to_atom(name), label}

  @bmp_messages for [type, name] <- rows.("bmp.rs", "message: u8;", "}", ~r/^(\d+) \w+ "(\w+)";$/),
                    do: {String.to_atom(name), String.to_integer(type)}

  @peer_types for [type, name, label] <- rows.("bmp.rs", "peer_type: u8;", "}", ~r/^(\d+) \w+ "(\w+)" "([^"]+)";$/),
                  do: {String.to_integer(type), String.to_atom(name), label}

  @statistics for [type, name, label, kind] <-
                    rows.(
                      "statistics.rs",
                      "statistics! {",
                      "}",
                      ~r/^(\d+) \w+ "(\w+)" "([^"]+)" (Counter|Gauge);$/
                    ),
                  do: {String.to_integer(type), name, label, kind |> String.downcase() |> String.to_atom()}

  # A table that is not where it was would be empty, and nobody would miss it.
  for {name, []} <- [
        attributes: @attributes,
        families: @families,
        capabilities: @capabilities,
        bmp_messages: @bmp_messages,
        peer_types: @peer_types,
        statistics: @statistics
      ] do
    raise "native/wire/src/registry has no table of #{name}"
  end

  @doc "Path attributes that have a reading, as `{code, name, place}`; `:field` is one of its own, by the name."
  def attributes, do: @attributes

  @doc """
  Fields that attributes have by their line in the table alone.

      iex> :only_to_customer in ServiceRadar.BMP.Registry.attribute_fields()
      true
  """
  def attribute_fields, do: for({_code, name, :field} <- @attributes, do: String.to_atom(name))

  @doc "Address families whose routes can be told apart, as `{{afi, safi}, name, label, struct}`."
  def families, do: @families

  @doc """
      iex> ServiceRadar.BMP.Registry.family_name({1, 1})
      "ipv4-unicast"
      iex> ServiceRadar.BMP.Registry.family_name({1, 200})
      nil
  """
  def family_name(family), do: find(@families, family, 1)

  @doc """
  The family of a name.

      iex> ServiceRadar.BMP.Registry.family!("l2vpn-evpn")
      {25, 70}
  """
  def family!(name), do: @families |> Enum.find(&(elem(&1, 1) == name)) |> elem(0)

  @doc """
      iex> ServiceRadar.BMP.Registry.family_label({25, 70})
      "L2VPN EVPN"
  """
  def family_label(family), do: find(@families, family, 2)

  @doc "Names of the structs under `ServiceRadar.BMP.BGP` that hold an NLRI."
  def nlri_structs, do: for({_, _, _, value} <- @families, value != nil, uniq: true, do: value)

  @doc "Capabilities, as `{code, name, label}`."
  def capabilities, do: @capabilities

  @doc """
      iex> ServiceRadar.BMP.Registry.capability_code(:add_path)
      69
  """
  def capability_code(name), do: Enum.find_value(@capabilities, fn {code, known, _} -> known == name && code end)

  @doc """
      iex> ServiceRadar.BMP.Registry.capability_label(69)
      "ADD-PATH"
  """
  def capability_label(code), do: find(@capabilities, code, 2)

  @doc """
  The type of a BMP message.

      iex> ServiceRadar.BMP.Registry.bmp_message(:peer_up)
      3
  """
  def bmp_message(name), do: Keyword.fetch!(@bmp_messages, name)

  @doc """
  The number of a peer type (RFC 7854, section 4.2; RFC 9069, section 4.1).

      iex> ServiceRadar.BMP.Registry.peer_type(:loc_rib)
      3
  """
  def peer_type(name), do: @peer_types |> List.keyfind!(name, 1) |> elem(0)

  @doc """
      iex> ServiceRadar.BMP.Registry.peer_type_label(1)
      "RD instance"
  """
  def peer_type_label(type), do: find(@peer_types, type, 2)

  @doc "Statistics of Statistics Reports, as `{type, name, label, kind}`; a `:counter` only rises, a `:gauge` says how many there are now."
  def statistics, do: @statistics

  @doc """
      iex> ServiceRadar.BMP.Registry.statistic_label(4)
      "Updates invalidated: AS_PATH loop"
  """
  def statistic_label(type), do: find(@statistics, type, 2)

  @doc """
      iex> ServiceRadar.BMP.Registry.statistic_kind(4)
      :counter
  """
  def statistic_kind(type), do: find(@statistics, type, 3)

  defp find(table, key, column) do
    case List.keyfind(table, key, 0) do
      nil -> nil
      row -> elem(row, column)
    end
  end
end
