defmodule ServiceRadar.BMP.BGP.Vpls do
  @moduledoc """
  A VPLS (AFI 25, SAFI 65). Fields that a kind has not are nil.

  | `:kind` | RFC | fields | text |
  |---|---|---|---|
  | `:signaling` | 4761 | `rd ve_id ve_block_offset ve_block_size label_base` | `rd:ve_id:ve_block_offset` |
  | `:auto_discovery` | 6074 | `rd pe` | `rd:pe` |
  | `:unknown` | | `value` | |

  `:rd` is text, `:pe` an address, `:label_base` the label of the first VE of the block.
  """
  @fields ~w(label_base pe rd text value ve_block_offset ve_block_size ve_id)a
  @derive {Inspect, optional: @fields}
  defstruct @fields ++ [kind: :unknown]

  @type t :: %__MODULE__{
          kind: :signaling | :auto_discovery | :unknown,
          rd: String.t() | nil,
          ve_id: 0..65_535 | nil,
          ve_block_offset: 0..65_535 | nil,
          ve_block_size: 0..65_535 | nil,
          label_base: 0..0xFFFFF | nil,
          pe: :inet.ip4_address() | nil,
          value: binary | nil,
          text: String.t()
        }
end
