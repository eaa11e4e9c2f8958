defmodule ServiceRadar.BMP.Test.Needs do
  @moduledoc """
  What the tests of a file need of the build and of the machine. Where it is not there, the file counts as left out, with
  the reason.

      import ServiceRadar.BMP.Test.Needs

      needs [:packages, :nats, :postgres] do
        defmodule SomethingTest do
  """

  alias ServiceRadar.BMP.Test.{Lab, LeftOut, NATS, Postgres}

  @packages [Broadway, Gnat, Postgrex, Ecto.Adapters.Postgres, Phoenix.LiveViewTest]
  @axe Path.expand("../../assets/node_modules/axe-core/axe.min.js", __DIR__)

  @doc "Defines the module in the block where all of it is there; what comes first in the list is looked for first."
  defmacro needs(all, do: block) do
    quote do
      case unquote(__MODULE__).missing(unquote(all)) do
        nil -> unquote(block)
        why -> unquote(LeftOut).file(__ENV__.file, why)
      end
    end
  end

  @doc "The first that is missing, in words."
  def missing(all), do: Enum.find_value(all, &reason/1)

  defp reason(:packages) do
    if not Enum.all?(@packages, &Code.ensure_loaded?/1), do: "the core build has no packages"
  end

  defp reason(:nats), do: NATS.missing()
  defp reason(:postgres), do: Postgres.missing()
  defp reason(:lab), do: Lab.missing()

  defp reason(:gobgp) do
    if System.find_executable("gobgpd") == nil, do: "gobgpd is not installed (Debian package gobgpd)"
  end

  defp reason(:browser) do
    cond do
      ServiceRadar.BMPWeb.Browser.executable() == nil -> "chromium is not installed"
      not File.exists?(@axe) -> "axe-core, of the map's npm packages, is not installed"
      true -> nil
    end
  end
end
