defmodule ServiceRadar.BMP.Test.Distribution do
  @moduledoc false
  # Makes the Erlang VM of the tests a node, until the test that asked for it ends: the next one may want another kind of name.

  import ExUnit.Callbacks, only: [on_exit: 1]

  alias Mix.Tasks.Bmp.Parity

  @spec start!(:longnames | :shortnames) :: node()
  def start!(names) do
    host = if names == :longnames, do: "@127.0.0.1", else: ""
    {:ok, _} = Parity.distribute(:"bmp_test_#{System.unique_integer([:positive])}_#{System.pid()}#{host}", names)
    on_exit(fn -> :ok = Node.stop() end)
    node()
  end
end
