defmodule ServiceRadar.BMP.BGP.Mup do
  @moduledoc """
  A route of mobile user plane integration (draft-ietf-bess-mup-safi): AFI 1 and 2, SAFI 85. Fields that a route type has
  not are nil.

  | type | `:route_type` | fields | text |
  |---|---|---|---|
  | 1 | `:interwork_segment_discovery` | `rd prefix` | `[isd]:[rd]:[prefix]` |
  | 2 | `:direct_segment_discovery` | `rd address` | `[dsd]:[rd]:[address]` |
  | 3 | `:type1_session_transformed` | `rd prefix teid qfi endpoint source` | `[t1st]:[rd]:[prefix]` |
  | 4 | `:type2_session_transformed` | `rd length endpoint teid` | `[t2st]:[rd]:[endpoint]:[teid]` |
  | other | `:unknown` | `architecture number value` | |

  `:rd` is text; `:teid` is a number of type 3 and octets of type 4, whose length in bits with the endpoint is `:length`.
  """
  @fields ~w(address architecture endpoint length number prefix qfi rd source teid text value)a
  @derive {Inspect, optional: @fields}
  defstruct @fields ++ [route_type: :unknown]

  @type t :: %__MODULE__{
          route_type:
            :interwork_segment_discovery
            | :direct_segment_discovery
            | :type1_session_transformed
            | :type2_session_transformed
            | :unknown,
          rd: String.t() | nil,
          prefix: ServiceRadar.BMP.Prefix.t() | nil,
          address: :inet.ip_address() | nil,
          teid: 0..0xFFFFFFFF | binary | nil,
          qfi: byte | nil,
          endpoint: :inet.ip_address() | nil,
          source: :inet.ip_address() | nil,
          length: byte | nil,
          architecture: byte | nil,
          number: 0..65_535 | nil,
          value: binary | nil,
          text: String.t()
        }
end
