defmodule ServiceRadar.BMP.BGP.Tlv do
  @moduledoc """
  A Type-Length-Value inside an attribute or an NLRI: BGP-LS (RFC 9552), tunnel encapsulation (RFC 9012), prefix SID
  (RFC 8669, RFC 9252) and others.

  * `:type`, `:name` - IANA's number and name in lower case, e.g. 1026 and `"node_name"`; nil where the type is not known
  * `:value` - by the type: a number, an address, text, a list, a map of fields, a list of TLVs; octets where the type is
    not known or the value does not have its form
  """
  defstruct [:type, :name, :value]

  @type value ::
          number | binary | :inet.ip_address() | ServiceRadar.BMP.Prefix.t() | [value | t] | %{atom => value}
  @type t :: %__MODULE__{type: 0..65_535, name: String.t() | nil, value: value}
end
