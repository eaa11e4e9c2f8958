defmodule ServiceRadar.BMPWeb.Sparkline do
  @moduledoc """
  How fast a number rose of late, as a small line. What is added are totals, each with the second at which it was read.

      iex> line = ServiceRadar.BMPWeb.Sparkline.new(100, 0)
      iex> line = line |> ServiceRadar.BMPWeb.Sparkline.add(105, 50) |> ServiceRadar.BMPWeb.Sparkline.add(115, 50)
      iex> ServiceRadar.BMPWeb.Sparkline.rates(line)
      [0.0, 10.0, 0.0]
  """

  # Seconds of one point, and points at most: five minutes.
  @every 5
  @most 60

  defstruct [:since, :total, points: []]

  @opaque t :: %__MODULE__{since: integer, total: integer, points: [{integer, non_neg_integer}]}

  @spec new(second :: integer, total :: integer) :: t
  def new(second, total), do: %__MODULE__{since: second, total: total}

  @doc "Takes the total that is read now."
  @spec add(t, second :: integer, total :: integer) :: t
  def add(%__MODULE__{} = line, second, total) do
    now = div(second - line.since, @every)
    first = max(0, now - @most + 1)

    points =
      case line.points do
        [{^now, more} | rest] -> [{now, more + total - line.total} | rest]
        points -> [{now, total - line.total} | points]
      end

    %{line | total: total, points: Enum.filter(points, fn {at, _} -> at >= first end)}
  end

  @doc "So many a second, of each five seconds of the last five minutes, the oldest first. The one that is not over yet is left out."
  @spec rates(t) :: [float]
  def rates(%__MODULE__{points: []}), do: []

  def rates(%__MODULE__{points: [{now, _} | _] = points}) do
    known = Map.new(points)
    for at <- max(0, now - @most + 1)..(now - 1)//1, do: Map.get(known, at, 0) / @every
  end

  @doc "The points of an SVG polyline, 100 wide and 20 high."
  @spec points([float]) :: String.t()
  def points(rates) do
    most = Enum.max([1.0 | rates])
    step = 100 / max(1, length(rates) - 1)

    rates
    |> Enum.with_index()
    |> Enum.map_join(" ", fn {rate, at} -> "#{Float.round(at * step, 1)},#{Float.round(19 - 18 * rate / most, 1)}" end)
  end
end
