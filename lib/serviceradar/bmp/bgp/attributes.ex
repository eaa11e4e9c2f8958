defmodule ServiceRadar.BMP.BGP.Attributes do
  @moduledoc """
  Path attributes (RFC 4271, section 5), nil or empty where the UPDATE has them not.

  * `:origin` - `:igp`, `:egp` or `:incomplete`
  * `:as_path` - segments, `{:sequence | :set | :confed_sequence | :confed_set, [asn]}`; where the peer has two-octet
    AS numbers, AS4_PATH is merged into it (RFC 6793)
  * `:next_hop` - NEXT_HOP of IPv4; those of other families are in the route groups
  * `:multi_exit_disc`, `:local_pref`
  * `:atomic_aggregate` - whether it is there
  * `:aggregator` - `{asn, address}`
  * `:communities` - RFC 1997, as `{65000, 100}`
  * `:originator_id`, `:cluster_list` - RFC 4456
  * `:extended_communities` - RFC 4360, each a `ServiceRadar.BMP.BGP.ExtendedCommunity`
  * `:large_communities` - RFC 8092, as `{65000, 1, 2}`
  * #{Enum.map_join(ServiceRadar.BMP.Registry.attribute_fields(), ", ", &"`#{inspect(&1)}`")} - the attribute of that
    name, or nil; these come from the registry of code points (see the guide "Adding an attribute or a family")
  * `:other` - every other attribute as `ServiceRadar.BMP.BGP.Attribute`, and such as the fields above do not say: what
    RFC 7606 discards, and an AS_PATH or AGGREGATOR as it came where its AS4 form was merged into it
  * `:flags` - `{code, flags}` of every attribute in the order of the message, MP_REACH_NLRI (14) and MP_UNREACH_NLRI
    (15) included, whose routes are in the groups
  """
  alias ServiceRadar.BMP.{BGP, Registry}

  defstruct [:origin, :as_path, :next_hop, :multi_exit_disc, :local_pref, :aggregator, :originator_id] ++
              Registry.attribute_fields() ++
              [
                atomic_aggregate: false,
                communities: [],
                cluster_list: [],
                extended_communities: [],
                large_communities: [],
                other: [],
                flags: []
              ]

  @type segment :: {:sequence | :set | :confed_sequence | :confed_set, [BGP.asn()]}
  @type t :: %__MODULE__{
          origin: :igp | :egp | :incomplete | nil,
          as_path: [segment] | nil,
          next_hop: :inet.ip4_address() | nil,
          multi_exit_disc: 0..0xFFFFFFFF | nil,
          local_pref: 0..0xFFFFFFFF | nil,
          aggregator: {BGP.asn(), :inet.ip4_address()} | nil,
          originator_id: :inet.ip4_address() | nil,
          atomic_aggregate: boolean,
          communities: [{0..65_535, 0..65_535}],
          cluster_list: [:inet.ip4_address()],
          extended_communities: [BGP.ExtendedCommunity.t()],
          large_communities: [{0..0xFFFFFFFF, 0..0xFFFFFFFF, 0..0xFFFFFFFF}],
          other: [BGP.Attribute.t()],
          flags: [{code :: 0..255, flags :: 0..255}]
        }

  @doc """
  The value of an attribute without a field of its own, by its name; nil where it is not there.

      iex> attributes = %ServiceRadar.BMP.BGP.Attributes{
      ...>   other: [%ServiceRadar.BMP.BGP.Attribute{code: 26, name: "aigp", flags: 0x80, value: %{metric: 20}}]
      ...> }
      iex> ServiceRadar.BMP.BGP.Attributes.get(attributes, "aigp")
      %{metric: 20}
      iex> ServiceRadar.BMP.BGP.Attributes.get(attributes, "prefix_sid")
      nil
  """
  @spec get(t, String.t()) :: term | nil
  def get(%__MODULE__{other: other}, name), do: Enum.find_value(other, &(&1.name == name && &1.value))

  @doc """
  AS_PATH as routers print it: sequences bare, sets in braces, confederations in parentheses and brackets.

      iex> ServiceRadar.BMP.BGP.Attributes.as_path_text([{:sequence, [64500, 64501]}, {:set, [64510, 64511]}])
      "64500 64501 {64510,64511}"
  """
  @spec as_path_text([segment] | nil) :: String.t()
  def as_path_text(nil), do: ""

  def as_path_text(segments) do
    Enum.map_join(segments, " ", fn
      {:sequence, asns} -> Enum.join(asns, " ")
      {:set, asns} -> "{#{Enum.join(asns, ",")}}"
      {:confed_sequence, asns} -> "(#{Enum.join(asns, " ")})"
      {:confed_set, asns} -> "[#{Enum.join(asns, ",")}]"
    end)
  end
end
