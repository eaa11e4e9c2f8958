if Code.ensure_loaded?(Ecto.Adapters.Postgres) do
  defmodule ServiceRadar.BMP.Repo do
    @moduledoc """
    The Repo of a station that is given a database rather than a host's Repo: see `ServiceRadar.BMP.Store.Postgres`.
    """
    use Ecto.Repo, otp_app: :serviceradar_bmp, adapter: Ecto.Adapters.Postgres
  end
end
