defmodule ServiceRadar.BMP.BGP.RouteRefresh do
  @moduledoc """
  A ROUTE-REFRESH (RFC 2918, RFC 7313). `:subtype` is 0 for a request, 1 for the begin, 2 for the end of a refresh;
  `:filters` are outbound route filters (RFC 5291, section 4) as they were.
  """
  defstruct [:family, :subtype, filters: <<>>]

  @type t :: %__MODULE__{family: ServiceRadar.BMP.BGP.family(), subtype: byte, filters: binary}
end
