defmodule ServiceRadar.BMP.Instance do
  @moduledoc """
  Where the processes of a station find each other.

  Several stations can run in one VM, each with a name. A process of a station is registered under that name and its
  role, and the station's configuration can be read by anybody who knows the name.
  """

  alias ServiceRadar.BMP.Config

  @registry __MODULE__

  @doc false
  def child_spec(_), do: Registry.child_spec(keys: :unique, name: @registry)

  @doc "The name to register the process that plays `role` in the station `name`."
  @spec via(Config.name(), term) :: {:via, Registry, term}
  def via(name, role), do: {:via, Registry, {@registry, {name, role}}}

  @doc "The same, with a value that `value/2` gives to others."
  @spec via(Config.name(), term, term) :: {:via, Registry, term}
  def via(name, role, value), do: {:via, Registry, {@registry, {name, role}, value}}

  @doc "Gives the calling process one more role in the station `name`, with a value."
  @spec register(Config.name(), term, term) :: {:ok, pid} | {:error, {:already_registered, pid}}
  def register(name, role, value), do: Registry.register(@registry, {name, role}, value)

  @doc "The process that plays `role` in the station `name`, or nil."
  @spec whereis(Config.name(), term) :: pid | nil
  def whereis(name, role) do
    case Registry.lookup(@registry, {name, role}) do
      [{pid, _value}] -> pid
      [] -> nil
    end
  end

  @doc "The value that the process of `role` registered with, or nil."
  @spec value(Config.name(), term) :: term | nil
  def value(name, role) do
    case Registry.lookup(@registry, {name, role}) do
      [{_pid, value}] -> value
      [] -> nil
    end
  end

  @doc "Changes the value that the calling process registered with."
  @spec put_value(Config.name(), term, term) :: :ok
  def put_value(name, role, value) do
    {_new, _old} = Registry.update_value(@registry, {name, role}, fn _ -> value end)
    :ok
  end

  @doc "The configuration of the running station `name`; raises where there is none."
  @spec config!(Config.name()) :: Config.t()
  def config!(name) do
    value(name, :station) ||
      raise ArgumentError,
            "no station #{inspect(name)} runs: start {ServiceRadar.BMP, options} in a supervisor, " <>
              "or `mix bmp.station`"
  end
end
