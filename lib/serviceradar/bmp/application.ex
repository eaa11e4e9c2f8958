defmodule ServiceRadar.BMP.Application do
  @moduledoc false
  # Starts what every station of this VM shares. Nothing listens by it, unless the application's own
  # configuration has a `:station`.
  use Application

  alias ServiceRadar.BMP

  @impl true
  def start(_type, _args) do
    stations =
      case Application.get_env(:serviceradar_bmp, :station) do
        nil -> []
        options -> [{BMP, options}]
      end

    children = [BMP.Instance, BMP.Events, BMP.Elsewhere | stations]
    Supervisor.start_link(children, strategy: :one_for_one, name: BMP.Application.Supervisor)
  end
end
