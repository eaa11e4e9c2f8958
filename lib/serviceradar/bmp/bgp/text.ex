alias ServiceRadar.BMP.{BGP, Registry}

# What has a text of its own is printed as that: what an NLRI is read as, and an extended community.
for name <- [:ExtendedCommunity, :FlowSpecV2 | Registry.nlri_structs()] do
  defimpl String.Chars, for: Module.concat(BGP, name) do
    def to_string(%{text: text}), do: text
  end
end
