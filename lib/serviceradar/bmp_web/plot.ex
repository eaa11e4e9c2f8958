defmodule ServiceRadar.BMPWeb.Plot do
  @moduledoc """
  Numbers through time, as the points of an SVG polyline that is 100 wide and 20 high.
  """

  @doc """
  Of numbers that stay until the next one, as those of a table's routes: steps between two moments, up to the second.

      iex> ServiceRadar.BMPWeb.Plot.steps([{0, 10}, {50, 20}], 0, 100)
      "0.0,10.0 50.0,10.0 50.0,1.0 100.0,1.0"
      iex> ServiceRadar.BMPWeb.Plot.steps([{-20, 4}], 0, 100)
      "0.0,1.0 100.0,1.0"
  """
  @spec steps([{integer, number}], integer, integer) :: String.t()
  def steps(points, from, until) do
    most = points |> Enum.map(&elem(&1, 1)) |> Enum.max(fn -> 0 end)

    points
    |> Enum.map(fn {at, value} -> {max(at, from), value} end)
    |> Enum.zip(points |> Enum.drop(1) |> Enum.map(&max(elem(&1, 0), from)) |> Kernel.++([until]))
    |> Enum.reject(fn {{at, _}, next} -> at == next end)
    |> Enum.flat_map(fn {{at, value}, next} -> [{at, value}, {next, value}] end)
    |> draw(from, until, most)
  end

  @doc """
  Of numbers that were told at these moments, as those of Statistics Reports: a line from one to the next.

      iex> ServiceRadar.BMPWeb.Plot.line([{0, 0}, {50, 4}, {100, 2}], 0, 100)
      "0.0,19.0 50.0,1.0 100.0,10.0"
  """
  @spec line([{integer, number}], integer, integer) :: String.t()
  def line(points, from, until) do
    draw(points, from, until, points |> Enum.map(&elem(&1, 1)) |> Enum.max(fn -> 0 end))
  end

  defp draw(points, from, until, most) do
    width = max(until - from, 1)

    Enum.map_join(points, " ", fn {at, value} ->
      "#{Float.round(100 * (at - from) / width, 1)},#{Float.round(19 - 18 * value / max(most, 1), 1)}"
    end)
  end

  @doc """
  How much a counter rose from one moment to the next. One that is smaller than before began anew.

      iex> ServiceRadar.BMPWeb.Plot.rises([{0, 5}, {10, 7}, {20, 1}])
      [{10, 2}, {20, 1}]
  """
  @spec rises([{integer, integer}]) :: [{integer, integer}]
  def rises(points) do
    points
    |> Enum.zip(Enum.drop(points, 1))
    |> Enum.map(fn {{_, before}, {at, value}} -> {at, if(value >= before, do: value - before, else: value)} end)
  end

  @doc """
  The numbers of several tables added up, at each moment at which one of them changed.

      iex> ServiceRadar.BMPWeb.Plot.sum([[{0, 1}, {20, 3}], [{10, 5}]])
      [{0, 1}, {10, 6}, {20, 8}]
  """
  @spec sum([[{integer, number}]]) :: [{integer, number}]
  def sum(series) do
    series
    |> Enum.flat_map(fn points ->
      {steps, _} = Enum.map_reduce(points, 0, fn {at, value}, before -> {{at, value - before}, value} end)
      steps
    end)
    |> Enum.group_by(&elem(&1, 0), &elem(&1, 1))
    |> Enum.sort()
    |> Enum.map_reduce(0, fn {at, rises}, before -> {{at, before + Enum.sum(rises)}, before + Enum.sum(rises)} end)
    |> elem(0)
  end

  @doc """
  What a plot shows, for those who do not see it.

      iex> ServiceRadar.BMPWeb.Plot.words([{0, 3}, {5, 1200}, {9, 7}])
      "from 3 to 7, between 3 and 1,200"
      iex> ServiceRadar.BMPWeb.Plot.words([{0, 3}])
      "3 all the time"
  """
  @spec words([{integer, number}]) :: String.t()
  def words(points) do
    values = Enum.map(points, &elem(&1, 1))
    count = &ServiceRadar.BMPWeb.Format.count/1

    case Enum.uniq(values) do
      [] ->
        "nothing"

      [same] ->
        "#{count.(same)} all the time"

      _ ->
        {least, most} = Enum.min_max(values)
        "from #{count.(hd(values))} to #{count.(List.last(values))}, between #{count.(least)} and #{count.(most)}"
    end
  end
end
