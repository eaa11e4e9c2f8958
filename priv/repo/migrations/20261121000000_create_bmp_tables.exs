defmodule ServiceRadar.BMP.Repo.Migrations.CreateBmpTables do
  use Ecto.Migration

  def up, do: ServiceRadar.BMP.Migrations.up(version: 1)
  def down, do: ServiceRadar.BMP.Migrations.down()
end
