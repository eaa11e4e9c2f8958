defmodule ServiceRadar.BMPWeb.SparklineTest do
  use ExUnit.Case, async: true

  alias ServiceRadar.BMPWeb.Sparkline

  doctest Sparkline

  test "seconds in which nothing was read are nothing, and what is long ago is forgotten" do
    line = 0 |> Sparkline.new(0) |> Sparkline.add(1, 10) |> Sparkline.add(3, 20) |> Sparkline.add(16, 20)
    assert Sparkline.rates(line) == [4.0, 0.0, 0.0]
    later = Sparkline.add(line, 1_000, 70)
    assert length(Sparkline.rates(later)) == 59
    assert Enum.sum(Sparkline.rates(later)) == 0
  end

  test "the line is as wide as its place, and its highest point is at the top" do
    assert Sparkline.points([0.0, 10.0]) == "0.0,19.0 100.0,1.0"
    assert Sparkline.points([]) == ""
  end
end
