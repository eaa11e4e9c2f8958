defmodule ServiceRadar.BMP.BGP.RouteRefresh do
  @moduledoc """
  A ROUTE-REFRESH (RFC 2918, RFC 7313).

  * `:subtype` - 0 for a request, 1 for the begin, 2 for the end of a refresh; `:subtype_name` is that in lower case
  * `:filters` - outbound route filters (RFC 5291, section 4) as they were; `:outbound_route_filters` as maps, where they
    read
  """
  defstruct [:family, :subtype, :subtype_name, :outbound_route_filters, filters: <<>>]

  @type t :: %__MODULE__{
          family: ServiceRadar.BMP.BGP.family(),
          subtype: byte,
          subtype_name: String.t() | nil,
          filters: binary,
          outbound_route_filters: term
        }
end
