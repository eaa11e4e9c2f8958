defmodule ServiceRadar.BMP.BGP.Labeled do
  @moduledoc """
  A labeled unicast prefix (RFC 8277): AFI 1 and 2, SAFI 4. As text it is the prefix.

  `:labels` are MPLS labels, top first. In a withdrawal the field holds no label (RFC 8277, section 2.4).
  """
  defstruct [:prefix, :text, labels: []]

  @type t :: %__MODULE__{
          prefix: ServiceRadar.BMP.Prefix.t(),
          labels: [0..0xFFFFF],
          text: String.t()
        }
end
