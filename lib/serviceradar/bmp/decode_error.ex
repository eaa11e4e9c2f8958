defmodule ServiceRadar.BMP.DecodeError do
  @moduledoc """
  What could not be read, where, and why.

  * `:reason` - what and why, as text
  * `:offset` - of the octet that was wrong, from the first octet that was given to the decoder
  * `:path` - the way to the field, e.g. `"bmp.route_monitoring.update.path_attributes[2].as_path"`
  * `:suspect` - it reads with the other ADD-PATH setting, which earlier messages, or it itself, rule out

  As the result of `ServiceRadar.BMP.decode/1` it means that the framing is lost: nothing after the offset can be read.
  Then it also has what was read before:

  * `:messages` - the messages before the error
  * `:rest` - the octets from the lost frame on
  """
  defexception [:reason, :offset, :path, suspect: false, messages: [], rest: <<>>]

  @type t :: %__MODULE__{
          reason: String.t(),
          offset: non_neg_integer,
          path: String.t(),
          suspect: boolean,
          messages: [ServiceRadar.BMP.Message.t()],
          rest: binary
        }

  @impl true
  def message(%{path: path, offset: offset, reason: reason, suspect: suspect}) do
    "#{path} at offset #{offset}: #{reason}" <> if(suspect, do: " (reads with the other ADD-PATH setting)", else: "")
  end
end
