defmodule ServiceRadar.BMP.Repo.Migrations.BmpTablesVersion2 do
  use Ecto.Migration

  def up, do: ServiceRadar.BMP.Migrations.up(version: 2)
  def down, do: :ok
end
