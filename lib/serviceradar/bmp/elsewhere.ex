defmodule ServiceRadar.BMP.Elsewhere do
  @moduledoc """
  What a station of the same name does on other nodes that this one is connected to.

  A node with the role `:view` alone has no tables, and draws no map and concludes nothing itself: it asks those that do. Who plays a
  role is in a group of OTP's `:pg`, which the nodes of an Erlang cluster share; where there is no cluster there is nobody elsewhere.
  """
  alias ServiceRadar.BMP.Config

  @scope __MODULE__
  # A node that is about to be lost is not waited for longer.
  @timeout 3_000

  @doc false
  def child_spec(_), do: %{id: __MODULE__, start: {:pg, :start_link, [@scope]}}

  @doc "The calling process plays a role of the station, and others may ask its node."
  @spec join(Config.name(), atom) :: :ok
  def join(station, role), do: :pg.join(@scope, {station, role}, self())

  @doc "The other nodes where somebody plays the role."
  @spec nodes(Config.name(), atom) :: [node]
  def nodes(station, role) do
    for(pid <- :pg.get_members(@scope, {station, role}), node(pid) != node(), do: node(pid))
    |> Enum.uniq()
    |> Enum.sort()
  end

  @doc "What a function gives on each of these nodes; those that do not answer are left out."
  @spec ask([node], module, atom, [term], timeout :: pos_integer) :: [term]
  def ask(nodes, module, function, arguments, timeout \\ @timeout)
  def ask([], _module, _function, _arguments, _timeout), do: []

  def ask(nodes, module, function, arguments, timeout) do
    for {:ok, answer} <- :erpc.multicall(nodes, module, function, arguments, timeout), do: answer
  end
end
