alias ServiceRadar.BMP.BGP

# What has a text of its own is printed as that.
defimpl String.Chars,
  for: [
    BGP.Evpn,
    BGP.ExtendedCommunity,
    BGP.FlowSpec,
    BGP.FlowSpecV2,
    BGP.Labeled,
    BGP.LinkState,
    BGP.McastVpn,
    BGP.Mup,
    BGP.RouteTargetConstraint,
    BGP.SrPolicy,
    BGP.Vpls,
    BGP.Vpn
  ] do
  def to_string(%{text: text}), do: text
end
