defmodule ServiceRadar.BMP.Health do
  @moduledoc false
  # How sessions fare: who receives them knows what they counted, who runs the pipeline how far they are behind. In ServiceRadar the
  # two are other nodes than the one that is asked.
  alias ServiceRadar.BMP.{Config, Elsewhere, Instance, Lag, Sessions, UUID}

  @spec sessions(Config.name()) :: [map]
  def sessions(station) do
    # Raises where there is no station.
    Instance.config!(station)
    lags = [Lag.by_session(station) | elsewhere(station, :feed, Lag, :by_session)]
    lags = Enum.reduce(lags, %{}, &Map.merge/2)

    for sessions <- [sessions_here(station) | elsewhere(station, :receive, __MODULE__, :sessions_here)],
        session <- sessions,
        do: Map.put(session, :lag_us, lags[session.id])
  end

  defp elsewhere(station, role, module, function),
    do: station |> Elsewhere.nodes(role) |> Elsewhere.ask(module, function, [station])

  @doc false
  def sessions_here(station) do
    for session <- Sessions.list(Instance.config!(station)),
        do: Map.merge(session, %{node: node(), router: session.router_id && UUID.text(session.router_id)})
  end
end
