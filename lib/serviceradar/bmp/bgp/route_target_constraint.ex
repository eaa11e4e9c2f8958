defmodule ServiceRadar.BMP.BGP.RouteTargetConstraint do
  @moduledoc """
  Route targets that a speaker wants (RFC 4684): AFI 1 and 2, SAFI 132.

  * `:length` - in bits: 0 is the default (every route target), else 32 to 96
  * `:origin_as` - nil where the length is below 32
  * `:route_target` - text as of an extended community, where all 96 bits are given; else nil, and the octets are in
    `:raw` of the `ServiceRadar.BMP.BGP.Nlri`

  As text `65000:rt:65000:1`, `default`, or octets and length where only a front of a route target is given.
  """
  defstruct [:length, :origin_as, :route_target, :text]

  @type t :: %__MODULE__{
          length: 0..96,
          origin_as: ServiceRadar.BMP.BGP.asn() | nil,
          route_target: String.t() | nil,
          text: String.t()
        }
end
